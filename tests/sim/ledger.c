#include "sim/ledger.h"

#include "sim/order_view.h"
#include "sim/row.h"

#include <time.h>

static int64_t
now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
ledger_add(struct shop *shop, struct order *order, const char *what, json_t *details)
{
    json_t *step = json_pack(
        "{s:I,s:I,s:s,s:I,s:s,s:s}", "step", (json_int_t)++shop->step_count, "at",
        (json_int_t)now_ms(), "what", what, "order_id", (json_int_t)order->id, "increment_id",
        row_text(order->row, "increment_id"), "ext_order_id", row_text(order->row, "ext_order_id"));
    if (details) {
        json_object_update(step, details);
        json_decref(details);
    }
    if (shop->ledger) {
        (void)json_dumpf(step, shop->ledger, JSON_COMPACT | JSON_REAL_PRECISION(15));
        (void)fputc('\n', shop->ledger);
        (void)fflush(shop->ledger);
    }
    json_array_append_new(order->steps, step);
}

static json_t *
order_json(struct order *order)
{
    bool kept = order->document != NULL;
    json_t *entry = json_copy(order_view(order));
    if (!kept)
        order_view_forget(order);
    json_object_set(entry, "shipments", order->shipments);
    json_object_set(entry, "invoices", order->invoices);
    json_object_set(entry, "steps", order->steps);
    return entry;
}

json_t *
ledger_json(const struct shop *shop, int64_t order_id)
{
    json_t *orders = json_array();
    for (size_t i = 0; i < shop->order_count; i++) {
        struct order *order = shop->orders[i];
        if (order && (order_id == 0 || order->id == order_id))
            json_array_append_new(orders, order_json(order));
    }
    return json_pack("{s:o}", "orders", orders);
}
