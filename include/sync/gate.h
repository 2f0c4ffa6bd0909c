/*
 * What may be asked of Magento now. One gate is shared by all threads; every call passes it before
 * and reports to it after. It stops everything when Magento does not work or does not accept amsync
 * at all, and a single kind of call when the integration lacks the right to it. What it stops has
 * used up nobody's attempts.
 */
#ifndef AMSYNC_SYNC_GATE_H
#define AMSYNC_SYNC_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "magento/answer.h"
#include "magento/call.h"

/* After so many failed calls in a row nothing is sent but a probe, at first after 5 s, then ever
 * rarer: orders go again at most 15 s after Magento does, and a read that often is no load. */
#define GATE_FAILURES 5
#define GATE_FIRST_PROBE_MS 5000U
#define GATE_MAX_PROBE_MS 15000U
/* A missing right is probed this often. */
#define GATE_RIGHT_PROBE_MS 60000U
/* Once so many calls have worked since a stop, Magento is back. */
#define GATE_RISE_CALLS 256

struct gate;

AMSYNC_MUST_USE enum result gate_new(struct gate **ret_gate);
void gate_free(struct gate **gate);

/*
 * Whether the call may be made now. If not, `answer` becomes MAGENTO_AGAIN (or MAGENTO_UNAUTHORIZED,
 * when a right is missing) with the reason as its message, and retry_after_ms until it may be.
 */
bool gate_enter(struct gate *gate, enum magento_call call, int64_t now_ms,
                struct magento_answer *answer);

/* What came of a call that was let in. Logs a line to the process log when it stops something or
 * lets it go again. */
void gate_leave(struct gate *gate, enum magento_call call, int64_t now_ms,
                const struct magento_answer *answer);

/* Whether everything is stopped, and how long until a probe is due (0: now). The claimer's, who
 * then makes it: gate_enter_probe lets it in, and it reads orders. */
bool gate_is_stopped(struct gate *gate, int64_t now_ms, unsigned *ret_wait_ms);
bool gate_enter_probe(struct gate *gate, int64_t now_ms);

/* How many orders may be in work at once: after a stop one at first, and one more for each call that
 * works, so that it doubles with each round; back to one when a call fails. SIZE_MAX: any number. */
size_t gate_orders_at_once(struct gate *gate);

/* How many kinds of calls are stopped since a right is missing. */
size_t gate_rights_missing(struct gate *gate);

#endif
