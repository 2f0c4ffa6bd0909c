/*
 * What is known while one order is brought up to date (sync/reconcile.h), shared by the parts of that:
 * the rounds of looking, planning and doing, what a failure means, and the conclusion. The worker's
 * thread.
 */
#ifndef AMSYNC_SYNC_RUN_H
#define AMSYNC_SYNC_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "magento/answer.h"
#include "store/outcome.h"
#include "store/rules.h"
#include "sync/observe.h"
#include "sync/plan.h"
#include "sync/reconcile.h"
#include "sync/session.h"

/* An order that is in Magento is looked at anew after this where nothing else will ask for it. */
#define RUN_RECHECK_MS 3600000U
/* And after this where it is not known how it stands, or something is left to do for it. */
#define RUN_LOOK_AGAIN_MS 60000U

/* How far a document has come. */
struct progress {
    size_t open_actions; /* of the plan at hand, not done */
    bool touched;        /* something was done for it */
    bool failed;
    enum document_state failed_state;
    char *failed_reason; /* owned */
    int attempts;
    int64_t magento_entity_id; /* of what was made for it; 0: nothing */
};

struct run {
    struct session *session;
    const struct reconcile_settings *settings;
    const struct rules *rules;
    struct outcome *outcome;     /* owned */
    struct claimed_order *order; /* the outcome's */
    bool was_in_magento;
    bool was_held; /* by amsync, as was recorded before this run */
    struct observation observation;
    struct magento_answer answer;
    struct plan *plan;         /* owned; the last one, NULL when it could not be made whole */
    struct progress *progress; /* owned; one for each document */
    json_t *attempted;         /* owned; actions of this run, none of which is done twice */
};

/* Frees what it owns. */
void run_finish(struct run *run);

/* The order is due again after `ms`, or earlier if something else asks for that. */
void run_come_back(struct run *run, unsigned ms);

/* For retry.h's delays, so that what failed together does not come back together. Without entropy it
 * is 0, which makes all delays their longest and does no harm. */
uint32_t run_random_number(void);

/*
 * A line of the connector log about a document, with Magento's last answer if there is one.
 * `message` is taken over; NULL, for want of memory, and every other lack of it: RESULT_FAILED.
 */
AMSYNC_MUST_USE enum result run_note(struct run *run, size_t document, const char *action,
                                     const char *status, char *message, int attempt);

/* A line on what the plan says of a document that nothing was done for, unless it says what it said
 * before. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result run_note_verdict(struct run *run, size_t i,
                                             const struct verdict *verdict);

/* The state of each document, from what was done, what failed, or else what the plan says; and when
 * the order is due again. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result run_conclude(struct run *run);

#endif
