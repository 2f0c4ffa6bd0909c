#include "sim/shipment.h"

#include "sim/ledger.h"
#include "sim/order_state.h"
#include "sim/order_view.h"
#include "sim/row.h"

#include <stdio.h>
#include <string.h>

#define SAVE_FAILED "Could not save a shipment, see error log for details"

/* What is shipped of one order: the quantity of each of its items, in the order's sequence. */
struct wanted {
    json_t *quantities; /* owned: a list of numbers */
    fixed4 total;
};

/* Of an item named twice the last line counts. */
static fixed4
asked_quantity(const json_t *lines, int64_t item_id)
{
    for (size_t i = json_array_size(lines); i > 0; i--) {
        const json_t *line = json_array_get(lines, i - 1);
        if (row_integer(line, "order_item_id") == item_id)
            return row_amount(line, "qty");
    }
    return 0;
}

static struct wanted
wanted_of(const struct order *order, const json_t *lines)
{
    struct wanted wanted = {.quantities = json_array()};
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        fixed4 left = item_left_to_ship(item);
        fixed4 quantity = left;
        if (json_array_size(lines) > 0)
            quantity = asked_quantity(lines, row_integer(item, "item_id"));
        if (row_integer(item, "is_qty_decimal") == 0)
            quantity -= quantity % FIXED4_ONE;
        if (quantity > left)
            quantity = left;
        if (quantity < 0 || order_is_virtual(order))
            quantity = 0;
        wanted.total += quantity;
        json_array_append_new(wanted.quantities, json_integer(quantity));
    }
    return wanted;
}

static fixed4
wanted_quantity(const struct wanted *wanted, size_t index)
{
    return json_integer_value(json_array_get(wanted->quantities, index));
}

/* False: answered with everything that is wrong at once, as Magento does. */
static bool
validate(const struct order *order, const struct wanted *wanted, struct answer *answer)
{
    char message[512] = "Shipment Document Validation Error(s):";
    size_t used = strlen(message);
    size_t start = used;
    const char *state = row_text(order->row, "state");
    if (strcmp(state, "holded") == 0 || strcmp(state, "canceled") == 0 || order_is_virtual(order)) {
        (void)snprintf(message + used, sizeof(message) - used,
                       "\nA shipment cannot be created when an order has a status of %s",
                       row_text(order->row, "status"));
    } else if (!order_can_ship(order)) {
        (void)snprintf(message + used, sizeof(message) - used,
                       "\nThe order does not allow a shipment to be created.");
    }
    used = strlen(message);
    if (wanted->total == 0)
        (void)snprintf(message + used, sizeof(message) - used,
                       "\nYou can't create a shipment without products.");
    if (strlen(message) == start)
        return true;
    answer_error(answer, 400, message, NULL);
    return false;
}

static bool
tracks_complete(const json_t *tracks)
{
    size_t i;
    json_t *track;
    json_array_foreach(tracks, i, track)
    {
        if (!*row_text(track, "track_number") || !json_object_get(track, "carrier_code") ||
            !json_object_get(track, "title"))
            return false;
    }
    return true;
}

static const char *
source_of(const json_t *body)
{
    const json_t *arguments = json_object_get(body, "arguments");
    const char *source =
        row_text(json_object_get(arguments, "extension_attributes"), "source_code");
    return *source ? source : "default";
}

/* Takes every item from the stock, or, when one of them is short, none. */
static bool
take_stock(struct shop *shop, const struct order *order, const struct wanted *wanted)
{
    size_t taken = 0;
    size_t count = json_array_size(order->items);
    while (taken < count) {
        const json_t *item = json_array_get(order->items, taken);
        if (!catalogue_take_stock(shop->catalogue, row_text(item, "sku"),
                                  wanted_quantity(wanted, taken)))
            break;
        taken++;
    }
    if (taken == count)
        return true;
    while (taken > 0) {
        const json_t *item = json_array_get(order->items, --taken);
        (void)catalogue_take_stock(shop->catalogue, row_text(item, "sku"),
                                   -wanted_quantity(wanted, taken));
    }
    return false;
}

