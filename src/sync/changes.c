#include "sync/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "sync/address.h"
#include "sync/body.h"

#define LINES_SHOWN 20
#define SHOWN_CHARACTERS 200
#define TEXT_MAX_BYTES 16384
#define LINE_KEY_BYTES 16

/* Of the order itself, in the order in which they are told. */
static const struct {
    const char *key;
    const char *name;
} members[] = {
    {"order_total", "order total"}, {"freight", "freight"},          {"tax_total", "tax"},
    {"discount_total", "discount"}, {"currency", "currency"},        {"ship_via", "ship via"},
    {"bill_to", "billing address"}, {"ship_to", "shipping address"},
};

static void
put_amount(json_t *object, const char *key, struct amount amount, bool *failed)
{
    struct decimal_buffer buffer;

    if (amount.known)
        body_put(object, key, json_string(decimal_text(amount.value, 2, &buffer)), failed);
}

static void
put_known_text(json_t *object, const char *key, const char *text, bool *failed)
{
    if (text[0] != '\0')
        body_put(object, key, json_string(text), failed);
}

static void
put_address(json_t *object, const char *key, const struct address *address, bool *failed)
{
    AMSYNC_CLEANUP(cleanup_free) char *words = address_words(address);

    if (words == NULL)
        *failed = true;
    else
        put_known_text(object, key, words, failed);
}

static json_t *
snapshot_lines(const struct order_document *order, bool *failed)
{
    json_t *lines = json_object();

    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        char key[LINE_KEY_BYTES];
        json_t *object = json_object();
        struct decimal_buffer buffer;

        (void)snprintf(key, sizeof(key), "%d", line->line_nbr);
        put_known_text(object, "sku", line->inventory_id, failed);
        if (line->order_qty.known)
            body_put(object, "qty", json_string(decimal_text(line->order_qty.value, 0, &buffer)),
                     failed);
        put_amount(object, "ext_price", line->ext_price, failed);
        body_put(lines, key, object, failed);
    }
    return lines;
}

json_t *
changes_snapshot(const struct order_document *order)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *snapshot = json_object();
    bool failed = false;

    body_put(snapshot, "lines", snapshot_lines(order, &failed), &failed);
    put_amount(snapshot, "order_total", order->order_total, &failed);
    put_amount(snapshot, "freight", order->freight, &failed);
    put_amount(snapshot, "tax_total", order->tax_total, &failed);
    put_amount(snapshot, "discount_total", order->discount_total, &failed);
    put_known_text(snapshot, "currency", order->currency, &failed);
    put_known_text(snapshot, "ship_via", order->ship_via, &failed);
    put_address(snapshot, "bill_to", &order->bill_to, &failed);
    put_address(snapshot, "ship_to", &order->ship_to, &failed);
    return failed ? NULL : TAKE_PTR(snapshot);
}

static enum result
set_total(json_t *snapshot, struct decimal order_total)
{
    struct decimal_buffer buffer;
    struct decimal present;
    bool failed = false;

    if (decimal_from_json(json_object_get(snapshot, "order_total"), &present) == RESULT_OK &&
        decimal_compare(decimal_round(present, 2), decimal_round(order_total, 2)) == 0)
        return RESULT_OK;
    body_put(snapshot, "order_total", json_string(decimal_text(order_total, 2, &buffer)), &failed);
    return failed ? RESULT_FAILED : RESULT_OK;
}

/* What stands between this change and the one before. */
static const char *
separator(const struct buffer *text)
{
    return text->length > 0 ? "; " : "";
}

static void
append_value(struct buffer *text, const char *value)
{
    buffer_append(text, value, text_prefix_bytes(value, SHOWN_CHARACTERS));
}

/* Magento's own address is the one that was sent? It may add members and leave empty ones out. */
static bool
is_address_as_sent(const json_t *sent, const json_t *there)
{
    static const char *const keys[] = {"firstname", "lastname", "company",
                                       "city",      "postcode", "country_id"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *old = json_object_text(there, keys[i]);
        const char *new = json_object_text(sent, keys[i]);

        if (strcmp(old != NULL ? old : "", new != NULL ? new : "") != 0)
            return false;
    }
    return json_equal(json_object_get(sent, "street"), json_object_get(there, "street"));
}

static enum result
set_address(json_t *snapshot, const char *key, const json_t *sent, const json_t *there)
{
    bool failed = false;

    if (there == NULL || json_object_get(snapshot, key) == NULL || is_address_as_sent(sent, there))
        return RESULT_OK;

    AMSYNC_CLEANUP(cleanup_free) char *words = address_words_of_magento(there);

    if (words == NULL)
        return RESULT_FAILED;
    body_put(snapshot, key, json_string(words), &failed);
    return failed ? RESULT_FAILED : RESULT_OK;
}

