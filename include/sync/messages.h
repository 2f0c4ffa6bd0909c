/*
 * The sentences of the connector log, as a merchant speaks. Pure; any thread. Every function returns
 * text that the caller owns, NULL only without memory. Texts are bounded.
 *
 * A decision: "SO005556 not synced yet: REASON. Next: NEXT"
 * Something done: "SO005555 published as Magento order ACU-SO-SO005555 (id 345)"
 */
#ifndef AMSYNC_SYNC_MESSAGES_H
#define AMSYNC_SYNC_MESSAGES_H

#include "base/error.h"
#include "sync/plan.h"

/* What a verdict is called in the log; `document` is an index into the order's documents. */
char *message_verdict(const struct claimed_order *order, size_t document,
                      const struct verdict *verdict) AMSYNC_MUST_USE;

/* What an action has done. `magento_nbr` may be NULL where Magento's answer has none. */
char *message_done(const struct claimed_order *order, const struct action *action,
                   const char *magento_nbr, int64_t magento_entity_id) AMSYNC_MUST_USE;

/* An action that failed for now: "SO005555 could not be published yet: Magento answered 503
 * (maintenance). Next try in 4 s" */
char *message_retrying(const struct claimed_order *order, const struct action *action,
                       const char *why, unsigned again_in_ms) AMSYNC_MUST_USE;

/* Magento could not be asked for a document's order: "SO005555 could not be compared with Magento
 * yet: Magento answered 503 (maintenance). Next try in 4 s" */
char *message_not_compared(const struct claimed_order *order, size_t document, const char *why,
                           unsigned again_in_ms) AMSYNC_MUST_USE;

/* An action that Magento refused: "SO005555 failed: Magento refused the order: MESSAGE" */
char *message_refused(const struct claimed_order *order, const struct action *action,
                      const char *why) AMSYNC_MUST_USE;

#endif
