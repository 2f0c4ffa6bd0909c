/*
 * Whatever Magento answers has one outcome that its status allows, in words that can be logged, and
 * can be read as an order, shipments, invoices or products, or not. The input is
 *
 *   read|write STATUS
 *   RETRY-AFTER
 *   LOCATION
 *   BODY
 *
 * with empty lines where there is no such header, and "lost" for a STATUS that did not come.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"
#include "magento/answer.h"
#include "magento/entities.h"

static char *
take_line(char **rest)
{
    char *line = strsep(rest, "\n");

    return line != NULL && line[0] != '\0' ? line : NULL;
}

/* The exchange borrows from `text`, which is changed. */
static void
read_exchange(char *text, struct magento_exchange *exchange)
{
    char *rest = text;
    char *status = take_line(&rest);
    const char *method = status != NULL ? strsep(&status, " ") : "";
    int64_t number = 0;

    *exchange = (struct magento_exchange){.sent = true, .is_write = strcmp(method, "write") == 0};
    if (status != NULL && parse_int64(status, 0, 999, &number) == RESULT_OK)
        exchange->status = (long)number;
    else
        exchange->transport_error = "the connection was closed";
    exchange->retry_after = take_line(&rest);
    exchange->location = take_line(&rest);
    exchange->body = rest;
    exchange->body_bytes = rest != NULL ? strlen(rest) : 0;
}

static void
require_words(const char *text, const char *property)
{
    fuzz_require(text_is_utf8(text, strlen(text)) && strchr(text, '\n') == NULL, property);
}

static void
check_judgement(const struct magento_exchange *exchange, const struct magento_answer *answer)
{
    bool success =
        exchange->transport_error == NULL && exchange->status >= 200 && exchange->status < 300;

    fuzz_require(exchange->is_write || answer->outcome != MAGENTO_UNKNOWN,
                 "a read is never unknown");
    fuzz_require(answer->outcome != MAGENTO_DEADLINE && answer->outcome != MAGENTO_ABORTED,
                 "what was sent was sent");
    fuzz_require((answer->outcome == MAGENTO_DONE) == (success && answer->json != NULL),
                 "only a 2xx with JSON is done");
    fuzz_require((answer->outcome == MAGENTO_UNAUTHORIZED) ==
                     (exchange->transport_error == NULL && exchange->status == 401),
                 "only a 401 is unauthorized");
    fuzz_require(!success || answer->outcome != MAGENTO_REFUSED, "a 2xx is no refusal");
    fuzz_require((answer->outcome == MAGENTO_DONE) == (answer->message[0] == '\0'),
                 "what is not done has a message");
    fuzz_require(answer->retry_after_ms <= MAGENTO_RETRY_AFTER_MAX_MS, "a wait is bounded");
    require_words(answer->message, "the message is a line of UTF-8");
    require_words(answer->resource, "the resource is a line of UTF-8");
    fuzz_require(answer->answer_text == NULL ||
                     text_is_utf8(answer->answer_text, strlen(answer->answer_text)),
                 "what is kept of the answer is UTF-8");
}

static void
require_reason(enum result result, const struct error *err)
{
    fuzz_require(result == RESULT_REJECTED, "there is memory");
    fuzz_require(err->text[0] != '\0', "a refusal says why");
    fuzz_require(text_is_utf8(err->text, strlen(err->text)), "the reason is UTF-8");
}

static void
read_order(const json_t *json)
{
    AMSYNC_CLEANUP(magento_order_free) struct magento_order *order = NULL;
    struct error err = {0};
    enum result result = magento_order_from_json(json, &order, &err);

    if (result != RESULT_OK) {
        require_reason(result, &err);
        return;
    }
    fuzz_require(order->entity_id > 0, "an order has its id");
    fuzz_require(order->state != NULL && order->comments != NULL, "an order has what it must");
    for (size_t i = 0; i < order->item_count; i++) {
        const struct magento_order_item *item = &order->items[i];

        fuzz_require(item->sku != NULL, "an item has its SKU");
        fuzz_require(decimal_is_valid(item->qty_ordered) && decimal_is_valid(item->qty_shipped) &&
                         decimal_is_valid(item->qty_invoiced) &&
                         decimal_is_valid(item->qty_canceled) &&
                         decimal_is_valid(item->qty_refunded),
                     "an item's quantities are numbers");
    }
}

static void
read_documents(const json_t *json)
{
    struct magento_document *documents = NULL;
    size_t count = 0;
    struct error err = {0};
    enum result result = magento_documents_from_json(json, &documents, &count, &err);

    if (result != RESULT_OK) {
        require_reason(result, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        fuzz_require(documents[i].entity_id > 0, "a document has its id");
        fuzz_require(documents[i].comments != NULL && documents[i].track_numbers != NULL,
                     "a document has its lists");
        for (size_t j = 0; j < documents[i].item_count; j++)
            fuzz_require(decimal_is_valid(documents[i].items[j].qty), "a quantity is a number");
    }
    magento_documents_free(&documents, count);
}

static void
read_products(const json_t *json)
{
    struct magento_product *products = NULL;
    size_t count = 0;
    struct error err = {0};
    enum result result = magento_products_from_json(json, &products, &count, &err);

    if (result != RESULT_OK) {
        require_reason(result, &err);
        return;
    }
    for (size_t i = 0; i < count; i++)
        fuzz_require(products[i].sku != NULL && products[i].type_id != NULL && products[i].id > 0,
                     "a product has what it must");
    magento_products_free(&products, count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    AMSYNC_CLEANUP(magento_answer_finish) struct magento_answer answer = {0};
    struct magento_exchange exchange;
    const json_t *items;

    read_exchange(text, &exchange);
    magento_answer_judge(&exchange, &answer);
    check_judgement(&exchange, &answer);
    if (answer.outcome != MAGENTO_DONE)
        return 0;
    items = json_object_get(answer.json, "items");
    read_order(answer.json);
    read_order(json_array_get(items, 0));
    read_documents(items);
    read_products(items);
    return 0;
}