static enum result
set_addresses(json_t *snapshot, const struct order_document *order,
              const struct magento_order *magento)
{
    AMSYNC_CLEANUP(cleanup_json)
    json_t *billing = address_body(order, order_billing_address(order), "billing", "", NULL);
    AMSYNC_CLEANUP(cleanup_json)
    json_t *shipping = address_body(order, order_shipping_address(order), "shipping", "", NULL);

    if (billing == NULL || shipping == NULL)
        return RESULT_FAILED;

    enum result result = set_address(snapshot, "bill_to", billing, magento->billing_address);

    return result == RESULT_OK
               ? set_address(snapshot, "ship_to", shipping, magento->shipping_address)
               : result;
}

const char *
changes_last_told(const struct magento_order *magento)
{
    const char *newest = "";

    for (size_t i = 0; magento->comments[i] != NULL; i++)
        if (strncmp(magento->comments[i], CHANGES_COMMENT_BEGINNING,
                    strlen(CHANGES_COMMENT_BEGINNING)) == 0)
            newest = magento->comments[i];
    return newest;
}

bool
changes_set_last(json_t *snapshot, const char *comment)
{
    (void)json_object_del(snapshot, "unsure");
    return json_object_set_new(snapshot, "last", json_string(comment)) == 0;
}

json_t *
changes_unsure(const json_t *sent)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *copy = json_deep_copy(sent);

    if (copy == NULL || json_object_set_new(copy, "unsure", json_true()) != 0)
        return NULL;
    return TAKE_PTR(copy);
}

/* Where Magento was told of changes since, its last word is none of what the order itself shows. */
static enum result
set_commented(json_t *snapshot, const struct magento_order *magento)
{
    const char *last = changes_last_told(magento);

    if (!changes_set_last(snapshot, last) ||
        (last[0] != '\0' && json_object_set_new(snapshot, "commented", json_true()) != 0))
        return RESULT_FAILED;
    return RESULT_OK;
}

/* What Magento's order does not show. */
static enum result
set_as_sent(json_t *snapshot, const json_t *sent)
{
    static const char *const keys[] = {"lines",          "freight",  "tax_total",
                                       "discount_total", "currency", "ship_via"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_t *value = json_object_get(sent, keys[i]);

        if (value != NULL && json_object_set_new(snapshot, keys[i], json_deep_copy(value)) != 0)
            return RESULT_FAILED;
    }
    return RESULT_OK;
}

/* The order's own items, by line number; those of ours have one. NULL: none. */
static const struct magento_order_item *
find_item(const struct magento_order *magento, const char *line_nbr)
{
    for (size_t i = 0; i < magento->item_count; i++) {
        const struct magento_order_item *item = &magento->items[i];

        if (item->parent_item_id == 0 && item->ext_order_item_id != NULL &&
            strcmp(item->ext_order_item_id, line_nbr) == 0)
            return item;
    }
    return NULL;
}

/* Of a line with another quantity the amount is not known. */
static enum result
set_quantities(json_t *snapshot, const struct magento_order *magento)
{
    const char *line_nbr;
    json_t *line;
    bool failed = false;

    json_object_foreach(json_object_get(snapshot, "lines"), line_nbr, line)
    {
        const struct magento_order_item *item = find_item(magento, line_nbr);
        struct decimal_buffer buffer;
        struct decimal qty;

        if (item == NULL || json_object_decimal(line, "qty", &qty) != RESULT_OK ||
            decimal_compare(qty, item->qty_ordered) == 0)
            continue;
        body_put(line, "qty", json_string(decimal_text(item->qty_ordered, 0, &buffer)), &failed);
        (void)json_object_del(line, "ext_price");
    }
    return failed ? RESULT_FAILED : RESULT_OK;
}

json_t *
changes_snapshot_of_adopted(const json_t *sent, const struct order_document *order,
                            const struct magento_order *magento)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *snapshot = changes_snapshot(order);

    if (snapshot == NULL || set_as_sent(snapshot, sent) != RESULT_OK ||
        set_quantities(snapshot, magento) != RESULT_OK ||
        set_total(snapshot, magento->grand_total) != RESULT_OK ||
        set_addresses(snapshot, order, magento) != RESULT_OK ||
        set_commented(snapshot, magento) != RESULT_OK)
        return NULL;
    return TAKE_PTR(snapshot);
}

