/*
 * Calls about orders. All of the client's thread; `answer` as in magento/client.h. Outputs are set
 * with MAGENTO_DONE only, and are the caller's.
 */
#ifndef AMSYNC_MAGENTO_ORDERS_H
#define AMSYNC_MAGENTO_ORDERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "magento/client.h"
#include "magento/entities.h"

/* `ret_order` gets NULL when Magento has no such order. */
enum magento_outcome magento_order_read(struct magento_client *client, int64_t entity_id,
                                        struct magento_order **ret_order,
                                        struct magento_answer *answer);

/* By number, without regard to case, as Magento keeps numbers apart; that of `store_id` if several
 * store views have one. Comes with its addresses. `ret_order` gets NULL when Magento has none. */
enum magento_outcome magento_order_find_by_number(struct magento_client *client,
                                                  const char *increment_id, int store_id,
                                                  struct magento_order **ret_order,
                                                  struct magento_answer *answer);

/* By ext_order_id, to the letter. Comes with its addresses. `ret_order` gets NULL when Magento has
 * none; `ret_several` says whether there is more than the one returned. */
enum magento_outcome magento_order_find_by_ext_order_id(struct magento_client *client,
                                                        const char *ext_order_id,
                                                        struct magento_order **ret_order,
                                                        bool *ret_several,
                                                        struct magento_answer *answer);

/* Whether amsync may read orders; asks for none of them. */
enum magento_outcome magento_orders_probe(struct magento_client *client,
                                          struct magento_answer *answer);

/* MAGENTO_REFUSED with http_status 400 also when the number is taken: look by number then. */
enum magento_outcome magento_order_create(struct magento_client *client, const json_t *body,
                                          struct magento_order **ret_order,
                                          struct magento_answer *answer);

enum magento_outcome magento_order_hold(struct magento_client *client, int64_t entity_id,
                                        struct magento_answer *answer);
enum magento_outcome magento_order_unhold(struct magento_client *client, int64_t entity_id,
                                          struct magento_answer *answer);
/* MAGENTO_REFUSED when Magento answers that it did not cancel. */
enum magento_outcome magento_order_cancel(struct magento_client *client, int64_t entity_id,
                                          struct magento_answer *answer);
enum magento_outcome magento_order_comment(struct magento_client *client, int64_t entity_id,
                                           const json_t *body, struct magento_answer *answer);

#endif
