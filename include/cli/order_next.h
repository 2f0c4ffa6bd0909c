/*
 * What comes next for an order, and what a person can do for it. The main thread.
 */
#ifndef AMSYNC_CLI_ORDER_NEXT_H
#define AMSYNC_CLI_ORDER_NEXT_H

#include <jansson.h>

#include "cli/session.h"
#include "store/work.h"
#include "sync/plan.h"

/* As text; "" where nothing is to come or to be done. `plan` was made of the order with nothing seen of
 * Magento; `state` is the order's. What cannot be read of the database is left out. The caller owns
 * it; NULL only without memory. */
AMSYNC_MUST_USE json_t *order_next_json(struct cli_session *session,
                                        const struct claimed_order *order, const struct plan *plan,
                                        enum document_state state);

#endif
