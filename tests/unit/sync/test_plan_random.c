/*
 * Random orders, shipments and invoices, over random preferences and a random Magento, with a fixed
 * seed: whatever comes, the plan keeps its promises. AMSYNC_RANDOM_SEED in the environment starts
 * elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/text.h"
#include "plan_input.h"
#include "sim/schema.h"
#include "sync/messages.h"

#define ROUNDS 10000
#define MAX_LINES 6
#define TEXT_BYTES 64

static struct schema *schema;
static uint64_t state;

static uint32_t
draw(uint32_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % bound);
}

static bool
chance(uint32_t one_in)
{
    return draw(one_in) == 0;
}

#define PICK(list) (list)[draw((uint32_t)(sizeof(list) / sizeof((list)[0])))]

static void
put(json_t *object, const char *key, json_t *value)
{
    assert_int_equal(json_object_set_new(object, key, value), 0);
}

static json_t *
text_of(struct decimal value)
{
    struct decimal_buffer buffer;

    return json_string(decimal_text(value, 0, &buffer));
}

static struct decimal
cents(uint32_t bound)
{
    return (struct decimal){.millionths = (__int128)draw(bound) * 10000};
}

static json_t *
odd_value(void)
{
    static const char *const odd[] = {
        "",          "0",    "-1",  "0.000001",         "1e300",    "99999999999",  "1e-20000",
        "123456789", "-0.5", "abc", "\xF0\x9F\x8E\x89", "x'\"; --", "100000000000", "true",
    };

    if (chance(4))
        return json_boolean(chance(2));
    return json_string(PICK(odd));
}

/* Now and then any field of any row is odd, or gone. */
static void
spoil(json_t *fields)
{
    size_t count = json_object_size(fields);
    void *iterator = json_object_iter(fields);

    if (count == 0 || !chance(8))
        return;
    for (uint32_t skip = draw((uint32_t)count); skip > 0; skip--)
        iterator = json_object_iter_next(fields, iterator);

    char key[TEXT_BYTES];

    (void)snprintf(key, sizeof(key), "%s", json_object_iter_key(iterator));
    if (chance(3))
        (void)json_object_del(fields, key);
    else
        put(fields, key, odd_value());
}

static json_t *
random_order_rows(struct decimal *ret_total)
{
    static const char *const units[] = {"EA", "EA", "EA", "BOX", ""};
    json_t *rows = json_object();
    uint32_t count = draw(MAX_LINES);

    for (uint32_t i = 0; i < count; i++) {
        char key[TEXT_BYTES];
        char sku[TEXT_BYTES];
        struct decimal qty = {.millionths =
                                  (__int128)(1 + draw(9)) * (chance(5) ? 500000 : 1000000)};
        struct decimal price = {.millionths = (__int128)draw(100000000)};
        struct decimal ext = decimal_round(decimal_mul(qty, price), 2);
        struct decimal discount =
            chance(3) ? decimal_round(decimal_div(ext, decimal_from_integer(7)), 2) : DECIMAL_ZERO;
        json_t *row = json_object();

        (void)snprintf(key, sizeof(key), "%u", i + 1);
        (void)snprintf(sku, sizeof(sku), "WIDGET-%u", 1 + draw(4));
        put(row, "InventoryID", json_string(sku));
        put(row, "LineDescription", json_string("Widget"));
        put(row, "OrderQty", text_of(qty));
        put(row, "UOM", json_string(PICK(units)));
        put(row, "UnitPrice", text_of(price));
        put(row, "ExtPrice", text_of(ext));
        put(row, "DiscountAmount", text_of(discount));
        *ret_total = decimal_add(*ret_total, decimal_sub(ext, discount));
        if (chance(12))
            spoil(row);
        put(rows, key, row);
    }
    return rows;
}

