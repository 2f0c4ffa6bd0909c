/*
 * Calls about an order's shipments and invoices. All of the client's thread; `answer` as in
 * magento/client.h. Outputs are set with MAGENTO_DONE only, and are the caller's.
 */
#ifndef AMSYNC_MAGENTO_FULFILMENT_H
#define AMSYNC_MAGENTO_FULFILMENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "magento/client.h"
#include "magento/entities.h"

/* All shipments, or invoices, of an order; to be freed with magento_documents_free. */
enum magento_outcome magento_shipments_of(struct magento_client *client, int64_t order_id,
                                          struct magento_document **ret_shipments,
                                          size_t *ret_count, struct magento_answer *answer);
enum magento_outcome magento_invoices_of(struct magento_client *client, int64_t order_id,
                                         struct magento_document **ret_invoices, size_t *ret_count,
                                         struct magento_answer *answer);

/* `body` names its items: without any, Magento ships or invoices everything that is left.
 * `ret_id` is the new shipment's or invoice's entity id. */
enum magento_outcome magento_ship(struct magento_client *client, int64_t order_id,
                                  const json_t *body, int64_t *ret_id,
                                  struct magento_answer *answer);
enum magento_outcome magento_invoice(struct magento_client *client, int64_t order_id,
                                     const json_t *body, int64_t *ret_id,
                                     struct magento_answer *answer);

/* Adds a tracking number to the shipment that the body names; `ret_id` is the track's. */
enum magento_outcome magento_track(struct magento_client *client, const json_t *body,
                                   int64_t *ret_id, struct magento_answer *answer);

#endif