static json_t *
shipped_item(struct shop *shop, const json_t *item, int64_t shipment_id, fixed4 quantity)
{
    static const char *const copied[] = {"name", "price", "product_id", "sku"};
    json_t *shipped = json_object();
    row_set_integer(shipped, "entity_id", ++shop->last_shipment_item);
    row_set_integer(shipped, "parent_id", shipment_id);
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        if (json_object_get(item, copied[i]))
            json_object_set(shipped, copied[i], json_object_get(item, copied[i]));
    }
    row_set_amount(shipped, "weight", row_amount(item, "weight"));
    json_object_set(shipped, "order_item_id", json_object_get(item, "item_id"));
    row_set_amount(shipped, "qty", quantity);
    return shipped;
}

static json_t *
track_row(struct shop *shop, const json_t *sent, int64_t order_id, int64_t shipment_id)
{
    static const char *const nullable[] = {"weight", "qty", "description"};
    static const char *const sent_texts[] = {"track_number", "title", "carrier_code"};
    char now[20];
    row_now(now);
    json_t *track = json_object();
    row_set_integer(track, "order_id", order_id);
    row_set_text(track, "created_at", now);
    row_set_integer(track, "entity_id", ++shop->last_track);
    row_set_integer(track, "parent_id", shipment_id);
    row_set_text(track, "updated_at", now);
    for (size_t i = 0; i < sizeof(nullable) / sizeof(nullable[0]); i++) {
        json_t *value = json_object_get(sent, nullable[i]);
        json_object_set_new(track, nullable[i], value ? json_incref(value) : json_null());
    }
    for (size_t i = 0; i < sizeof(sent_texts) / sizeof(sent_texts[0]); i++) {
        json_t *value = json_object_get(sent, sent_texts[i]);
        json_object_set_new(track, sent_texts[i], value ? json_incref(value) : json_null());
    }
    row_narrow_texts(track);
    row_cut(track, "title", 255);
    row_cut(track, "carrier_code", 32);
    return track;
}

static json_t *
comments_of(struct shop *shop, const json_t *sent, int64_t shipment_id)
{
    json_t *comments = json_array();
    if (!json_is_object(sent) || !*row_text(sent, "comment"))
        return comments;
    char now[20];
    row_now(now);
    json_t *comment = json_object();
    row_set_text(comment, "comment", row_text(sent, "comment"));
    row_set_text(comment, "created_at", now);
    row_set_integer(comment, "entity_id", ++shop->last_shipment_comment);
    row_set_integer(comment, "is_customer_notified", 0);
    row_set_integer(comment, "is_visible_on_front", row_integer(sent, "is_visible_on_front"));
    row_set_integer(comment, "parent_id", shipment_id);
    row_narrow_texts(comment);
    json_array_append_new(comments, comment);
    return comments;
}

static json_t *
document_of(struct shop *shop, const struct order *order, const struct wanted *wanted,
            const json_t *body, int64_t id)
{
    char now[20];
    row_now(now);
    json_t *items = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        fixed4 quantity = wanted_quantity(wanted, i);
        if (quantity > 0)
            json_array_append_new(items, shipped_item(shop, item, id, quantity));
    }
    json_t *tracks = json_array();
    json_t *track;
    json_array_foreach(json_object_get(body, "tracks"), i, track)
        json_array_append_new(tracks, track_row(shop, track, order->id, id));
    json_t *document = json_object();
    if (order->billing)
        json_object_set(document, "billing_address_id",
                        json_object_get(order->billing, "entity_id"));
    row_set_text(document, "created_at", now);
    row_set_integer(document, "entity_id", id);
    json_object_set_new(document, "increment_id",
                        json_sprintf("%09lld", (long long)++shop->shipment_sequence));
    row_set_integer(document, "order_id", order->id);
    json_object_set_new(document, "packages", json_array());
    if (order->shipping)
        json_object_set(document, "shipping_address_id",
                        json_object_get(order->shipping, "entity_id"));
    if (row_has(order->row, "store_id"))
        json_object_set(document, "store_id", json_object_get(order->row, "store_id"));
    row_set_amount(document, "total_qty", wanted->total);
    row_set_text(document, "updated_at", now);
    json_object_set_new(document, "items", items);
    json_object_set_new(document, "tracks", tracks);
    json_object_set_new(document, "comments",
                        comments_of(shop, json_object_get(body, "comment"), id));
    json_object_set_new(document, "extension_attributes",
                        json_pack("{s:s}", "source_code", source_of(body)));
    return document;
}