static json_t *
random_order_header(struct decimal lines)
{
    static const char *const statuses[] = {"Open",      "Open",        "Open",     "On Hold",
                                           "Completed", "Credit Hold", "Canceled", "Q?"};
    static const char *const ship_vias[] = {"UPSGROUND", "UPSGROUND", "UPSGROUND", "FEDEX", ""};
    static const char *const numbers[] = {"000000123", "000000124"};
    struct decimal freight = cents(2000);
    struct decimal tax = cents(5000);
    struct decimal discount = decimal_min(cents(500), lines);
    struct decimal total = decimal_sub(decimal_add(decimal_add(lines, freight), tax), discount);
    json_t *header = json_object();

    put(header, "Status", json_string(PICK(statuses)));
    put(header, "CustomerID", json_string("C000003"));
    put(header, "CustomerName", json_string("Widget Lovers"));
    put(header, "Email", json_string("jane@widget-lovers.example"));
    put(header, "Currency", json_string(chance(4) ? "EUR" : "USD"));
    put(header, "CurrencyRate", json_string(chance(4) ? "0.851234" : "1"));
    put(header, "OrderDate", json_string("2025-03-20T00:00:00"));
    put(header, "OrderTotal", text_of(total));
    put(header, "Freight", text_of(freight));
    put(header, "TaxTotal", text_of(tax));
    put(header, "DiscountTotal", text_of(discount));
    put(header, "UnpaidBalance", json_string(chance(3) ? "10" : "0"));
    put(header, "ShipVia", json_string(PICK(ship_vias)));
    put(header, "PaymentMethod", json_string("CHECK"));
    put(header, "ShipToName", json_string("Dock"));
    put(header, "ShipToAddressLine1", json_string("2 Dock Rd"));
    put(header, "ShipToCity", json_string("Austin"));
    put(header, "ShipToCountry", json_string("US"));
    if (chance(12))
        put(header, "MagentoOrderNbr", json_string(PICK(numbers)));
    spoil(header);
    return header;
}

static void
put_state(json_t *document)
{
    static const char *const states[] = {"pending", "pending", "pending",  "published",
                                         "skipped", "waiting", "retrying", "failed"};

    put(document, "state", json_string(PICK(states)));
    put(document, "reason", json_string("what was said before"));
    if (chance(10))
        put(document, "magento_entity_id", json_integer(70 + draw(4)));
    if (chance(12))
        put(document, "settled", json_string(chance(2) ? "done" : "ignored"));
}

static json_t *
random_order_document(void)
{
    struct decimal total = DECIMAL_ZERO;
    json_t *rows = random_order_rows(&total);
    json_t *document = json_object();

    put(document, "kind", json_string("order"));
    put(document, "type", json_string("SO"));
    put(document, "number", json_string("SO005555"));
    put(document, "header", random_order_header(total));
    put(document, "rows", rows);
    put_state(document);
    return document;
}

static json_t *
random_shipment(uint32_t number)
{
    char text[TEXT_BYTES];
    json_t *document = json_object();
    json_t *header = json_object();
    json_t *rows = json_object();
    uint32_t count = draw(4);

    (void)snprintf(text, sizeof(text), "%06u", number);
    put(document, "kind", json_string("shipment"));
    put(document, "number", json_string(text));
    put(header, "Confirmed", json_boolean(!chance(4)));
    put(header, "Status", json_string(chance(2) ? "Confirmed" : "Open"));
    spoil(header);
    for (uint32_t i = 0; i < count; i++) {
        json_t *row = json_object();

        (void)snprintf(text, sizeof(text), "%u|%s%u", i + 1, chance(3) ? "" : "1Z", draw(3));
        put(row, "OrderLineNbr",
            json_string(chance(9) ? "77" : (char[]){(char)('1' + draw(4)), 0}));
        put(row, "InventoryID", json_string("WIDGET-1"));
        put(row, "UOM", json_string("EA"));
        put(row, "ShippedQty", json_string((char[]){(char)('0' + draw(3)), 0}));
        put(row, "WarehouseID", json_string(chance(3) ? "EAST" : "MAIN"));
        spoil(row);
        put(rows, text, row);
    }
    put(document, "header", header);
    put(document, "rows", rows);
    put_state(document);
    return document;
}

