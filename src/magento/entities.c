#include "magento/entities.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

/* Magento writes a number as a number or as a string ("104"). RESULT_NONE: absent or null. */
static enum result
read_id(const json_t *object, const char *key, int64_t *ret_id)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_string(value))
        return parse_int64(json_string_value(value), 1, INT64_MAX, ret_id);
    if (value == NULL || json_is_null(value))
        return RESULT_NONE;
    if (!json_is_integer(value) || json_integer_value(value) < 1)
        return RESULT_REJECTED;
    *ret_id = json_integer_value(value);
    return RESULT_OK;
}

static enum result
require_id(const json_t *object, const char *key, int64_t *ret_id, struct error *err)
{
    if (read_id(object, key, ret_id) != RESULT_OK)
        return error_result(err, RESULT_REJECTED, "Magento's answer has no usable %s", key);
    return RESULT_OK;
}

/* An absent number is zero: Magento leaves some out. */
static enum result
read_decimal(const json_t *object, const char *key, struct decimal *ret_value, struct error *err)
{
    enum result result = json_object_decimal(object, key, ret_value);

    if (result == RESULT_REJECTED)
        return error_result(err, result, "%s in Magento's answer is not a usable number", key);
    if (result == RESULT_NONE)
        *ret_value = DECIMAL_ZERO;
    return RESULT_OK;
}

/* 1, "1" and true. */
static bool
read_flag(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_true(value) || json_integer_value(value) != 0 ||
           (json_is_string(value) && strcmp(json_string_value(value), "1") == 0);
}

/* A copy of the text; of `fallback` where there is none, which may be NULL for NULL. */
static enum result
copy_text(const json_t *object, const char *key, const char *fallback, char **ret_text)
{
    const char *text = json_object_text(object, key);

    if (text == NULL)
        text = fallback;
    if (text == NULL)
        return RESULT_OK;

    char *copy = strdup(text);

    if (copy == NULL)
        return RESULT_FAILED;
    *ret_text = copy;
    return RESULT_OK;
}

/* The text of one member of each object in an array; objects without it are passed by. */
static enum result
copy_member_of_each(const json_t *array, const char *key, char ***ret_texts)
{
    size_t count = json_array_size(array);
    char **texts = calloc(count + 1, sizeof(*texts));
    size_t used = 0;

    if (texts == NULL)
        return RESULT_FAILED;
    *ret_texts = texts;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_object_text(json_array_get(array, i), key);

        if (text == NULL)
            continue;
        texts[used] = strdup(text);
        if (texts[used] == NULL)
            return RESULT_FAILED;
        used++;
    }
    return RESULT_OK;
}

static void
free_texts(char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        free(texts[i]);
    free(texts);
}

static enum result
read_order_item(const json_t *json, struct magento_order_item *item, struct error *err)
{
    const struct {
        const char *key;
        struct decimal *value;
    } quantities[] = {
        {"qty_ordered", &item->qty_ordered},   {"qty_shipped", &item->qty_shipped},
        {"qty_invoiced", &item->qty_invoiced}, {"qty_canceled", &item->qty_canceled},
        {"qty_refunded", &item->qty_refunded},
    };
    enum result result = require_id(json, "item_id", &item->item_id, err);

    for (size_t i = 0; i < sizeof(quantities) / sizeof(quantities[0]) && result == RESULT_OK; i++)
        result = read_decimal(json, quantities[i].key, quantities[i].value, err);
    if (result != RESULT_OK)
        return result;
    if (read_id(json, "parent_item_id", &item->parent_item_id) != RESULT_OK)
        item->parent_item_id = 0;
    item->is_qty_decimal = read_flag(json, "is_qty_decimal");
    item->is_virtual = read_flag(json, "is_virtual");
    if (copy_text(json, "sku", "", &item->sku) != RESULT_OK)
        return RESULT_FAILED;
    return copy_text(json, "ext_order_item_id", NULL, &item->ext_order_item_id);
}