/* `between` and "NAME BEFORE -> NOW", where both are known and differ. */
static bool
describe_member(const json_t *before, const json_t *now, const char *key, const char *name,
                const char *between, struct buffer *text)
{
    const char *old = json_object_text(before, key);
    const char *new = json_object_text(now, key);

    if (old == NULL || new == NULL || strcmp(old, new) == 0)
        return false;
    buffer_append_format(text, "%s%s ", between, name);
    append_value(text, old);
    buffer_append_text(text, " -> ");
    append_value(text, new);
    return true;
}

static void
append_line_name(struct buffer *text, const char *key, const json_t *line)
{
    const char *sku = json_object_text(line, "sku");

    buffer_append_format(text, "line %s", key);
    if (sku != NULL) {
        buffer_append_text(text, " (");
        append_value(text, sku);
        buffer_append_byte(text, ')');
    }
}

static bool
lines_differ(const json_t *before, const json_t *now)
{
    static const char *const keys[] = {"sku", "qty", "ext_price"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *old = json_object_text(before, keys[i]);
        const char *new = json_object_text(now, keys[i]);

        if (old != NULL && new != NULL && strcmp(old, new) != 0)
            return true;
    }
    return false;
}

/* `old` is NULL for a line that is new, `new` for one that is gone. */
static void
describe_line(const char *key, const json_t *old, const json_t *new, struct buffer *text)
{
    buffer_append_text(text, separator(text));
    append_line_name(text, key, old != NULL ? old : new);
    if (old == NULL) {
        const char *qty = json_object_text(new, "qty");

        buffer_append_format(text, " added%s%s", qty != NULL ? ": quantity " : "",
                             qty != NULL ? qty : "");
    } else if (new == NULL) {
        buffer_append_text(text, " removed");
    } else {
        const char *between = ": ";

        if (describe_member(old, new, "sku", "item", between, text))
            between = "; ";
        if (describe_member(old, new, "qty", "quantity", between, text))
            between = "; ";
        (void)describe_member(old, new, "ext_price", "amount", between, text);
    }
}

/* An order whose lines are all gone has left the inquiry, which says nothing of them. */
static void
describe_lines(json_t *before, json_t *now, struct buffer *text)
{
    size_t changes = 0;
    const char *key;
    json_t *line;

    if (json_object_size(now) == 0)
        return;
    json_object_foreach(before, key, line)
    {
        const json_t *new = json_object_get(now, key);

        if ((new == NULL || lines_differ(line, new)) && changes++ < LINES_SHOWN)
            describe_line(key, line, new, text);
    }
    json_object_foreach(now, key, line)
    {
        if (json_object_get(before, key) == NULL && changes++ < LINES_SHOWN)
            describe_line(key, NULL, line, text);
    }
    if (changes > LINES_SHOWN)
        buffer_append_format(text, "; %zu more lines", changes - LINES_SHOWN);
}

enum result
changes_describe(const json_t *before, const json_t *now, char **ret_text)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_MAX_BYTES);

    describe_lines(json_object_object(before, "lines"), json_object_object(now, "lines"), &text);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        (void)describe_member(before, now, members[i].key, members[i].name, separator(&text),
                              &text);
    if (text.length == 0 && json_is_true(json_object_get(before, "commented")))
        buffer_append_text(&text, "what was changed is as it was created again");
    if (text.length == 0)
        return buffer_result(&text) == RESULT_FAILED ? RESULT_FAILED : RESULT_NONE;
    /* What does not fit is left out: the shop is told that and what has changed, not everything. */
    if (buffer_result(&text) == RESULT_REJECTED) {
        *ret_text = strdup(buffer_text(&text));
        return *ret_text != NULL ? RESULT_OK : RESULT_FAILED;
    }
    return buffer_take(&text, ret_text, NULL);
}

/* `between` and "NAME VALUE", where it is known. */
static bool
show_member(const json_t *now, const char *key, const char *name, const char *between,
            struct buffer *text)
{
    const char *value = json_object_text(now, key);

    if (value == NULL)
        return false;
    buffer_append_format(text, "%s%s ", between, name);
    append_value(text, value);
    return true;
}

char *
changes_whole(const json_t *now)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_MAX_BYTES);
    const char *between = "the order is now: ";
    size_t shown = 0;
    const char *key;
    json_t *line;

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (show_member(now, members[i].key, members[i].name, between, &text))
            between = "; ";
    json_object_foreach(json_object_get(now, "lines"), key, line)
    {
        const char *colon = ": ";

        if (shown++ == LINES_SHOWN)
            break;
        buffer_append_text(&text, between);
        between = "; ";
        append_line_name(&text, key, line);
        if (show_member(line, "qty", "quantity", colon, &text))
            colon = ", ";
        (void)show_member(line, "ext_price", "amount", colon, &text);
    }
    return buffer_result(&text) == RESULT_FAILED ? NULL : strdup(buffer_text(&text));
}