static json_t *
random_invoice(uint32_t number)
{
    static const char *const types[] = {"Invoice", "Invoice", "Invoice", "Credit Memo",
                                        "Debit Memo"};
    const char *type = PICK(types);
    char text[TEXT_BYTES];
    json_t *document = json_object();
    json_t *header = json_object();
    json_t *rows = json_object();
    uint32_t count = draw(3);

    (void)snprintf(text, sizeof(text), "INV%06u", number);
    put(document, "kind", json_string("invoice"));
    put(document, "type", json_string(type));
    put(document, "number", json_string(text));
    put(header, "Type", json_string(type));
    put(header, "Released", json_boolean(!chance(4)));
    put(header, "Amount", json_string("45"));
    spoil(header);
    for (uint32_t i = 0; i < count; i++) {
        json_t *row = json_object();

        (void)snprintf(text, sizeof(text), "%u", i + 1);
        put(row, "OrderLineNbr", json_string((char[]){(char)('1' + draw(4)), 0}));
        put(row, "ShipmentNbr", json_string(chance(10) ? "000001" : ""));
        put(row, "InventoryID", json_string("WIDGET-1"));
        put(row, "Qty", json_string((char[]){(char)('0' + draw(3)), 0}));
        spoil(row);
        put(rows, text, row);
    }
    put(document, "header", header);
    put(document, "rows", rows);
    put_state(document);
    return document;
}

static json_t *
random_magento_order(void)
{
    static const char *const states[] = {"new",    "new",      "processing", "processing",
                                         "holded", "complete", "canceled",   ""};
    const char *magento_state = PICK(states);
    json_t *items = json_array();
    json_t *order = json_object();

    for (uint32_t i = 0, count = 1 + draw(MAX_LINES); i < count; i++) {
        char line_nbr[TEXT_BYTES];
        json_int_t ordered = 1 + draw(12);
        json_int_t shipped_before = chance(2) ? draw((uint32_t)ordered + 1) : 0;

        (void)snprintf(line_nbr, sizeof(line_nbr), "%u", i + 1);
        assert_int_equal(
            json_array_append_new(
                items,
                json_pack("{s:I, s:s, s:I, s:I, s:I, s:I, s:s, s:b, s:b}", "item_id",
                          (json_int_t)(11 + i), "sku", chance(12) ? "WIDGET-2" : "WIDGET-1",
                          "qty_ordered", ordered, "qty_shipped", shipped_before, "qty_invoiced",
                          (json_int_t)(chance(2) ? draw((uint32_t)ordered + 1) : 0), "qty_canceled",
                          (json_int_t)(chance(5) ? ordered - shipped_before : 0),
                          "ext_order_item_id", line_nbr, "is_qty_decimal", chance(3), "is_virtual",
                          chance(8))),
            0);
    }
    put(order, "entity_id", json_integer(345));
    put(order, "increment_id", json_string(chance(16) ? "000000123" : "ACU-SO-SO005555"));
    put(order, "ext_order_id", json_string(chance(2) ? "MyStore/SO/SO005555" : "other"));
    put(order, "state", json_string(magento_state));
    put(order, "status", json_string(magento_state));
    put(order, "order_currency_code", json_string("USD"));
    put(order, "grand_total", json_real(127.5));
    put(order, "items", items);
    return order;
}

static json_t *
random_magento_documents(const char *marker_start)
{
    json_t *documents = json_array();

    for (uint32_t i = 0; i < draw(3); i++) {
        char marker[TEXT_BYTES];

        (void)snprintf(marker, sizeof(marker), "%s%06u", marker_start, 1 + draw(3));
        assert_int_equal(
            json_array_append_new(
                documents,
                json_pack("{s:i, s:s, s:[{s:i, s:i}], s:[{s:s}], s:[{s:s}], s:i}", "entity_id",
                          (int)(70 + draw(4)), "increment_id", "000000077", "items",
                          "order_item_id", (int)(11 + draw(4)), "qty", (int)draw(4), "comments",
                          "comment", marker, "tracks", "track_number", "1Z1", "grand_total", 45)),
            0);
    }
    return documents;
}

