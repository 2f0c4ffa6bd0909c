#include "sim/order_state.h"

#include "sim/ledger.h"
#include "sim/order_view.h"

#include <string.h>

static bool
state_is(const struct order *order, const char *state)
{
    return strcmp(row_text(order->row, "state"), state) == 0;
}

static void
set_state(struct order *order, const char *state)
{
    row_set_text(order->row, "state", state);
    row_set_text(order->row, "status", state);
}

bool
order_is_virtual(const struct order *order)
{
    return row_integer(order->row, "is_virtual") == 1;
}

static fixed4
larger(fixed4 left, fixed4 right)
{
    return left > right ? left : right;
}

fixed4
item_left_to_ship(const json_t *item)
{
    fixed4 gone = larger(row_amount(item, "qty_shipped"), row_amount(item, "qty_refunded"));
    return larger(row_amount(item, "qty_ordered") - gone - row_amount(item, "qty_canceled"), 0);
}

fixed4
item_left_to_invoice(const json_t *item)
{
    return larger(row_amount(item, "qty_ordered") - row_amount(item, "qty_invoiced") -
                      row_amount(item, "qty_canceled"),
                  0);
}

json_t *
order_item(const struct order *order, int64_t item_id)
{
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        if (row_integer(item, "item_id") == item_id)
            return item;
    }
    return NULL;
}

static bool
any_left(const struct order *order, fixed4 (*left)(const json_t *))
{
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        if (left(item) > 0)
            return true;
    }
    return false;
}

bool
order_can_ship(const struct order *order)
{
    return !state_is(order, "holded") && !state_is(order, "canceled") && !order_is_virtual(order) &&
           any_left(order, item_left_to_ship);
}

bool
order_can_invoice(const struct order *order)
{
    return !state_is(order, "holded") && !state_is(order, "canceled") &&
           !state_is(order, "complete") && !state_is(order, "closed") &&
           any_left(order, item_left_to_invoice);
}

bool
order_can_cancel(const struct order *order)
{
    return !state_is(order, "holded") && !state_is(order, "canceled") &&
           !state_is(order, "complete") && !state_is(order, "closed") &&
           any_left(order, item_left_to_invoice);
}

static bool
can_refund(const struct order *order)
{
    fixed4 refunded = row_amount(order->row, "total_refunded");
    if (row_amount(order->row, "grand_total") == 0)
        return refunded == 0;
    return row_amount(order->row, "total_paid") > refunded;
}

void
order_state_check(struct order *order, bool in_process)
{
    order_view_forget(order);
    if (in_process && state_is(order, "new"))
        set_state(order, "processing");
    if (state_is(order, "canceled") || state_is(order, "holded") || order_can_invoice(order))
        return;
    bool running = state_is(order, "processing") || state_is(order, "complete");
    if (!running || order_can_ship(order))
        return;
    if (!can_refund(order) && !order_is_virtual(order))
        set_state(order, "closed");
    else if (state_is(order, "processing"))
        set_state(order, "complete");
}

static void
touch(struct order *order)
{
    char now[20];
    row_now(now);
    row_set_text(order->row, "updated_at", now);
    order_view_forget(order);
}

bool
order_hold(struct order *order)
{
    if (state_is(order, "holded") || state_is(order, "canceled") || state_is(order, "complete") ||
        state_is(order, "closed"))
        return false;
    row_set_text(order->row, "hold_before_state", row_text(order->row, "state"));
    row_set_text(order->row, "hold_before_status", row_text(order->row, "status"));
    set_state(order, "holded");
    touch(order);
    return true;
}

bool
order_unhold(struct order *order)
{
    if (!state_is(order, "holded"))
        return false;
    row_set_text(order->row, "state", row_text(order->row, "hold_before_state"));
    row_set_text(order->row, "status", row_text(order->row, "hold_before_status"));
    json_object_del(order->row, "hold_before_state");
    json_object_del(order->row, "hold_before_status");
    touch(order);
    return true;
}

static fixed4
left_to_cancel(const json_t *item)
{
    fixed4 ship = item_left_to_ship(item);
    fixed4 invoice = item_left_to_invoice(item);
    return ship < invoice ? ship : invoice;
}

/* The state after cancelling: what has been invoiced stays to be shipped, or is complete. */
static const char *
state_after_cancel(const struct order *order)
{
    const char *state = "canceled";
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
    {
        if (row_amount(item, "qty_invoiced") <= row_amount(item, "qty_refunded"))
            continue;
        if (item_left_to_ship(item) > left_to_cancel(item))
            return "processing";
        state = "complete";
    }
    return state;
}