static void
count_shipped(struct order *order, const struct wanted *wanted)
{
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        fixed4 quantity = wanted_quantity(wanted, i);
        if (quantity > 0)
            row_add_amount(item, "qty_shipped", quantity);
    }
}

static void
ship(struct shop *shop, struct order *order, const json_t *body, const char *what,
     struct answer *answer)
{
    struct wanted wanted = wanted_of(order, json_object_get(body, "items"));
    json_auto_t *quantities = wanted.quantities;
    if (!quantities || !validate(order, &wanted, answer))
        return;
    int64_t id = shop_take_shipment_id(shop);
    if (!tracks_complete(json_object_get(body, "tracks")) ||
        !catalogue_has_source(shop->catalogue, source_of(body)) ||
        !take_stock(shop, order, &wanted)) {
        answer_error(answer, 400, SAVE_FAILED, NULL);
        return;
    }
    json_t *document = document_of(shop, order, &wanted, body, id);
    shop_add_shipment(shop, id, order, document);
    count_shipped(order, &wanted);
    order_state_check(order, true);
    json_t *details = json_pack("{s:I}", "shipment_id", (json_int_t)id);
    json_object_set_new(details, "items", json_deep_copy(json_object_get(document, "items")));
    json_object_set_new(details, "tracks", json_deep_copy(json_object_get(document, "tracks")));
    if (row_has(json_object_get(body, "comment"), "comment"))
        json_object_set(details, "comment",
                        json_object_get(json_object_get(body, "comment"), "comment"));
    if (strcmp(what, "by-hand") == 0)
        row_set_text(details, "action", "ship");
    ledger_add(shop, order, what, details);
    answer_json(answer, 200, json_sprintf("%lld", (long long)id));
    answer->created_id = id;
}

void
shipment_create(struct call *call)
{
    struct order *order = order_of_call(call);
    if (order)
        ship(call->shop, order, call->body, "ship", call->answer);
}

void
shipment_by_hand(struct shop *shop, struct order *order, json_t *body, struct answer *answer)
{
    ship(shop, order, body, "by-hand", answer);
}

void
shipment_add_track(struct call *call)
{
    json_t *sent = json_object_get(call->body, "entity");
    if (!json_is_object(sent)) {
        answer_field_required(call->answer, "entity");
        return;
    }
    const struct document_entry *shipment =
        shop_shipment(call->shop, row_integer(sent, "parent_id"));
    if (!shipment || shipment->order->id != row_integer(sent, "order_id") ||
        !*row_text(sent, "track_number")) {
        answer_error(call->answer, 400, "Could not save the shipment tracking.", NULL);
        return;
    }
    int64_t shipment_id = row_integer(shipment->document, "entity_id");
    json_t *track = track_row(call->shop, sent, shipment->order->id, shipment_id);
    json_t *stored = json_copy(track);
    if (!*row_text(stored, "description"))
        json_object_set_new(stored, "description", json_null());
    json_array_append_new(json_object_get(shipment->document, "tracks"), stored);
    ledger_add(call->shop, shipment->order, "track",
               json_pack("{s:I,s:[O]}", "shipment_id", (json_int_t)shipment_id, "tracks", track));
    json_int_t track_id = row_integer(track, "entity_id");
    answer_json(call->answer, 200, track);
    call->answer->created_id = track_id;
}
