/*
 * What it means for the documents of an order that something could not be done. The worker's thread.
 */
#ifndef AMSYNC_SYNC_SETBACKS_H
#define AMSYNC_SYNC_SETBACKS_H

#include <stdbool.h>

#include "sync/run.h"

/* All return RESULT_FAILED when out of memory. */

/* The last answer says that `action` is not done: its document has failed, or is tried again later.
 * `is_magentos_word`: the reason is Magento's own, not ours. */
AMSYNC_MUST_USE enum result setback_of_action(struct run *run, const struct action *action,
                                              bool is_magentos_word);

/* A look failed: whatever has something to do is put off. */
AMSYNC_MUST_USE enum result setback_of_look(struct run *run);

/* What the action comes after could not be made: its document waits, in the words in which the next
 * plan would say it of an invoice whose shipment is not there. */
AMSYNC_MUST_USE enum result setback_of_shipment(struct run *run, const struct action *action,
                                                const struct claimed_document *shipment);

#endif
