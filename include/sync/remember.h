/*
 * What became of an action, for the plans that follow in the same run, and for the record. The
 * worker's thread.
 */
#ifndef AMSYNC_SYNC_REMEMBER_H
#define AMSYNC_SYNC_REMEMBER_H

#include "sync/run.h"

/* The action is done: of a shipment or an invoice, Magento has it, as the claimed order says now. */
void remember_done(struct run *run, const struct action *action, int64_t magento_entity_id);

/* It is not done, as the last answer says, or perhaps it is. A shipment or an invoice counts as failed
 * to the plans that follow, so that what comes after it need not wait for it. RESULT_FAILED: out of
 * memory. */
AMSYNC_MUST_USE enum result remember_not_done(struct run *run, const struct action *action);

/* The create turned out to be done already: the plan that follows tells Magento what has changed
 * since. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result remember_adopted(struct run *run);

/* What the plan says apart from its actions holds once they are done. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result remember_plan(struct run *run);

#endif
