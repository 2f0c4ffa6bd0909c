#include "sim/invoice.h"

#include "sim/ledger.h"
#include "sim/order_state.h"
#include "sim/row.h"

#include <stdio.h>
#include <string.h>

#define COLUMN_BYTES 64
#define STATE_PAID 2

/* An invoice while it is made up: one entry an item of the order, 0 where nothing is invoiced. */
struct draft {
    json_t *quantities; /* owned: a list of numbers */
    fixed4 total;
    bool last; /* nothing is left to invoice after it */
};

/* Amounts in one of the two currencies; their columns begin with "" or "base_". */
struct totals {
    const char *prefix;
    fixed4 subtotal;
    fixed4 tax;
    fixed4 discount;
    fixed4 shipping;
    fixed4 shipping_tax;
};

static const char *
column(char buffer[static COLUMN_BYTES], const char *prefix, const char *name)
{
    (void)snprintf(buffer, COLUMN_BYTES, "%s%s", prefix, name);
    return buffer;
}

static fixed4
amount(const json_t *row, const char *prefix, const char *name)
{
    char buffer[COLUMN_BYTES];
    return row_amount(row, column(buffer, prefix, name));
}

static void
set_amount(json_t *row, const char *prefix, const char *name, fixed4 value)
{
    char buffer[COLUMN_BYTES];
    row_set_amount(row, column(buffer, prefix, name), value);
}

static void
add_amount(json_t *row, const char *prefix, const char *name, fixed4 value)
{
    set_amount(row, prefix, name, amount(row, prefix, name) + value);
}

/* The last line of an item counts; 0 if there is none. */
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

/* False: more is asked of an item than is left; answered. */
static bool
draft_of(const struct order *order, const json_t *lines, struct draft *ret_draft,
         struct answer *answer)
{
    struct draft draft = {.quantities = json_array(), .last = true};
    *ret_draft = draft;
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        fixed4 left = item_left_to_invoice(item);
        fixed4 quantity = left;
        if (json_array_size(lines) > 0)
            quantity = asked_quantity(lines, row_integer(item, "item_id"));
        if (row_integer(item, "is_qty_decimal") == 0)
            quantity -= quantity % FIXED4_ONE;
        if (quantity < 0)
            quantity = 0;
        if (quantity > left) {
            answer_error(answer, 400, "We found an invalid quantity to invoice item \"%1\".",
                         json_pack("[s]", row_text(item, "name")));
            return false;
        }
        if (quantity < left)
            ret_draft->last = false;
        ret_draft->total += quantity;
        json_array_append_new(draft.quantities, json_integer(quantity));
    }
    return true;
}

static fixed4
draft_quantity(const struct draft *draft, size_t index)
{
    return json_integer_value(json_array_get(draft->quantities, index));
}

/* False: answered with everything that is wrong at once, as Magento does. */
static bool
validate(const struct order *order, const struct draft *draft, struct answer *answer)
{
    const char *state = row_text(order->row, "state");
    bool ended = strcmp(state, "holded") == 0 || strcmp(state, "canceled") == 0 ||
                 strcmp(state, "complete") == 0 || strcmp(state, "closed") == 0;
    const char *products = draft->total > 0 ? ""
                                            : "\nThe invoice can't be created without products. "
                                              "Add products and try again.";
    char refusal[128] = "";
    if (ended)
        (void)snprintf(refusal, sizeof(refusal),
                       "\nAn invoice cannot be created when an order has a status of %s",
                       row_text(order->row, "status"));
    else if (!order_can_invoice(order))
        (void)snprintf(refusal, sizeof(refusal),
                       "\nThe order does not allow an invoice to be created.");
    if (!*products && !*refusal)
        return true;
    char message[512];
    (void)snprintf(message, sizeof(message), "Invoice Document Validation Error(s):%s%s", products,
                   refusal);
    answer_error(answer, 400, message, NULL);
    return false;
}

/* The share of what is left of an item's amount that this quantity takes. */
static fixed4
item_share(const json_t *item, const char *prefix, const char *total, const char *invoiced,
           fixed4 quantity)
{
    fixed4 left = amount(item, prefix, total) - amount(item, prefix, invoiced);
    fixed4 left_quantity = item_left_to_invoice(item);
    return quantity == left_quantity ? left : fixed4_share(left, quantity, left_quantity);
}

