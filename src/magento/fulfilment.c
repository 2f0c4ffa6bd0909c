#include "magento/fulfilment.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "magento/search.h"

#define PATH_BYTES 64

/* What another question's answer has must not count as this order's. */
static bool
are_of_order(const struct magento_document *documents, size_t count, int64_t order_id)
{
    for (size_t i = 0; i < count; i++)
        if (documents[i].order_id != order_id)
            return false;
    return true;
}

static enum magento_outcome
documents_of(struct magento_client *client, enum magento_call call, const char *path,
             const char *fields, int64_t order_id, struct magento_document **ret_documents,
             size_t *ret_count, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = NULL;
    struct magento_document *documents = NULL;
    size_t count = 0;
    struct error err = {0};
    char id[24];
    struct magento_search search = {
        .call = call,
        .path = path,
        .field = "order_id",
        .condition = "eq",
        .value = id,
        .item_fields = fields,
    };

    (void)snprintf(id, sizeof(id), "%" PRId64, order_id);

    enum magento_outcome outcome = magento_search(client, &search, &items, answer);

    if (outcome != MAGENTO_DONE)
        return outcome;
    if (magento_documents_from_json(items, &documents, &count, &err) != RESULT_OK)
        return magento_answer_lacks(answer, false, err.text);
    if (!are_of_order(documents, count, order_id)) {
        magento_documents_free(&documents, count);
        return magento_answer_lacks(answer, false, "the order that was asked for");
    }
    *ret_documents = documents;
    *ret_count = count;
    return MAGENTO_DONE;
}

enum magento_outcome
magento_shipments_of(struct magento_client *client, int64_t order_id,
                     struct magento_document **ret_shipments, size_t *ret_count,
                     struct magento_answer *answer)
{
    return documents_of(
        client, CALL_READ_SHIPMENTS, "shipments",
        "entity_id,order_id,increment_id,items[order_item_id,qty],comments[comment],"
        "tracks[track_number]",
        order_id, ret_shipments, ret_count, answer);
}

enum magento_outcome
magento_invoices_of(struct magento_client *client, int64_t order_id,
                    struct magento_document **ret_invoices, size_t *ret_count,
                    struct magento_answer *answer)
{
    return documents_of(
        client, CALL_READ_INVOICES, "invoices",
        "entity_id,order_id,increment_id,grand_total,items[order_item_id,qty],comments[comment]",
        order_id, ret_invoices, ret_count, answer);
}

/* An id comes as a number or as a text. */
static enum magento_outcome
take_id(const json_t *value, int64_t *ret_id, struct magento_answer *answer)
{
    int64_t id = json_is_integer(value) ? json_integer_value(value) : 0;

    if (json_is_string(value) &&
        parse_int64(json_string_value(value), 1, INT64_MAX, &id) != RESULT_OK)
        id = 0;
    if (id <= 0)
        return magento_answer_lacks(answer, true, "an id");
    *ret_id = id;
    return MAGENTO_DONE;
}

static enum magento_outcome
post_to_order(struct magento_client *client, enum magento_call call, int64_t order_id,
              const char *what, const json_t *body, int64_t *ret_id, struct magento_answer *answer)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof(path), "order/%" PRId64 "/%s", order_id, what);

    enum magento_outcome outcome = magento_post(client, call, path, NULL, 0, body, answer);

    return outcome == MAGENTO_DONE ? take_id(answer->json, ret_id, answer) : outcome;
}

enum magento_outcome
magento_ship(struct magento_client *client, int64_t order_id, const json_t *body, int64_t *ret_id,
             struct magento_answer *answer)
{
    return post_to_order(client, CALL_SHIP, order_id, "ship", body, ret_id, answer);
}

enum magento_outcome
magento_invoice(struct magento_client *client, int64_t order_id, const json_t *body,
                int64_t *ret_id, struct magento_answer *answer)
{
    return post_to_order(client, CALL_INVOICE, order_id, "invoice", body, ret_id, answer);
}

enum magento_outcome
magento_track(struct magento_client *client, const json_t *body, int64_t *ret_id,
              struct magento_answer *answer)
{
    enum magento_outcome outcome =
        magento_post(client, CALL_TRACK, "shipment/track", NULL, 0, body, answer);

    return outcome == MAGENTO_DONE
               ? take_id(json_object_get(answer->json, "entity_id"), ret_id, answer)
               : outcome;
}