static enum result
read_order_items(const json_t *array, struct magento_order *order, struct error *err)
{
    size_t count = json_array_size(array);

    order->items = calloc(count + 1, sizeof(*order->items));
    if (order->items == NULL)
        return RESULT_FAILED;
    for (size_t i = 0; i < count; i++) {
        /* Counted before it is read, so that a half-read one is freed too. */
        order->item_count = i + 1;

        enum result result = read_order_item(json_array_get(array, i), &order->items[i], err);

        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static int
compare_histories(const void *left_address, const void *right_address)
{
    int64_t left = 0;
    int64_t right = 0;

    /* One without an id counts as the oldest. */
    if (read_id(*(json_t *const *)left_address, "entity_id", &left) != RESULT_OK)
        left = 0;
    if (read_id(*(json_t *const *)right_address, "entity_id", &right) != RESULT_OK)
        right = 0;
    return left < right ? -1 : left > right ? 1 : 0;
}

static enum result
read_comments(const json_t *histories, struct magento_order *order)
{
    size_t count = json_array_size(histories);
    AMSYNC_CLEANUP(cleanup_free) json_t **rows = calloc(count + 1, sizeof(json_t *));
    AMSYNC_CLEANUP(cleanup_json) json_t *oldest_first = json_array();

    if (rows == NULL || oldest_first == NULL)
        return RESULT_FAILED;
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(histories, i);
    qsort(rows, count, sizeof(json_t *), compare_histories);
    for (size_t i = 0; i < count; i++)
        if (json_array_append(oldest_first, rows[i]) != 0)
            return RESULT_FAILED;
    return copy_member_of_each(oldest_first, "comment", &order->comments);
}

static void
read_addresses(const json_t *json, struct magento_order *order)
{
    const json_t *extension = json_object_get(json, "extension_attributes");
    const json_t *assignment =
        json_array_get(json_object_get(extension, "shipping_assignments"), 0);

    order->billing_address = json_incref(json_object_object(json, "billing_address"));
    order->shipping_address =
        json_incref(json_object_object(json_object_get(assignment, "shipping"), "address"));
}

static enum result
read_order(const json_t *json, struct magento_order *order, struct error *err)
{
    enum result result = require_id(json, "entity_id", &order->entity_id, err);

    if (result == RESULT_OK)
        result = read_decimal(json, "grand_total", &order->grand_total, err);
    if (result == RESULT_OK)
        result = copy_text(json, "increment_id", "", &order->increment_id);
    if (result == RESULT_OK)
        result = copy_text(json, "ext_order_id", NULL, &order->ext_order_id);
    if (result == RESULT_OK)
        result = copy_text(json, "state", "", &order->state);
    if (result == RESULT_OK)
        result = copy_text(json, "status", "", &order->status);
    if (result == RESULT_OK)
        result = copy_text(json, "order_currency_code", "", &order->order_currency_code);
    if (result == RESULT_OK)
        result = read_order_items(json_object_get(json, "items"), order, err);
    if (result == RESULT_OK)
        result = read_comments(json_object_get(json, "status_histories"), order);
    read_addresses(json, order);
    return result;
}

enum result
magento_order_from_json(const json_t *json, struct magento_order **ret_order, struct error *err)
{
    AMSYNC_CLEANUP(magento_order_free) struct magento_order *order = NULL;

    if (!json_is_object(json))
        return error_result(err, RESULT_REJECTED, "Magento's answer is not an order");
    order = calloc(1, sizeof(*order));
    if (order == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");

    enum result result = read_order(json, order, err);

    if (result == RESULT_FAILED)
        return error_result(err, result, "out of memory");
    if (result == RESULT_OK)
        *ret_order = TAKE_PTR(order);
    return result;
}

void
magento_order_free(struct magento_order **order)
{
    struct magento_order *self = *order;

    *order = NULL;
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->item_count; i++) {
        free(self->items[i].sku);
        free(self->items[i].ext_order_item_id);
    }
    free(self->items);
    free_texts(self->comments);
    json_decref(self->billing_address);
    json_decref(self->shipping_address);
    free(self->increment_id);
    free(self->ext_order_id);
    free(self->state);
    free(self->status);
    free(self->order_currency_code);
    free(self);
}

static enum result
read_document_items(const json_t *array, struct magento_document *document, struct error *err)
{
    size_t count = json_array_size(array);

    document->items = calloc(count + 1, sizeof(*document->items));
    if (document->items == NULL)
        return RESULT_FAILED;
    document->item_count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        enum result result =
            require_id(item, "order_item_id", &document->items[i].order_item_id, err);

        if (result == RESULT_OK)
            result = read_decimal(item, "qty", &document->items[i].qty, err);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum result
read_document(const json_t *json, struct magento_document *document, struct error *err)
{
    enum result result = require_id(json, "entity_id", &document->entity_id, err);

    if (read_id(json, "order_id", &document->order_id) != RESULT_OK)
        document->order_id = 0;
    if (result == RESULT_OK)
        result = read_decimal(json, "grand_total", &document->grand_total, err);
    if (result == RESULT_OK)
        result = copy_text(json, "increment_id", "", &document->increment_id);
    if (result == RESULT_OK)
        result = read_document_items(json_object_get(json, "items"), document, err);
    if (result == RESULT_OK)
        result =
            copy_member_of_each(json_object_get(json, "comments"), "comment", &document->comments);
    if (result == RESULT_OK)
        result = copy_member_of_each(json_object_get(json, "tracks"), "track_number",
                                     &document->track_numbers);
    return result;
}

enum result
magento_documents_from_json(const json_t *json, struct magento_document **ret_documents,
                            size_t *ret_count, struct error *err)
{
    size_t count = json_array_size(json);

    if (json != NULL && !json_is_null(json) && !json_is_array(json))
        return error_result(err, RESULT_REJECTED, "Magento's answer is not a list");

    struct magento_document *documents = calloc(count + 1, sizeof(*documents));

    if (documents == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    for (size_t i = 0; i < count; i++) {
        enum result result = read_document(json_array_get(json, i), &documents[i], err);

        if (result != RESULT_OK) {
            magento_documents_free(&documents, count);
            return result == RESULT_FAILED ? error_result(err, result, "out of memory") : result;
        }
    }
    *ret_documents = documents;
    *ret_count = count;
    return RESULT_OK;
}

void
magento_documents_free(struct magento_document **documents, size_t count)
{
    struct magento_document *self = *documents;

    *documents = NULL;
    for (size_t i = 0; self != NULL && i < count; i++) {
        free(self[i].increment_id);
        free(self[i].items);
        free_texts(self[i].comments);
        free_texts(self[i].track_numbers);
    }
    free(self);
}

static enum result
read_product(const json_t *json, struct magento_product *product, struct error *err)
{
    enum result result = require_id(json, "id", &product->id, err);

    if (result == RESULT_OK && json_object_text(json, "sku") == NULL)
        result = error_result(err, RESULT_REJECTED, "a product in Magento's answer has no sku");
    if (result == RESULT_OK)
        result = copy_text(json, "sku", "", &product->sku);
    if (result == RESULT_OK)
        result = copy_text(json, "type_id", "simple", &product->type_id);
    return result;
}

enum result
magento_products_from_json(const json_t *json, struct magento_product **ret_products,
                           size_t *ret_count, struct error *err)
{
    size_t count = json_array_size(json);

    if (json != NULL && !json_is_null(json) && !json_is_array(json))
        return error_result(err, RESULT_REJECTED, "Magento's answer is not a list");

    struct magento_product *products = calloc(count + 1, sizeof(*products));

    if (products == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    for (size_t i = 0; i < count; i++) {
        enum result result = read_product(json_array_get(json, i), &products[i], err);

        if (result != RESULT_OK) {
            magento_products_free(&products, count);
            return result == RESULT_FAILED ? error_result(err, result, "out of memory") : result;
        }
    }
    *ret_products = products;
    *ret_count = count;
    return RESULT_OK;
}

void
magento_products_free(struct magento_product **products, size_t count)
{
    struct magento_product *self = *products;

    *products = NULL;
    for (size_t i = 0; self != NULL && i < count; i++) {
        free(self[i].sku);
        free(self[i].type_id);
    }
    free(self);
}
