#include "sim/control.h"

#include "sim/invoice.h"
#include "sim/ledger.h"
#include "sim/order_state.h"
#include "sim/order_view.h"
#include "sim/row.h"
#include "sim/shipment.h"

#include <stdlib.h>
#include <string.h>

#define REQUESTS_SHOWN 50

static void
done(struct answer *answer)
{
    answer_json(answer, 200, json_object());
}

static void
refuse(struct answer *answer, unsigned status, const char *message)
{
    answer_error(answer, status, message, NULL);
}

static void
show_ledger(const struct shop *shop, const struct target *target, struct answer *answer)
{
    static const char *const columns[] = {"increment_id", "ext_order_id"};
    const char *id = target_value(target, "order_id");
    json_auto_t *all = ledger_json(shop, id ? strtoll(id, NULL, 10) : 0);
    json_t *kept = json_array();
    size_t i;
    json_t *order;
    json_array_foreach(json_object_get(all, "orders"), i, order)
    {
        bool wanted = true;
        for (size_t c = 0; c < 2; c++) {
            const char *value = target_value(target, columns[c]);
            wanted = wanted && (!value || strcmp(row_text(order, columns[c]), value) == 0);
        }
        if (wanted)
            json_array_append(kept, order);
    }
    answer_json(answer, 200, json_pack("{s:o}", "orders", kept));
}

static void
reset(struct service *service)
{
    shop_reset(service->shop);
    journal_reset(service->journal);
    auth_reset(service->auth);
    faults_clear(service->faults);
}

static void
set_boolean(const json_t *settings, const char *name, bool *setting)
{
    const json_t *value = json_object_get(settings, name);
    if (json_is_boolean(value))
        *setting = json_is_true(value);
}

static void
configure(struct service *service, const json_t *settings)
{
    auth_configure(service->auth, settings);
    catalogue_configure(service->catalogue, settings);
    set_boolean(settings, "maintenance", &service->maintenance);
    set_boolean(settings, "strict", &service->strict);
    set_boolean(settings, "ignores_fields", &service->shop->ignores_fields);
    const json_t *delay = json_object_get(settings, "delay_ms");
    if (json_is_integer(delay) && json_integer_value(delay) >= 0)
        service->delay_ms = (unsigned)json_integer_value(delay);
}

static void
edit(struct order *order, struct shop *shop, json_t *columns)
{
    shop_unindex_order(shop, order);
    const char *column;
    json_t *value;
    json_object_foreach(columns, column, value)
    {
        if (json_is_null(value))
            json_object_del(order->row, column);
        else
            json_object_set(order->row, column, value);
    }
    shop_index_order(shop, order);
    order_view_forget(order);
}

static void
comment_by_hand(struct shop *shop, struct order *order, const char *text)
{
    char now[20];
    row_now(now);
    json_t *history = json_pack("{s:s,s:s,s:I,s:i,s:i,s:I,s:s}", "comment", text, "created_at", now,
                                "entity_id", (json_int_t)++shop->last_history,
                                "is_customer_notified", 0, "is_visible_on_front", 0, "parent_id",
                                (json_int_t)order->id, "status", row_text(order->row, "status"));
    json_array_append_new(order->histories, history);
    order_view_forget(order);
}

/* True: done, and to be noted in the order's steps. Documents note themselves and answer. */
static bool
move_state(struct order *order, const char *action, struct answer *answer)
{
    bool moved = false;
    if (strcmp(action, "hold") == 0)
        moved = order_hold(order);
    else if (strcmp(action, "unhold") == 0)
        moved = order_unhold(order);
    else
        moved = order_cancel(order);
    if (!moved)
        refuse(answer, 409, "The order's state does not allow it.");
    return moved;
}

static void
by_hand(struct shop *shop, struct order *order, json_t *request, struct answer *answer)
{
    const char *action = row_text(request, "action");
    json_t *body = json_object_get(request, "body");
    if (strcmp(action, "ship") == 0) {
        shipment_by_hand(shop, order, body, answer);
        return;
    }
    if (strcmp(action, "invoice") == 0) {
        invoice_by_hand(shop, order, body, answer);
        return;
    }
    if (strcmp(action, "delete") == 0) {
        shop_delete_order(shop, order);
        done(answer);
        return;
    }
    if (strcmp(action, "hold") == 0 || strcmp(action, "unhold") == 0 ||
        strcmp(action, "cancel") == 0) {
        if (!move_state(order, action, answer))
            return;
    } else if (strcmp(action, "edit") == 0) {
        edit(order, shop, json_object_get(request, "columns"));
    } else if (strcmp(action, "comment") == 0) {
        comment_by_hand(shop, order, row_text(request, "text"));
    } else {
        refuse(answer, 400, "No such action.");
        return;
    }
    ledger_add(shop, order, "by-hand", json_pack("{s:s}", "action", action));
    done(answer);
}

/* The order that "/_sim/orders/{id}/by-hand" names, or NULL. */
static struct order *
order_of_path(const struct shop *shop, const char *path)
{
    char *end = NULL;
    long long id = strtoll(path + strlen("/_sim/orders/"), &end, 10);
    return strcmp(end, "/by-hand") == 0 ? shop_order(shop, id) : NULL;
}

static void
add_faults(struct faults *faults, const json_t *rules, struct answer *answer)
{
    struct error err;
    if (faults_add(faults, rules, &err) == RESULT_OK)
        done(answer);
    else
        refuse(answer, 400, err.text);
}

static void
handle_post(struct service *service, const char *path, const struct server_request *request,
            struct answer *answer)
{
    json_error_t at;
    json_auto_t *body = request->body_length > 0
                            ? json_loadb(request->body, request->body_length, 0, &at)
                            : json_object();
    if (!body) {
        refuse(answer, 400, "The body is not JSON.");
    } else if (strcmp(path, "/_sim/reset") == 0) {
        reset(service);
        done(answer);
    } else if (strcmp(path, "/_sim/faults") == 0) {
        add_faults(service->faults, body, answer);
    } else if (strcmp(path, "/_sim/settings") == 0) {
        configure(service, body);
        done(answer);
    } else if (strncmp(path, "/_sim/orders/", 13) == 0) {
        struct order *order = order_of_path(service->shop, path);
        if (order)
            by_hand(service->shop, order, body, answer);
        else
            refuse(answer, 404, "No such order.");
    } else {
        refuse(answer, 404, "No such control.");
    }
}

void
control_handle(struct service *service, const struct server_request *request,
               const struct target *target, struct answer *answer)
{
    const char *path = target->path;
    if (strcmp(request->method, "POST") == 0) {
        handle_post(service, path, request, answer);
    } else if (strcmp(path, "/_sim/faults") == 0) {
        if (strcmp(request->method, "DELETE") == 0)
            faults_clear(service->faults);
        answer_json(answer, 200, faults_json(service->faults));
    } else if (strcmp(path, "/_sim/ledger") == 0) {
        show_ledger(service->shop, target, answer);
    } else if (strcmp(path, "/_sim/requests") == 0) {
        const char *last = target_value(target, "last");
        size_t count = last ? strtoul(last, NULL, 10) : REQUESTS_SHOWN;
        answer_json(answer, 200, journal_json(service->journal, count));
    } else {
        refuse(answer, 404, "No such control.");
    }
}
