/*
 * What was done to each order, in the order it was done.
 *
 * A step: {"step": number over all orders, "at": milliseconds since 1970, "what": "create",
 * "update", "ship", "track", "invoice", "comment", "hold", "unhold", "cancel" or "by-hand",
 * "order_id", "increment_id", "ext_order_id", and by kind "shipment_id", "invoice_id", "items",
 * "tracks", "comment", "action"}. The same line goes to the file of --ledger.
 */
#ifndef AMSYNC_SIM_LEDGER_H
#define AMSYNC_SIM_LEDGER_H

#include "sim/shop.h"

/* Adds a step; `details` (an object or NULL) is taken over and its members become the step's. */
void ledger_add(struct shop *shop, struct order *order, const char *what, json_t *details);

/* Everything the shop holds; see sim/control.h. Only one order if `order_id` is not 0. New. */
json_t *ledger_json(const struct shop *shop, int64_t order_id);

#endif
