#include "sim/order_save.h"

#include "base/cleanup.h"
#include "sim/input.h"
#include "sim/ledger.h"
#include "sim/order_state.h"
#include "sim/order_view.h"
#include "sim/read.h"
#include "sim/row.h"

#include <string.h>

#define CUSTOMER_ID_MAX 1 /* one customer exists */

struct column_length {
    const char *column;
    size_t characters;
};

static const struct column_length order_lengths[] = {{"increment_id", 50},
                                                     {"ext_order_id", 32},
                                                     {"ext_customer_id", 32},
                                                     {"state", 32},
                                                     {"status", 32},
                                                     {"customer_email", 128},
                                                     {"customer_firstname", 128},
                                                     {"customer_lastname", 128},
                                                     {"shipping_description", 255},
                                                     {"base_currency_code", 3},
                                                     {"global_currency_code", 3},
                                                     {"order_currency_code", 3},
                                                     {"store_currency_code", 3},
                                                     {"discount_description", 255}};
static const struct column_length item_lengths[] = {{"sku", 255},
                                                    {"name", 255},
                                                    {"ext_order_item_id", 255},
                                                    {"product_type", 255},
                                                    {"description", 65535}};
static const struct column_length address_lengths[] = {
    {"firstname", 255}, {"lastname", 255}, {"company", 255},   {"city", 255},    {"postcode", 255},
    {"region", 255},    {"email", 255},    {"telephone", 255}, {"country_id", 2}};
