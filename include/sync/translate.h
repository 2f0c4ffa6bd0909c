/*
 * Acumatica's documents as bodies of calls to Magento. Pure; used by the thread that makes the plan.
 */
#ifndef AMSYNC_SYNC_TRANSLATE_H
#define AMSYNC_SYNC_TRANSLATE_H

#include <jansson.h>

#include "base/error.h"
#include "sync/order_amounts.h"
#include "sync/planner.h"

/* What can be said without looking at Magento against creating the order: mappings, e-mail,
 * addresses, lines. Everything that is missing goes into the order's verdict. False: something is,
 * or memory. On success the caller owns the amounts. */
bool translate_order_check(struct planner *planner, struct order_amounts **ret_amounts);

/* The body of the create. NULL: the order's verdict says what it waits for, or memory (then
 * planner->out_of_memory). Needs products, regions and the store's currency. */
json_t *translate_order(struct planner *planner, struct order_amounts *amounts) AMSYNC_MUST_USE;

/* Quantities per item of the Magento order, in the order of planner->items. */
struct item_quantities {
    struct decimal *quantities;
    size_t count;
};
void item_quantities_free(struct item_quantities *quantities);

/* The body of POST /V1/order/{id}/ship. `source` NULL: none is sent. */
json_t *translate_shipment(const struct planner *planner, size_t document,
                           const struct item_quantities *quantities, const char *source);

/* The body of POST /V1/shipment/track. */
json_t *translate_track(const struct planner *planner, size_t document, int64_t shipment_id,
                        const char *tracking_nbr);

/* The body of POST /V1/order/{id}/invoice. */
json_t *translate_invoice(const struct planner *planner, size_t document,
                          const struct item_quantities *quantities);

/* The body of POST /V1/orders/{id}/comments; the status must be the one that the order has. */
json_t *translate_comment(const char *status, const char *text);

#endif