static json_t *
random_observed(void)
{
    static const char *const needs[] = {"number",    "order",    "order_by_number",
                                        "shipments", "invoices", "order_by_ext_id",
                                        "products",  "regions",  "store"};
    json_t *observed = json_object();
    json_t *looked = json_array();
    bool all = !chance(3);

    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (all || chance(3))
            assert_int_equal(json_array_append_new(looked, json_string(needs[i])), 0);
    put(observed, "looked", looked);
    if (!chance(8))
        put(observed, "order", random_magento_order());
    if (chance(2))
        put(observed, "order_by_number", random_magento_order());
    if (chance(3))
        put(observed, "order_by_ext_id", random_magento_order());
    put(observed, "several_by_ext_id", json_boolean(chance(20)));
    put(observed, "shipments", random_magento_documents("Acumatica shipment "));
    put(observed, "invoices", random_magento_documents("Acumatica Invoice INV"));
    put(observed, "products",
        json_pack("[{s:i,s:s},{s:i,s:s},{s:i,s:s},{s:i,s:s,s:s}]", "id", 1, "sku", "WIDGET-1", "id",
                  2, "sku", "WIDGET-2", "id", 3, "sku", "widget-3", "id", 4, "sku", "WIDGET-4",
                  "type_id", "virtual"));
    put(observed, "countries",
        json_pack("{s:{s:{s:i,s:s}}}", "US", "TX", "id", 57, "name", "Texas"));
    put(observed, "base_currency_code", json_string("USD"));
    return observed;
}

static json_t *
random_rules(void)
{
    static const char *const publishing[] = {"on", "on", "on", "on", "observe", "paused"};
    json_t *preferences = json_object();

    put(preferences, "publishing", json_string(PICK(publishing)));
    put(preferences, "condition.match", json_string(chance(4) ? "all" : "any"));
    put(preferences, "shipment_trigger",
        json_string(chance(4) ? "invoice_release" : "confirmation"));
    put(preferences, "numbering", json_string(chance(4) ? "sequence" : "acumatica"));
    put(preferences, "orders_from", json_string(chance(9) ? "2025-04-01" : "2025-01-01"));
    return json_pack("{s:o, s:{s:{s:s,s:s}}, s:{s:s}, s:{s:s,s:s}}", "preferences", preferences,
                     "shipping", "UPSGROUND", "method", "flatrate_flatrate", "carrier", "ups",
                     "payment", "CHECK", "checkmo", "warehouse", "MAIN", "a", "EAST",
                     chance(2) ? "a" : "b");
}

static json_t *
random_input(void)
{
    json_t *order = json_object();
    json_t *documents = json_object();

    if (!chance(12))
        put(documents, "order", random_order_document());
    for (uint32_t i = 0; i < draw(4); i++)
        put(documents, (char[]){'s', (char)('0' + i), 0}, random_shipment(i + 1));
    for (uint32_t i = 0; i < draw(3); i++)
        put(documents, (char[]){'i', (char)('0' + i), 0}, random_invoice(i + 1));
    put(order, "documents", documents);
    put(order, "forced", json_boolean(chance(9)));
    put(order, "held_by_amsync", json_boolean(chance(5)));
    put(order, "number_may_differ", json_boolean(chance(7)));
    put(order, "magento_store_id", json_integer(1));
    if (!chance(4))
        put(order, "magento_increment_id", json_string("ACU-SO-SO005555"));
    if (chance(2)) {
        put(order, "magento_entity_id", json_integer(345));
        if (chance(2))
            put(order, "lines", json_pack("{s:i,s:i,s:i}", "1", 11, "2", 12, "4", 99));
        if (chance(2))
            put(order, "sent", json_pack("{s:s,s:{}}", "order_total", "1.00", "lines"));
    }
    return json_pack("{s:o, s:o, s:o}", "order", order, "rules", random_rules(), "observed",
                     random_observed());
}

static struct decimal
number(const json_t *object, const char *key)
{
    struct decimal value = DECIMAL_INVALID;

    assert_int_equal(json_object_decimal(object, key, &value), RESULT_OK);
    return value;
}

static void
assert_equal_amounts(struct decimal left, struct decimal right)
{
    assert_true(decimal_is_valid(left));
    assert_int_equal(decimal_compare(left, right), 0);
}

static struct decimal
sum_of_items(const json_t *entity, const char *key)
{
    const json_t *items = json_object_get(entity, "items");
    struct decimal sum = DECIMAL_ZERO;

    for (size_t i = 0; i < json_array_size(items); i++)
        sum = decimal_add(sum, number(json_array_get(items, i), key));
    return sum;
}

