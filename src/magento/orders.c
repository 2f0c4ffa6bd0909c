#include "magento/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "magento/search.h"

#define PATH_BYTES 64
#define ORDER_FIELDS                                                                               \
    "entity_id,increment_id,ext_order_id,store_id,state,status,order_currency_code,grand_total,"   \
    "items[item_id,parent_item_id,sku,ext_order_item_id,qty_ordered,qty_shipped,qty_invoiced,"     \
    "qty_canceled,qty_refunded,is_qty_decimal,is_virtual],status_histories[entity_id,comment]"

#define ADDRESS_FIELDS                                                                             \
    "[firstname,lastname,company,street,city,region,region_code,postcode,country_id]"
/* What an order that is taken over may have been made of. */
#define WHOLE_ORDER_FIELDS                                                                         \
    ORDER_FIELDS ",billing_address" ADDRESS_FIELDS                                                 \
                 ",extension_attributes[shipping_assignments[shipping[address" ADDRESS_FIELDS      \
                 "]]]"

static enum magento_outcome
search_orders(struct magento_client *client, const char *field, const char *value,
              const char *item_fields, json_t **ret_items, struct magento_answer *answer)
{
    struct magento_search search = {
        .call = CALL_READ_ORDERS,
        .path = "orders",
        .field = field,
        .condition = "eq",
        .value = value,
        .item_fields = item_fields,
    };

    return magento_search(client, &search, ret_items, answer);
}

/* Reads `item`, which may be NULL for none. */
static enum magento_outcome
take_order(const json_t *item, struct magento_order **ret_order, struct magento_answer *answer)
{
    struct error err = {0};

    if (item == NULL)
        *ret_order = NULL;
    else if (magento_order_from_json(item, ret_order, &err) != RESULT_OK)
        return magento_answer_lacks(answer, false, err.text);
    return MAGENTO_DONE;
}

enum magento_outcome
magento_order_read(struct magento_client *client, int64_t entity_id,
                   struct magento_order **ret_order, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = NULL;
    AMSYNC_CLEANUP(magento_order_free) struct magento_order *order = NULL;
    char id[24];

    /* A search, since a 404 of GET /V1/orders/ID may as well come from a wrong base URL. */
    (void)snprintf(id, sizeof(id), "%" PRId64, entity_id);

    enum magento_outcome outcome =
        search_orders(client, "entity_id", id, ORDER_FIELDS, &items, answer);

    if (outcome == MAGENTO_DONE)
        outcome = take_order(json_array_get(items, 0), &order, answer);
    if (outcome != MAGENTO_DONE)
        return outcome;
    if (order != NULL && order->entity_id != entity_id)
        return magento_answer_lacks(answer, false, "the order that was asked for");
    *ret_order = TAKE_PTR(order);
    return MAGENTO_DONE;
}

enum magento_outcome
magento_order_find_by_number(struct magento_client *client, const char *increment_id, int store_id,
                             struct magento_order **ret_order, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = NULL;
    const json_t *found = NULL;
    const json_t *item;
    size_t index;
    enum magento_outcome outcome =
        search_orders(client, "increment_id", increment_id, WHOLE_ORDER_FIELDS, &items, answer);

    if (outcome != MAGENTO_DONE)
        return outcome;
    json_array_foreach(items, index, item)
    {
        const char *number = json_object_text(item, "increment_id");
        int64_t store = 0;

        if (number == NULL || !text_equals_ignore_case(number, increment_id))
            continue;
        if (found == NULL ||
            (json_object_int64(item, "store_id", &store) == RESULT_OK && store == store_id))
            found = item;
    }
    return take_order(found, ret_order, answer);
}

enum magento_outcome
magento_order_find_by_ext_order_id(struct magento_client *client, const char *ext_order_id,
                                   struct magento_order **ret_order, bool *ret_several,
                                   struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = NULL;
    const json_t *found = NULL;
    const json_t *item;
    size_t index;
    bool several = false;
    enum magento_outcome outcome =
        search_orders(client, "ext_order_id", ext_order_id, WHOLE_ORDER_FIELDS, &items, answer);

    if (outcome != MAGENTO_DONE)
        return outcome;
    json_array_foreach(items, index, item)
    {
        const char *id = json_object_text(item, "ext_order_id");

        if (id == NULL || strcmp(id, ext_order_id) != 0)
            continue;
        several = found != NULL;
        if (found == NULL)
            found = item;
    }
    outcome = take_order(found, ret_order, answer);
    if (outcome == MAGENTO_DONE)
        *ret_several = several;
    return outcome;
}

enum magento_outcome
magento_orders_probe(struct magento_client *client, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = NULL;

    return search_orders(client, "entity_id", "0", ORDER_FIELDS, &items, answer);
}

enum magento_outcome
magento_order_create(struct magento_client *client, const json_t *body,
                     struct magento_order **ret_order, struct magento_answer *answer)
{
    /* Of the whole order, which Magento would repeat, what is read. */
    static const struct magento_parameter fields = {"fields", ORDER_FIELDS};
    struct error err = {0};
    enum magento_outcome outcome =
        magento_post(client, CALL_CREATE, "orders", &fields, 1, body, answer);

    if (outcome == MAGENTO_DONE &&
        magento_order_from_json(answer->json, ret_order, &err) != RESULT_OK)
        return magento_answer_lacks(answer, true, err.text);
    return outcome;
}

static enum magento_outcome
post_to_order(struct magento_client *client, enum magento_call call, int64_t entity_id,
              const char *what, const json_t *body, struct magento_answer *answer)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof(path), "orders/%" PRId64 "/%s", entity_id, what);

    enum magento_outcome outcome = magento_post(client, call, path, NULL, 0, body, answer);

    if (outcome != MAGENTO_DONE || json_is_true(answer->json))
        return outcome;
    if (!json_is_false(answer->json))
        return magento_answer_lacks(answer, true, "a yes or no");
    answer->outcome = MAGENTO_REFUSED;
    magento_answer_say(
        answer, "Magento answered that the order cannot take it as it stands (%s: false)", what);
    return MAGENTO_REFUSED;
}

enum magento_outcome
magento_order_hold(struct magento_client *client, int64_t entity_id, struct magento_answer *answer)
{
    return post_to_order(client, CALL_HOLD, entity_id, "hold", NULL, answer);
}

enum magento_outcome
magento_order_unhold(struct magento_client *client, int64_t entity_id,
                     struct magento_answer *answer)
{
    return post_to_order(client, CALL_UNHOLD, entity_id, "unhold", NULL, answer);
}

enum magento_outcome
magento_order_cancel(struct magento_client *client, int64_t entity_id,
                     struct magento_answer *answer)
{
    return post_to_order(client, CALL_CANCEL, entity_id, "cancel", NULL, answer);
}

enum magento_outcome
magento_order_comment(struct magento_client *client, int64_t entity_id, const json_t *body,
                      struct magento_answer *answer)
{
    return post_to_order(client, CALL_COMMENT, entity_id, "comments", body, answer);
}
