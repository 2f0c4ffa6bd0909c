#include "sim/order_view.h"

#include "sim/row.h"

#include <string.h>

/* Columns of sales_order_item that are 0 unless set. */
static const char *const item_zeros[] = {"amount_refunded",
                                         "base_amount_refunded",
                                         "base_cost",
                                         "base_discount_amount",
                                         "base_discount_invoiced",
                                         "base_price",
                                         "base_row_invoiced",
                                         "base_row_total",
                                         "base_tax_amount",
                                         "base_tax_invoiced",
                                         "discount_amount",
                                         "discount_invoiced",
                                         "discount_percent",
                                         "free_shipping",
                                         "no_discount",
                                         "price",
                                         "qty_backordered",
                                         "qty_canceled",
                                         "qty_invoiced",
                                         "qty_ordered",
                                         "qty_refunded",
                                         "qty_shipped",
                                         "row_invoiced",
                                         "row_total",
                                         "row_weight",
                                         "tax_amount",
                                         "tax_invoiced",
                                         "tax_percent",
                                         "weight"};

/* Columns of sales_order that a shipping assignment repeats as its total. */
static const char *const shipping_totals[] = {"base_shipping_amount",
                                              "base_shipping_canceled",
                                              "base_shipping_discount_amount",
                                              "base_shipping_discount_tax_compensation_amnt",
                                              "base_shipping_incl_tax",
                                              "base_shipping_invoiced",
                                              "base_shipping_refunded",
                                              "base_shipping_tax_amount",
                                              "base_shipping_tax_refunded",
                                              "shipping_amount",
                                              "shipping_canceled",
                                              "shipping_discount_amount",
                                              "shipping_discount_tax_compensation_amount",
                                              "shipping_incl_tax",
                                              "shipping_invoiced",
                                              "shipping_refunded",
                                              "shipping_tax_amount",
                                              "shipping_tax_refunded"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void
order_view_item_totals(json_t *item)
{
    fixed4 total = row_amount(item, "row_total");
    fixed4 base_total = row_amount(item, "base_row_total");
    fixed4 discount = row_amount(item, "discount_amount");
    fixed4 base_discount = row_amount(item, "base_discount_amount");
    row_set_amount(item, "row_total", total - discount);
    row_set_amount(item, "base_row_total", base_total - base_discount);
    row_set_amount(item, "row_total_incl_tax", total + row_amount(item, "tax_amount") - discount);
    row_set_amount(item, "base_row_total_incl_tax",
                   base_total + row_amount(item, "base_tax_amount") - base_discount);
}

static json_t *
stored_item(const json_t *row)
{
    json_t *item = json_copy(row_readable(row));
    for (size_t i = 0; i < COUNT(item_zeros); i++) {
        if (!json_object_get(item, item_zeros[i]))
            row_set_integer(item, item_zeros[i], 0);
    }
    if (!json_object_get(item, "sku"))
        json_object_set_new(item, "sku", json_null());
    order_view_item_totals(item);
    json_object_set_new(item, "extension_attributes", json_pack("{s:[]}", "itemized_taxes"));
    return item;
}

static json_t *
stored_items(const struct order *order)
{
    json_t *items = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(order->items, i, row) json_array_append_new(items, stored_item(row));
    return items;
}

static fixed4
due(const json_t *row, const char *total, const char *paid)
{
    fixed4 left = row_amount(row, total) - row_amount(row, paid);
    return left > 0 ? left : 0;
}

/* The columns that are shown though NULL, and those that are computed. */
static void
complete_row(json_t *row)
{
    static const char *const always[] = {"base_grand_total", "grand_total", "customer_email"};
    for (size_t i = 0; i < COUNT(always); i++) {
        if (!json_object_get(row, always[i]))
            json_object_set_new(row, always[i], json_null());
    }
    row_set_amount(row, "total_due", due(row, "grand_total", "total_paid"));
    row_set_amount(row, "base_total_due", due(row, "base_grand_total", "base_total_paid"));
}

/* Newest first, as a read order has them: Magento\Sales\Model\Order::getStatusHistoryCollection. */
static json_t *
stored_histories(const struct order *order)
{
    json_t *histories = json_array();
    for (size_t i = json_array_size(order->histories); i > 0; i--)
        json_array_append(histories, json_array_get(order->histories, i - 1));
    return histories;
}

static json_t *
view_payment(const json_t *row)
{
    json_t *payment = json_copy(row_readable(row));
    static const char *const always[] = {"account_status", "cc_last4"};
    for (size_t i = 0; i < COUNT(always); i++) {
        if (!json_object_get(payment, always[i]))
            json_object_set_new(payment, always[i], json_null());
    }
    if (!json_object_get(payment, "additional_information"))
        json_object_set_new(payment, "additional_information", json_array());
    return payment;
}

/* {"shipping": {"address", "method"}}, to which a read adds the totals. */
static json_t *
view_shipping(const struct order *order, const json_t *address)
{
    json_t *shipping = json_object();
    if (address)
        json_object_set(shipping, "address", row_readable(address));
    if (order->shipping_method)
        json_object_set(shipping, "method", order->shipping_method);
    return shipping;
}

static json_t *
stored_extension(const struct order *order, json_t *items)
{
    json_t *shipping = view_shipping(order, order->shipping);
    json_t *total = json_object();
    for (size_t i = 0; i < COUNT(shipping_totals); i++) {
        json_t *value = json_object_get(order->row, shipping_totals[i]);
        if (value)
            json_object_set(total, shipping_totals[i], value);
    }
    json_object_set_new(shipping, "total", total);
    return json_pack("{s:[{s:o,s:O}],s:[],s:[],s:[],s:b,s:[],s:[]}", "shipping_assignments",
                     "shipping", shipping, "items", items, "payment_additional_info",
                     "applied_taxes", "item_applied_taxes", "converting_from_quote", 0, "taxes",
                     "additional_itemized_taxes");
}

json_t *
order_view(struct order *order)
{
    if (order->document)
        return order->document;
    json_t *document = json_copy(order->row);
    complete_row(document);
    json_t *items = stored_items(order);
    json_object_set_new(document, "items", items);
    if (order->billing)
        json_object_set(document, "billing_address", order->billing);
    if (order->payment)
        json_object_set_new(document, "payment", view_payment(order->payment));
    json_object_set_new(document, "status_histories", stored_histories(order));
    json_object_set_new(document, "extension_attributes", stored_extension(order, items));
    order->document = document;
    return document;
}

json_t *
order_view_kept(struct shop *shop, struct order *order)
{
    if (order->document)
        return order->document;
    int64_t *slot = &shop->viewed[shop->view_count++ % SHOP_VIEWS];
    struct order *oldest = shop_order(shop, *slot);
    if (oldest)
        order_view_forget(oldest);
    *slot = order->id;
    return order_view(order);
}

void
order_view_forget(struct order *order)
{
    json_decref(order->document);
    order->document = NULL;
}

/* The row with the columns of `sent` as they were sent. */
static json_t *
echo(const json_t *row, const json_t *sent)
{
    json_t *view = json_copy(row_readable(row));
    const char *column;
    json_t *value;
    json_object_foreach(row_readable(sent), column, value)
    {
        if (json_is_string(value) && json_is_string(json_object_get(view, column)))
            json_object_set(view, column, value);
    }
    return view;
}

static json_t *
created_items(const struct order *order, const json_t *sent)
{
    json_t *items = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(order->items, i, row)
    {
        json_t *item = echo(row, json_array_get(json_object_get(sent, "items"), i));
        order_view_item_totals(item);
        if (!json_object_get(item, "sku"))
            json_object_set_new(item, "sku", json_null());
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *
created_histories(const struct order *order)
{
    json_t *histories = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(order->histories, i, row)
    {
        json_t *history = json_copy(row);
        json_object_del(history, "created_at");
        json_array_append_new(histories, history);
    }
    return histories;
}

json_t *
order_view_created(const struct order *order, const json_t *sent)
{
    json_t *view = echo(order->row, sent);
    complete_row(view);
    json_object_set_new(view, "items", created_items(order, sent));
    if (order->billing)
        json_object_set_new(view, "billing_address",
                            echo(order->billing, json_object_get(sent, "billing_address")));
    if (order->payment)
        json_object_set_new(view, "payment", view_payment(order->payment));
    json_object_set_new(view, "status_histories", created_histories(order));
    json_t *assignments =
        json_object_get(json_object_get(sent, "extension_attributes"), "shipping_assignments");
    if (json_array_size(assignments) > 0) {
        json_t *address =
            json_object_get(json_object_get(json_array_get(assignments, 0), "shipping"), "address");
        json_auto_t *shown = order->shipping ? echo(order->shipping, address) : NULL;
        json_object_set_new(view, "extension_attributes",
                            json_pack("{s:[{s:o,s:n}]}", "shipping_assignments", "shipping",
                                      view_shipping(order, shown), "items"));
    }
    return view;
}

json_t *
order_view_updated(struct order *order, const json_t *sent)
{
    static const char *const kept[] = {"billing_address_id", "created_at", "entity_id",
                                       "updated_at"};
    json_t *view = json_object();
    const char *column;
    json_t *value;
    json_object_foreach(row_readable(sent), column, value)
    {
        if (!json_is_object(value) && !json_is_array(value) && !json_is_null(value))
            json_object_set(view, column, value);
    }
    for (size_t i = 0; i < COUNT(kept); i++) {
        if (json_object_get(order->row, kept[i]))
            json_object_set(view, kept[i], json_object_get(order->row, kept[i]));
    }
    complete_row(view);
    json_t *items = stored_items(order);
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) json_object_del(item, "extension_attributes");
    json_object_set_new(view, "items", items);
    if (order->billing)
        json_object_set(view, "billing_address", order->billing);
    if (order->payment)
        json_object_set_new(view, "payment", view_payment(order->payment));
    json_object_set(view, "status_histories", order->histories);
    return view;
}