/* `prefix` is "" or "base_". */
static void
assert_adds_up(const json_t *entity, const char *prefix)
{
    static const char *const names[] = {"subtotal",        "row_total",   "tax_amount",
                                        "discount_amount", "grand_total", "shipping_amount"};
    char keys[6][TEXT_BYTES];

    for (size_t i = 0; i < 6; i++)
        (void)snprintf(keys[i], sizeof(keys[i]), "%s%s", prefix, names[i]);

    struct decimal subtotal = number(entity, keys[0]);
    struct decimal tax = number(entity, keys[2]);
    struct decimal discount = number(entity, keys[3]);
    struct decimal total = decimal_add(decimal_add(subtotal, tax), discount);

    assert_equal_amounts(sum_of_items(entity, keys[1]), subtotal);
    assert_equal_amounts(sum_of_items(entity, keys[2]), tax);
    assert_equal_amounts(sum_of_items(entity, keys[3]), decimal_negate(discount));
    assert_equal_amounts(number(entity, keys[4]), decimal_add(total, number(entity, keys[5])));
    assert_equal_amounts(subtotal, decimal_round(subtotal, 2));
}

/* Magento applies the keys in their order: the e-mail has to be known before the addresses. */
static void
assert_keys_are_in_order(json_t *entity)
{
    static const char *const order[] = {
        "store_id",        "increment_id", "customer_email",      "items",
        "billing_address", "payment",      "extension_attributes"};
    size_t found = 0;
    const char *key;
    const char *last = "";
    json_t *value;

    json_object_foreach(entity, key, value)
    {
        if (found < sizeof(order) / sizeof(order[0]) && strcmp(key, order[found]) == 0)
            found++;
        last = key;
    }
    assert_int_equal(found, sizeof(order) / sizeof(order[0]));
    assert_string_equal(last, "extension_attributes");
}

static void
assert_create_is_right(const struct plan_input *input, const struct action *action)
{
    json_t *entity = json_object_get(action->body, "entity");

    assert_keys_are_in_order(entity);
    assert_string_equal(json_object_text(entity, "increment_id"),
                        input->order.magento_increment_id);
    assert_adds_up(entity, "");
    assert_adds_up(entity, "base_");
}

/* Each item once, above zero, and no more than Magento has left. */
static void
assert_items_are_right(const struct plan_input *input, const struct plan *plan,
                       enum action_kind kind)
{
    const struct magento_order *order = input->observed.order;

    for (size_t i = 0; i < order->item_count; i++) {
        const struct magento_order_item *item = &order->items[i];
        struct decimal asked = DECIMAL_ZERO;
        struct decimal done = kind == ACTION_SHIP
                                  ? decimal_add(item->qty_shipped, item->qty_refunded)
                                  : item->qty_invoiced;

        for (size_t j = 0; j < plan->action_count; j++) {
            const json_t *items = json_object_get(plan->actions[j].body, "items");
            size_t times = 0;

            if (plan->actions[j].kind != kind)
                continue;
            assert_true(json_array_size(items) > 0);
            for (size_t k = 0; k < json_array_size(items); k++) {
                const json_t *one = json_array_get(items, k);

                if (json_integer_value(json_object_get(one, "order_item_id")) != item->item_id)
                    continue;
                assert_int_equal(decimal_sign(number(one, "qty")), 1);
                asked = decimal_add(asked, number(one, "qty"));
                times++;
            }
            assert_true(times <= 1);
        }
        assert_true(decimal_is_zero(asked) ||
                    decimal_compare(decimal_add(asked, decimal_add(done, item->qty_canceled)),
                                    item->qty_ordered) <= 0);
    }
}

