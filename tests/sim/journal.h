/* What was asked of the simulator: counts, and the last requests with their bodies. */
#ifndef AMSYNC_SIM_JOURNAL_H
#define AMSYNC_SIM_JOURNAL_H

#include "sim/server.h"

#include <jansson.h>

struct journal;

/* NULL: out of memory. */
struct journal *journal_new(void);
void journal_free(struct journal *journal);
void journal_reset(struct journal *journal);

/*
 * Notes a request that is done with. `route` is its pattern, such as "/V1/orders/:id"; `status` is
 * 0 when it was closed without an answer; `fault` names the fault it met, or is NULL. When it
 * came, `in_flight` were being handled, with it, and `answered` had been.
 */
void journal_note(struct journal *journal, const struct server_request *request, const char *route,
                  unsigned status, const char *fault, unsigned in_flight, uint64_t answered);

/* How many requests have been noted. */
uint64_t journal_total(const struct journal *journal);

/* Counts a body that does not fit Magento's schema. */
void journal_note_violation(struct journal *journal, const char *route, const char *problem);

/* See sim/control.h, GET /_sim/requests; the newest `last` requests. A new reference. */
json_t *journal_json(const struct journal *journal, size_t last);

#endif