static void
cancel_totals(json_t *row)
{
    static const char *const parts[] = {"subtotal", "tax", "shipping", "discount"};
    static const char *const amounts[] = {"subtotal", "tax_amount", "shipping_amount",
                                          "discount_amount"};
    for (size_t base = 0; base < 2; base++) {
        const char *prefix = base ? "base_" : "";
        char column[64];
        char with[64];
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            (void)snprintf(column, sizeof(column), "%s%s", prefix, amounts[i]);
            (void)snprintf(with, sizeof(with), "%s%s_invoiced", prefix, parts[i]);
            fixed4 left = row_amount(row, column) - row_amount(row, with);
            (void)snprintf(with, sizeof(with), "%s%s_canceled", prefix, parts[i]);
            row_set_amount(row, with, left);
        }
        (void)snprintf(column, sizeof(column), "%sgrand_total", prefix);
        (void)snprintf(with, sizeof(with), "%stotal_paid", prefix);
        fixed4 left = row_amount(row, column) - row_amount(row, with);
        (void)snprintf(with, sizeof(with), "%stotal_canceled", prefix);
        row_set_amount(row, with, left);
    }
}

bool
order_cancel(struct order *order)
{
    if (!order_can_cancel(order))
        return false;
    const char *state = state_after_cancel(order);
    size_t i;
    json_t *item;
    json_array_foreach(order->items, i, item)
        row_add_amount(item, "qty_canceled", left_to_cancel(item));
    cancel_totals(order->row);
    set_state(order, state);
    touch(order);
    return true;
}

struct order *
order_of_call(struct call *call)
{
    struct order *order = shop_order(call->shop, call->id);
    if (!order)
        answer_no_such_entity(call->answer);
    return order;
}

void
order_state_hold(struct call *call)
{
    struct order *order = order_of_call(call);
    if (!order)
        return;
    if (!order_hold(order)) {
        answer_error(call->answer, 400, "A hold action is not available.", NULL);
        return;
    }
    ledger_add(call->shop, order, "hold", NULL);
    answer_json(call->answer, 200, json_true());
}

void
order_state_unhold(struct call *call)
{
    struct order *order = order_of_call(call);
    if (!order)
        return;
    if (!order_unhold(order)) {
        answer_error(call->answer, 400, "You cannot remove the hold.", NULL);
        return;
    }
    ledger_add(call->shop, order, "unhold", NULL);
    answer_json(call->answer, 200, json_true());
}

void
order_state_cancel(struct call *call)
{
    struct order *order = order_of_call(call);
    if (!order)
        return;
    bool cancelled = order_cancel(order);
    if (cancelled)
        ledger_add(call->shop, order, "cancel", NULL);
    answer_json(call->answer, 200, json_boolean(cancelled));
}

/* The one status that each state has unless someone adds more. */
static bool
status_fits(const struct order *order, const char *status)
{
    const char *state = row_text(order->row, "state");
    if (strcmp(status, row_text(order->row, "status")) == 0)
        return true;
    return strcmp(status, strcmp(state, "new") == 0 ? "pending" : state) == 0;
}

void
order_state_comment(struct call *call)
{
    struct order *order = order_of_call(call);
    if (!order)
        return;
    json_t *sent = json_object_get(call->body, "statusHistory");
    if (!json_is_object(sent)) {
        answer_field_required(call->answer, "statusHistory");
        return;
    }
    const char *status = row_text(sent, "status");
    if (*status && !status_fits(order, status)) {
        answer_error(call->answer, 400,
                     "Unable to add comment: The status \"%1\" is not part of the order\n"
                     "                 status history.",
                     json_pack("[s]", status));
        return;
    }
    char now[20];
    row_now(now);
    json_t *row = json_copy(sent);
    row_set_text(row, "created_at",
                 row_has(sent, "created_at") ? row_text(sent, "created_at") : now);
    row_set_integer(row, "entity_id", ++call->shop->last_history);
    row_set_integer(row, "parent_id", order->id);
    row_set_text(row, "status", *status ? status : row_text(order->row, "status"));
    row_set_integer(row, "is_visible_on_front", row_integer(sent, "is_visible_on_front"));
    if (!json_object_get(row, "is_customer_notified"))
        json_object_set_new(row, "is_customer_notified", json_null());
    row_narrow_texts(row);
    json_array_append_new(order->histories, row);
    touch(order);
    ledger_add(call->shop, order, "comment",
               json_pack("{s:s}", "comment", row_text(row, "comment")));
    answer_json(call->answer, 200, json_true());
}