static const struct column_length payment_lengths[] = {{"method", 128}, {"po_number", 32}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A table's row of what was sent: scalars that are not null, cut to their columns. */
static json_t *
row_of(const json_t *sent, const struct column_length *lengths, size_t count)
{
    json_t *row = json_object();
    const char *column;
    json_t *value;
    json_object_foreach(row_readable(sent), column, value)
    {
        if (json_is_real(value))
            json_object_set_new(row, column, fixed4_json(fixed4_of(value)));
        else if (!json_is_object(value) && !json_is_array(value) && !json_is_null(value))
            json_object_set(row, column, value);
    }
    row_narrow_texts(row);
    for (size_t i = 0; i < count; i++)
        row_cut(row, lengths[i].column, lengths[i].characters);
    return row;
}

static json_t *
sent_assignment(const json_t *entity)
{
    return json_array_get(
        json_object_get(json_object_get(entity, "extension_attributes"), "shipping_assignments"),
        0);
}

static json_t *
sent_shipping_address(const json_t *entity)
{
    return json_object_get(json_object_get(sent_assignment(entity), "shipping"), "address");
}

/* False: the answer says which field of the address is missing or wrong. */
static bool
check_address(json_t *address, const char *type, const json_t *entity, struct answer *answer)
{
    static const struct {
        const char *field;
        const char *label;
    } required[] = {{"postcode", "Zip code"},     {"lastname", "Last name"},
                    {"street", "Street"},         {"city", "City"},
                    {"country_id", "Country"},    {"firstname", "First Name"},
                    {"telephone", "Phone Number"}};
    if (!address)
        return true;
    if (row_has(entity, "customer_email"))
        json_object_set(address, "email", json_object_get(entity, "customer_email"));
    if (!json_object_get(address, "address_type"))
        row_set_text(address, "address_type", type);
    char problems[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < COUNT(required); i++) {
        if (json_object_get(address, required[i].field))
            continue;
        int written = snprintf(problems + used, sizeof(problems) - used,
                               "%s\"%s\" is required. Enter and try again.", used ? "\n" : "",
                               required[i].label);
        if (written > 0 && (size_t)written < sizeof(problems) - used)
            used += (size_t)written;
    }
    const char *email = row_text(address, "email");
    if (used == 0 && *email && !strchr(email, '@'))
        (void)snprintf(problems, sizeof(problems), "Email has a wrong format");
    if (!*problems)
        return true;
    answer_error(answer, 400, "We can't save the address:\n%1", json_pack("[s]", problems));
    return false;
}

static bool
check_payment(const json_t *entity, struct answer *answer)
{
    const json_t *payment = json_object_get(entity, "payment");
    if (!json_is_object(payment)) {
        answer_error(answer, 400, "Please provide payment for the order.", NULL);
        return false;
    }
    if (!*row_text(payment, "method")) {
        answer_error(answer, 400, "The payment method you requested is not available.", NULL);
        return false;
    }
    return true;
}

/* An order without customer_email has that of its addresses, and gives it to all of them. */
static void
settle_email(json_t *entity)
{
    if (row_has(entity, "customer_email"))
        return;
    json_t *email = json_object_get(json_object_get(entity, "billing_address"), "email");
    if (!email)
        email = json_object_get(sent_shipping_address(entity), "email");
    if (email)
        json_object_set(entity, "customer_email", email);
}

/* Everything that Magento refuses before it writes. False: answered. */
static bool
check_entity(const struct call *call, json_t *entity)
{
    struct answer *answer = call->answer;
    if (row_has(entity, "store_id") &&
        !catalogue_has_store(call->shop->catalogue, row_integer(entity, "store_id"))) {
        answer_error(answer, 404,
                     "The store that was requested wasn't found. Verify the store and try again.",
                     NULL);
        return false;
    }
    json_t *assignment = sent_assignment(entity);
    if (assignment && !json_is_object(json_object_get(assignment, "shipping"))) {
        answer_application_error(answer);
        return false;
    }
    if (!check_payment(entity, answer))
        return false;
    if (row_integer(entity, "customer_id") > CUSTOMER_ID_MAX) {
        answer_internal_error(answer);
        return false;
    }
    settle_email(entity);
    return check_address(json_object_get(entity, "billing_address"), "billing", entity, answer) &&
           check_address(sent_shipping_address(entity), "shipping", entity, answer);
}

static json_t *
address_row(struct shop *shop, const struct order *order, const json_t *sent)
{
    if (!json_is_object(sent))
        return NULL;
    json_t *row = row_of(sent, address_lengths, COUNT(address_lengths));
    json_t *street = json_object_get(sent, "street");
    if (street)
        json_object_set_new(row, "street", json_copy(street));
    row_set_integer(row, "entity_id", ++shop->last_address);
    row_set_integer(row, "parent_id", order->id);
    return row;
}

static void
add_items(struct shop *shop, struct order *order, const json_t *sent, const char *now)
{
    size_t i;
    json_t *item;
    json_array_foreach(sent, i, item)
    {
        json_t *row = row_of(item, item_lengths, COUNT(item_lengths));
        row_set_integer(row, "item_id", ++shop->last_item);
        row_set_integer(row, "order_id", order->id);
        row_set_text(row, "created_at", now);
        row_set_text(row, "updated_at", now);
        if (!row_has(row, "original_price") && row_has(row, "price"))
            json_object_set(row, "original_price", json_object_get(row, "price"));
        json_array_append_new(order->items, row);
    }
}

static void
add_histories(struct shop *shop, struct order *order, const json_t *sent, const char *now)
{
    size_t i;
    json_t *history;
    json_array_foreach(sent, i, history)
    {
        json_t *row = row_of(history, NULL, 0);
        row_set_integer(row, "entity_id", ++shop->last_history);
        row_set_integer(row, "parent_id", order->id);
        if (!row_has(row, "created_at"))
            row_set_text(row, "created_at", now);
        json_array_append_new(order->histories, row);
    }
}

static void
set_payment(struct shop *shop, struct order *order, const json_t *sent)
{
    json_t *row = row_of(sent, payment_lengths, COUNT(payment_lengths));
    json_t *information = json_object_get(sent, "additional_information");
    if (information)
        json_object_set(row, "additional_information", information);
    else if (strcmp(row_text(row, "method"), "banktransfer") == 0)
        json_object_set_new(row, "additional_information", json_pack("[n]"));
    row_set_integer(row, "entity_id", ++shop->last_payment);
    row_set_integer(row, "parent_id", order->id);
    json_decref(order->payment);
    order->payment = row;
}

static void
set_made_columns(struct shop *shop, struct order *order, const char *now)
{
    json_t *row = order->row;
    int64_t store_id = row_has(row, "store_id") ? row_integer(row, "store_id") : 1;
    if (!row_has(row, "increment_id"))
        json_object_set_new(row, "increment_id", shop_next_increment_id(shop, store_id));
    row_set_integer(row, "entity_id", order->id);
    row_set_text(row, "created_at", row_has(row, "created_at") ? row_text(row, "created_at") : now);
    row_set_text(row, "updated_at", now);
    json_object_set_new(row, "protect_code",
                        json_sprintf("%032llx", (unsigned long long)order->id * 2654435761ULL));
    row_set_text(row, "store_name", "Main Website\nMain Website Store\nDefault Store View");
    if (order->billing)
        json_object_set(row, "billing_address_id", json_object_get(order->billing, "entity_id"));
    row_set_integer(row, "total_item_count", (int64_t)json_array_size(order->items));
}

static struct order *
new_order(struct shop *shop, int64_t id, const json_t *entity)
{
    struct order *order = calloc(1, sizeof(*order));
    if (!order)
        return NULL;
    char now[20];
    row_now(now);
    order->id = id;
    order->row = row_of(entity, order_lengths, COUNT(order_lengths));
    order->items = json_array();
    order->histories = json_array();
    order->shipments = json_array();
    order->invoices = json_array();
    order->steps = json_array();
    order->billing = address_row(shop, order, json_object_get(entity, "billing_address"));
    order->shipping = address_row(shop, order, sent_shipping_address(entity));
    order->shipping_method = json_incref(
        json_object_get(json_object_get(sent_assignment(entity), "shipping"), "method"));
    add_items(shop, order, json_object_get(entity, "items"), now);
    add_histories(shop, order, json_object_get(entity, "status_histories"), now);
    set_payment(shop, order, json_object_get(entity, "payment"));
    set_made_columns(shop, order, now);
    return order;
}

static void
create(const struct call *call, json_t *entity)
{
    struct shop *shop = call->shop;
    if (!check_entity(call, entity))
        return;
    int64_t id = shop_take_order_id(shop);
    if (row_has(entity, "increment_id") && row_has(entity, "store_id")) {
        json_auto_t *number =
            json_pack("{s:O}", "increment_id", json_object_get(entity, "increment_id"));
        row_cut(number, "increment_id", 50);
        if (!shop_is_unique(shop, row_text(number, "increment_id"),
                            row_integer(entity, "store_id"))) {
            answer_error(call->answer, 400, "Unique constraint violation found", NULL);
            return;
        }
    }
    struct order *order = new_order(shop, id, entity);
    if (!order) {
        answer_internal_error(call->answer);
        return;
    }
    shop_add_order(shop, order);
    order_state_check(order, false);
    json_t *view = order_view_created(order, entity);
    ledger_add(shop, order, "create", NULL);
    read_show(call, view);
    call->answer->created_id = id;
}

/* Writes the columns that were sent and adds what else came along, as an UPDATE does. */
static void
update(const struct call *call, struct order *order, json_t *entity)
{
    struct shop *shop = call->shop;
    char now[20];
    row_now(now);
    json_auto_t *columns = row_of(entity, order_lengths, COUNT(order_lengths));
    shop_unindex_order(shop, order);
    json_object_update(order->row, columns);
    row_set_text(order->row, "updated_at", now);
    add_items(shop, order, json_object_get(entity, "items"), now);
    add_histories(shop, order, json_object_get(entity, "status_histories"), now);
    if (json_is_object(json_object_get(entity, "payment")))
        set_payment(shop, order, json_object_get(entity, "payment"));
    shop_index_order(shop, order);
    order_view_forget(order);
    ledger_add(shop, order, "update", NULL);
    read_show(call, order_view_updated(order, entity));
    call->answer->created_id = order->id;
}

void
order_save(struct call *call)
{
    json_t *sent = json_object_get(call->body, "entity");
    if (!sent || json_is_null(sent)) {
        answer_field_required(call->answer, "entity");
        return;
    }
    json_auto_t *entity = json_is_object(sent) ? json_incref(sent) : json_object();
    struct order *order = shop_order(call->shop, row_integer(entity, "entity_id"));
    if (order)
        update(call, order, entity);
    else
        create(call, entity);
}