/* Writes one currency's amounts of an invoiced item and takes them off the order's item. */
static void
invoice_item_amounts(json_t *line, json_t *item, struct totals *totals, fixed4 quantity)
{
    const char *prefix = totals->prefix;
    fixed4 row_total = item_share(item, prefix, "row_total", "row_invoiced", quantity);
    fixed4 tax = item_share(item, prefix, "tax_amount", "tax_invoiced", quantity);
    fixed4 discount = item_share(item, prefix, "discount_amount", "discount_invoiced", quantity);
    fixed4 with_tax = fixed4_share(amount(item, prefix, "row_total_incl_tax"), quantity,
                                   row_amount(item, "qty_ordered"));
    char name[COLUMN_BYTES];
    set_amount(line, prefix, "row_total", row_total);
    set_amount(line, prefix, "tax_amount", tax);
    set_amount(line, prefix, "discount_tax_compensation_amount", 0);
    if (row_has(item, column(name, prefix, "row_total_incl_tax")))
        set_amount(line, prefix, "row_total_incl_tax", with_tax);
    if (discount != 0)
        set_amount(line, prefix, "discount_amount", discount);
    add_amount(item, prefix, "row_invoiced", row_total);
    add_amount(item, prefix, "tax_invoiced", tax);
    add_amount(item, prefix, "discount_invoiced", discount);
    add_amount(item, prefix, "discount_tax_compensation_invoiced", 0);
    totals->subtotal += row_total;
    totals->tax += tax;
    totals->discount += discount;
}

static json_t *
invoice_item(struct shop *shop, json_t *item, int64_t invoice_id, fixed4 quantity,
             struct totals totals[static 2])
{
    static const char *const copied[] = {"base_price",     "base_price_incl_tax", "name", "price",
                                         "price_incl_tax", "product_id",          "sku"};
    json_t *line = json_object();
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        if (json_object_get(item, copied[i]))
            json_object_set(line, copied[i], json_object_get(item, copied[i]));
    }
    row_set_integer(line, "base_cost", 0);
    row_set_integer(line, "entity_id", ++shop->last_invoice_item);
    row_set_integer(line, "parent_id", invoice_id);
    json_object_set(line, "order_item_id", json_object_get(item, "item_id"));
    row_set_amount(line, "qty", quantity);
    invoice_item_amounts(line, item, &totals[0], quantity);
    invoice_item_amounts(line, item, &totals[1], quantity);
    row_set_text(item, "weee_tax_applied", "[]");
    row_add_amount(item, "qty_invoiced", quantity);
    return line;
}

/* Freight, and what the order's header says about the sums of all its invoices. */
static void
complete_totals(const struct order *order, const struct draft *draft, struct totals *totals)
{
    const char *prefix = totals->prefix;
    const json_t *row = order->row;
    if (json_array_size(order->invoices) == 0) {
        totals->shipping = amount(row, prefix, "shipping_amount");
        totals->shipping_tax = amount(row, prefix, "shipping_tax_amount");
        totals->tax += totals->shipping_tax;
    }
    fixed4 subtotal_left =
        amount(row, prefix, "subtotal") - amount(row, prefix, "subtotal_invoiced");
    fixed4 tax_left = amount(row, prefix, "tax_amount") - amount(row, prefix, "tax_invoiced");
    if (totals->subtotal > subtotal_left)
        totals->subtotal = subtotal_left;
    if (draft->last || totals->tax > tax_left)
        totals->tax = tax_left;
}

static fixed4
grand_total(const struct totals *totals)
{
    return totals->subtotal + totals->tax + totals->shipping - totals->discount;
}

static void
set_totals(json_t *document, const struct totals *totals)
{
    const char *prefix = totals->prefix;
    set_amount(document, prefix, "subtotal", totals->subtotal);
    set_amount(document, prefix, "subtotal_incl_tax",
               totals->subtotal + totals->tax - totals->shipping_tax);
    set_amount(document, prefix, "tax_amount", totals->tax);
    set_amount(document, prefix, "discount_amount", -totals->discount);
    set_amount(document, prefix, "discount_tax_compensation_amount", 0);
    set_amount(document, prefix, "shipping_amount", totals->shipping);
    set_amount(document, prefix, "shipping_incl_tax", totals->shipping + totals->shipping_tax);
    set_amount(document, prefix, "shipping_tax_amount", totals->shipping_tax);
    set_amount(document, prefix, "grand_total", grand_total(totals));
}

static void
count_invoiced(struct order *order, const struct totals *totals)
{
    const char *prefix = totals->prefix;
    add_amount(order->row, prefix, "subtotal_invoiced", totals->subtotal);
    add_amount(order->row, prefix, "tax_invoiced", totals->tax);
    add_amount(order->row, prefix, "discount_invoiced", -totals->discount);
    add_amount(order->row, prefix, "discount_tax_compensation_invoiced", 0);
    add_amount(order->row, prefix, "shipping_invoiced", totals->shipping);
    add_amount(order->row, prefix, "total_invoiced", grand_total(totals));
    add_amount(order->row, prefix, "total_paid", grand_total(totals));
    add_amount(order->payment, prefix, "amount_paid", grand_total(totals));
    add_amount(order->payment, prefix, "shipping_captured", totals->shipping);
}