static void
assert_actions_are_right(const struct plan_input *input, const struct plan *plan)
{
    static const char *const paths[] = {
        [ACTION_CREATE] = "/V1/orders",
        [ACTION_SHIP] = "/V1/order/{orderId}/ship",
        [ACTION_TRACK] = "/V1/shipment/track",
        [ACTION_INVOICE] = "/V1/order/{orderId}/invoice",
        [ACTION_COMMENT] = "/V1/orders/{id}/comments",
        [ACTION_CANCEL] = NULL,
    };
    bool new = input->order.magento_entity_id == 0;

    if (plan->needs != 0 || plan->would_publish)
        assert_int_equal(plan->action_count, 0);
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        bool first = action->kind == ACTION_CREATE || action->kind == ACTION_LINK;
        struct error err = {.text = ""};

        assert_true(action->document < input->order.document_count);
        assert_true(i == 0 || plan->actions[i - 1].kind <= action->kind);
        assert_true(first == new);
        assert_true(!first || plan->action_count == 1);
        assert_int_equal(plan->verdicts[action->document].state, STATE_PENDING);
        assert_true((paths[action->kind] != NULL) == (action->body != NULL));
        if (action->body != NULL)
            assert_int_equal(schema_check_node(schema,
                                               schema_body(schema, "POST", paths[action->kind]),
                                               action->body, &err),
                             RESULT_OK);
        if (action->kind == ACTION_CREATE)
            assert_create_is_right(input, action);
    }
    if (plan->action_count > 0 && !new) {
        assert_items_are_right(input, plan, ACTION_SHIP);
        assert_items_are_right(input, plan, ACTION_INVOICE);
    }
}

static void
assert_words_are_right(const struct plan_input *input, const struct plan *plan)
{
    static const char *const inner[] = {" lease", "claim", "reconcil", "document", "(null)"};

    assert_int_equal(plan->verdict_count, input->order.document_count);
    for (size_t i = 0; i < plan->verdict_count; i++) {
        const struct verdict *verdict = &plan->verdicts[i];
        AMSYNC_CLEANUP(cleanup_free) char *message = message_verdict(&input->order, i, verdict);

        assert_non_null(message);
        assert_true(text_is_utf8(message, strlen(message)));
        for (size_t j = 0; j < sizeof(inner) / sizeof(inner[0]); j++)
            assert_null(strstr(message, inner[j]));
        if (verdict->state == STATE_WAITING || verdict->state == STATE_SKIPPED)
            assert_string_not_equal(verdict->reason, "");
    }
}

static size_t created;
static size_t shipped;
static size_t invoiced;

static void
count(const struct plan *plan)
{
    for (size_t i = 0; i < plan->action_count; i++) {
        created += plan->actions[i].kind == ACTION_CREATE ? 1 : 0;
        shipped += plan->actions[i].kind == ACTION_SHIP ? 1 : 0;
        invoiced += plan->actions[i].kind == ACTION_INVOICE ? 1 : 0;
    }
}

static void
one_round(void)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = random_input();
    AMSYNC_CLEANUP(plan_free) struct plan *plan = NULL;
    AMSYNC_CLEANUP(plan_free) struct plan *same = NULL;
    struct plan_input input;
    struct error err = {.text = ""};

    assert_int_equal(plan_input_read(json, &input, &err), RESULT_OK);
    assert_int_equal(plan_make(&input.order, input.rules, &input.observed, &plan, &err), RESULT_OK);
    assert_int_equal(plan_make(&input.order, input.rules, &input.observed, &same, &err), RESULT_OK);
    assert_actions_are_right(&input, plan);
    assert_words_are_right(&input, plan);

    AMSYNC_CLEANUP(cleanup_json) json_t *shown = plan_show(&input, plan);
    AMSYNC_CLEANUP(cleanup_json) json_t *shown_again = plan_show(&input, same);

    assert_true(json_equal(shown, shown_again));
    count(plan);
    plan_input_free(&input);
}

static void
the_plan_keeps_its_promises(void **unused)
{
    const char *seed = getenv("AMSYNC_RANDOM_SEED");
    int64_t start = 20250321;

    (void)unused;
    if (seed != NULL)
        assert_int_equal(parse_int64(seed, 1, INT64_MAX, &start), RESULT_OK);
    for (int i = 0; i < ROUNDS; i++) {
        state = (uint64_t)(start + i) * 0x9E3779B97F4A7C15U;
        one_round();
    }
    /* Random enough to reach what matters. */
    assert_true(created > ROUNDS / 100);
    assert_true(shipped > ROUNDS / 400);
    assert_true(invoiced > ROUNDS / 400);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_keeps_its_promises),
    };
    struct error err = {.text = ""};

    if (argc != 2 || schema_load(argv[1], &schema, &err) != RESULT_OK) {
        (void)fprintf(stderr, "usage: %s SCHEMA %s\n", argv[0], err.text);
        return 2;
    }

    int failures = cmocka_run_group_tests(tests, NULL, NULL);

    schema_free(schema);
    return failures;
}