static json_t *
comments_of(struct shop *shop, const json_t *sent, int64_t invoice_id, const char *now)
{
    json_t *comments = json_array();
    if (!json_is_object(sent) || !*row_text(sent, "comment"))
        return comments;
    json_t *comment = json_object();
    row_set_text(comment, "comment", row_text(sent, "comment"));
    row_set_text(comment, "created_at", now);
    row_set_integer(comment, "entity_id", ++shop->last_invoice_comment);
    row_set_integer(comment, "is_customer_notified", 0);
    row_set_integer(comment, "is_visible_on_front", row_integer(sent, "is_visible_on_front"));
    row_set_integer(comment, "parent_id", invoice_id);
    row_narrow_texts(comment);
    json_array_append_new(comments, comment);
    return comments;
}

static json_t *
document_of(struct shop *shop, struct order *order, const struct draft *draft, const json_t *body,
            int64_t id)
{
    static const char *const copied[] = {
        "base_currency_code",   "base_to_global_rate", "base_to_order_rate",  "billing_address_id",
        "global_currency_code", "order_currency_code", "store_currency_code", "store_id",
        "store_to_base_rate",   "store_to_order_rate"};
    char now[20];
    row_now(now);
    json_t *document = json_object();
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        if (json_object_get(order->row, copied[i]))
            json_object_set(document, copied[i], json_object_get(order->row, copied[i]));
    }
    struct totals totals[2] = {{.prefix = ""}, {.prefix = "base_"}};
    json_t *items = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        fixed4 quantity = draft_quantity(draft, i);
        if (quantity > 0)
            json_array_append_new(items, invoice_item(shop, item, id, quantity, totals));
    }
    for (i = 0; i < 2; i++) {
        complete_totals(order, draft, &totals[i]);
        set_totals(document, &totals[i]);
        count_invoiced(order, &totals[i]);
    }
    row_add_amount(order->row, "base_total_invoiced_cost", 0);
    if (order->shipping)
        json_object_set(document, "shipping_address_id",
                        json_object_get(order->shipping, "entity_id"));
    row_set_integer(document, "can_void_flag", 0);
    row_set_text(document, "created_at", now);
    row_set_integer(document, "entity_id", id);
    json_object_set_new(document, "increment_id",
                        json_sprintf("%09lld", (long long)++shop->invoice_sequence));
    row_set_integer(document, "order_id", order->id);
    row_set_integer(document, "state", STATE_PAID);
    row_set_amount(document, "total_qty", draft->total);
    row_set_text(document, "updated_at", now);
    json_object_set_new(document, "items", items);
    json_object_set_new(document, "comments",
                        comments_of(shop, json_object_get(body, "comment"), id, now));
    return document;
}

static void
make_invoice(struct shop *shop, struct order *order, const json_t *body, const char *what,
             struct answer *answer)
{
    struct draft draft;
    bool fits = draft_of(order, json_object_get(body, "items"), &draft, answer);
    json_auto_t *quantities = draft.quantities;
    if (!quantities || !fits || !validate(order, &draft, answer))
        return;
    int64_t id = shop_take_invoice_id(shop);
    json_t *document = document_of(shop, order, &draft, body, id);
    shop_add_invoice(shop, id, order, document);
    order_state_check(order, true);
    json_t *details = json_pack("{s:I,s:O}", "invoice_id", (json_int_t)id, "grand_total",
                                json_object_get(document, "grand_total"));
    json_object_set_new(details, "items", json_deep_copy(json_object_get(document, "items")));
    if (row_has(json_object_get(body, "comment"), "comment"))
        json_object_set(details, "comment",
                        json_object_get(json_object_get(body, "comment"), "comment"));
    if (strcmp(what, "by-hand") == 0)
        row_set_text(details, "action", "invoice");
    ledger_add(shop, order, what, details);
    answer_json(answer, 200, json_sprintf("%lld", (long long)id));
    answer->created_id = id;
}

void
invoice_create(struct call *call)
{
    struct order *order = order_of_call(call);
    if (order)
        make_invoice(call->shop, order, call->body, "invoice", call->answer);
}

void
invoice_by_hand(struct shop *shop, struct order *order, json_t *body, struct answer *answer)
{
    make_invoice(shop, order, body, "by-hand", answer);
}
