#include "plan_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "sync/messages.h"

#define PATH_BYTES 1024

static const struct {
    const char *name;
    unsigned need;
} need_names[] = {
    {"number", NEED_NUMBER},
    {"order", NEED_ORDER},
    {"order_by_number", NEED_ORDER_BY_NUMBER},
    {"order_by_ext_id", NEED_ORDER_BY_EXT_ID},
    {"shipments", NEED_SHIPMENTS},
    {"invoices", NEED_INVOICES},
    {"products", NEED_PRODUCTS},
    {"regions", NEED_REGIONS},
    {"store", NEED_STORE},
};
#define NEED_NAMES (sizeof(need_names) / sizeof(need_names[0]))

/* RFC 7396. Takes the target over, returns the result. */
static json_t *
merge_patch(json_t *target, json_t *patch)
{
    const char *key;
    json_t *value;

    if (!json_is_object(patch)) {
        json_decref(target);
        return json_deep_copy(patch);
    }
    if (!json_is_object(target)) {
        json_decref(target);
        target = json_object();
    }
    json_object_foreach(patch, key, value)
    {
        if (json_is_null(value))
            (void)json_object_del(target, key);
        else
            (void)json_object_set_new(
                target, key, merge_patch(json_incref(json_object_get(target, key)), value));
    }
    return target;
}

static enum result
load_file(const char *path, json_t **ret_json, struct error *err)
{
    json_error_t reason;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &reason);

    if (json == NULL)
        return error_result(err, RESULT_REJECTED, "%s:%d: %s", path, reason.line, reason.text);
    *ret_json = json;
    return RESULT_OK;
}

enum result
plan_input_load(const char *path, const char *bases_folder, json_t **ret_json, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = NULL;
    enum result result = load_file(path, &json, err);
    const char *like = json_object_text(json, "like");
    char base_path[PATH_BYTES];
    json_t *base = NULL;

    if (result != RESULT_OK)
        return result;
    if (like == NULL) {
        *ret_json = TAKE_PTR(json);
        return RESULT_OK;
    }
    (void)snprintf(base_path, sizeof(base_path), "%s/%s.json", bases_folder, like);
    result = plan_input_load(base_path, bases_folder, &base, err);
    if (result == RESULT_OK)
        *ret_json = merge_patch(base, json_object_get(json, "but"));
    return result;
}

static char *
copy_text(const json_t *object, const char *key)
{
    const char *text = json_object_text(object, key);

    return text != NULL ? strdup(text) : NULL;
}

static char *
copy_text_or(const json_t *object, const char *key, const char *fallback)
{
    const char *text = json_object_text(object, key);

    return strdup(text != NULL ? text : fallback);
}

/* Documents hold numbers as texts. */
static json_t *
field_value(json_t *value)
{
    struct decimal number;
    struct decimal_buffer buffer;

    if (!json_is_number(value))
        return json_incref(value);
    if (decimal_from_json(value, &number) != RESULT_OK)
        return json_null();
    return json_string(decimal_text(number, 0, &buffer));
}

static json_t *
element_of(json_t *fields, json_int_t timestamp)
{
    json_t *element = json_pack("{s:I, s:{}}", "ts", timestamp, "f");
    const char *key;
    json_t *value;

    json_object_foreach(fields, key, value)
    {
        (void)json_object_set_new(json_object_get(element, "f"), key, field_value(value));
    }
    return element;
}

static json_t *
body_of(const json_t *document)
{
    const json_t *given = json_object_get(document, "timestamp");
    json_int_t timestamp = given != NULL ? json_integer_value(given) : 1;
    json_t *body = json_pack("{s:o, s:{}}", "header",
                             element_of(json_object_get(document, "header"), timestamp), "rows");
    json_t *rows = json_object_get(body, "rows");
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(document, "rows"), key, value)
    {
        (void)json_object_set_new(rows, key, element_of(value, timestamp));
    }
    return body;
}

static enum result
read_document(const json_t *json, int64_t id, struct claimed_document *document, struct error *err)
{
    const char *kind = json_object_text(json, "kind");
    const char *state = json_object_text(json, "state");
    json_t *body = json_object_get(json, "body");

    *document = (struct claimed_document){
        .id = id,
        .type = copy_text_or(json, "type", ""),
        .number = copy_text_or(json, "number", ""),
        .version = 1,
        .state = STATE_PENDING,
        .reason = copy_text_or(json, "reason", ""),
        .magento_entity_id = json_integer_value(json_object_get(json, "magento_entity_id")),
        .magento_increment_id = copy_text(json, "magento_increment_id"),
        .settled = copy_text(json, "settled"),
        .reduced = json_is_true(json_object_get(json, "reduced")),
        .body = body != NULL ? json_incref(body) : body_of(json),
    };
    if (kind == NULL || document_kind_from_name(kind, &document->kind) != RESULT_OK)
        return error_result(err, RESULT_REJECTED, "a document without its kind");
    if (state != NULL && document_state_from_name(state, &document->state) != RESULT_OK)
        return error_result(err, RESULT_REJECTED, "no state %s", state);
    return RESULT_OK;
}

static enum result
read_documents(json_t *json, struct claimed_order *order, struct error *err)
{
    const char *label;
    json_t *value;

    order->documents = calloc(json_object_size(json) + 1, sizeof(*order->documents));
    json_object_foreach(json, label, value)
    {
        size_t index = order->document_count++;
        enum result result =
            read_document(value, (int64_t)index + 1, &order->documents[index], err);

        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static void
read_lines(json_t *json, struct claimed_order *order)
{
    const char *key;
    json_t *value;

    order->lines = calloc(json_object_size(json) + 1, sizeof(*order->lines));
    json_object_foreach(json, key, value)
    {
        struct decimal line_nbr = DECIMAL_ZERO;
        int64_t number = 0;

        if (decimal_from_text(key, &line_nbr) == RESULT_OK &&
            decimal_to_integer(line_nbr, &number) == RESULT_OK)
            order->lines[order->line_count++] = (struct claimed_line){
                .line_nbr = (int32_t)number, .magento_item_id = json_integer_value(value)};
    }
}

static enum result
read_order(const json_t *json, struct claimed_order *order, struct error *err)
{
    json_t *sent = json_object_get(json, "sent");

    order->sales_order_id = 1;
    order->company = copy_text_or(json, "company", "MyStore");
    order->order_type = copy_text_or(json, "order_type", "SO");
    order->order_nbr = copy_text_or(json, "order_nbr", "SO005555");
    order->magento_increment_id = copy_text(json, "magento_increment_id");
    order->magento_store_id = (int)json_integer_value(json_object_get(json, "magento_store_id"));
    order->magento_entity_id = json_integer_value(json_object_get(json, "magento_entity_id"));
    order->number_may_differ = json_is_true(json_object_get(json, "number_may_differ"));
    order->link_holder = copy_text(json, "link_holder");
    order->forced = json_is_true(json_object_get(json, "forced"));
    order->held_by_amsync = json_is_true(json_object_get(json, "held_by_amsync"));
    order->customer_enabled = json_is_true(json_object_get(json, "customer_enabled"));
    order->sent = sent != NULL ? json_incref(sent) : NULL;
    order->crashes = (int)json_integer_value(json_object_get(json, "crashes"));
    read_lines(json_object_get(json, "lines"), order);
    return read_documents(json_object_get(json, "documents"), order, err);
}

static enum result
read_looked(const json_t *json, unsigned *ret_looked, struct error *err)
{
    for (size_t i = 0; i < json_array_size(json); i++) {
        const char *name = json_string_value(json_array_get(json, i));
        unsigned need = 0;

        for (size_t j = 0; j < NEED_NAMES && name != NULL; j++)
            if (strcmp(need_names[j].name, name) == 0)
                need = need_names[j].need;
        if (need == 0)
            return error_result(err, RESULT_REJECTED, "no need of that name in looked");
        *ret_looked |= need;
    }
    return RESULT_OK;
}

static enum result
read_magento_order(const json_t *json, struct magento_order **ret_order, struct error *err)
{
    return json != NULL ? magento_order_from_json(json, ret_order, err) : RESULT_OK;
}

static enum result
read_observed(json_t *json, struct plan_input *input, struct error *err)
{
    struct observed *observed = &input->observed;
    enum result result = read_looked(json_object_get(json, "looked"), &observed->looked, err);

    observed->several_by_ext_id = json_is_true(json_object_get(json, "several_by_ext_id"));
    observed->base_currency_code = json_object_text(json, "base_currency_code");
    observed->countries = json_object_get(json, "countries");
    if (result == RESULT_OK)
        result = read_magento_order(json_object_get(json, "order"), &observed->order, err);
    if (result == RESULT_OK)
        result = read_magento_order(json_object_get(json, "order_by_number"),
                                    &observed->order_by_number, err);
    if (result == RESULT_OK)
        result = read_magento_order(json_object_get(json, "order_by_ext_id"),
                                    &observed->order_by_ext_id, err);
    if (result == RESULT_OK)
        result = magento_documents_from_json(json_object_get(json, "shipments"),
                                             &observed->shipments, &observed->shipment_count, err);
    if (result == RESULT_OK)
        result = magento_documents_from_json(json_object_get(json, "invoices"), &observed->invoices,
                                             &observed->invoice_count, err);
    if (result == RESULT_OK)
        result = magento_products_from_json(json_object_get(json, "products"), &input->products,
                                            &observed->product_count, err);
    observed->products = input->products;
    return result;
}

enum result
plan_input_read(json_t *json, struct plan_input *ret_input, struct error *err)
{
    struct plan_input input = {.rules = NULL};
    enum result result = read_order(json_object_get(json, "order"), &input.order, err);

    if (result == RESULT_OK)
        result = rules_from_json(json_object_get(json, "rules"), &input.rules, err);
    if (result == RESULT_OK)
        result = read_observed(json_object_get(json, "observed"), &input, err);
    if (result == RESULT_OK)
        *ret_input = input;
    else
        plan_input_free(&input);
    return result;
}

void
plan_input_free(struct plan_input *input)
{
    struct claimed_order *order = &input->order;

    for (size_t i = 0; i < order->document_count; i++) {
        struct claimed_document *document = &order->documents[i];

        free(document->type);
        free(document->number);
        free(document->reason);
        free(document->magento_increment_id);
        free(document->settled);
        json_decref(document->body);
    }
    free(order->documents);
    free(order->lines);
    free(order->company);
    free(order->order_type);
    free(order->order_nbr);
    free(order->magento_increment_id);
    free(order->link_holder);
    json_decref(order->sent);
    rules_unref(&input->rules);
    magento_order_free(&input->observed.order);
    magento_order_free(&input->observed.order_by_number);
    magento_order_free(&input->observed.order_by_ext_id);
    magento_documents_free(&input->observed.shipments, input->observed.shipment_count);
    magento_documents_free(&input->observed.invoices, input->observed.invoice_count);
    magento_products_free(&input->products, input->observed.product_count);
}

static json_t *
show_needs(unsigned needs)
{
    json_t *names = json_array();

    for (size_t i = 0; i < NEED_NAMES; i++)
        if ((needs & need_names[i].need) != 0)
            (void)json_array_append_new(names, json_string(need_names[i].name));
    return names;
}

static json_t *
show_actions(const struct plan_input *input, const struct plan *plan)
{
    json_t *actions = json_array();

    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        json_t *json = json_pack("{s:s, s:s}", "kind", action_kind_name(action->kind), "document",
                                 input->order.documents[action->document].number);
        char *done = message_done(&input->order, action, NULL, 345);

        (void)json_object_set_new(json, "done", json_string(done));
        free(done);
        if (action->body != NULL)
            (void)json_object_set(json, "body", action->body);
        if (action->shipment_id != 0)
            (void)json_object_set_new(json, "shipment_id", json_integer(action->shipment_id));
        (void)json_array_append_new(actions, json);
    }
    return actions;
}

static json_t *
show_verdicts(const struct plan_input *input, const struct plan *plan)
{
    json_t *verdicts = json_object();

    for (size_t i = 0; i < plan->verdict_count; i++) {
        const struct verdict *verdict = &plan->verdicts[i];
        char *message = message_verdict(&input->order, i, verdict);
        json_t *json =
            json_pack("{s:s, s:s, s:s, s:s}", "state", document_state_name(verdict->state),
                      "reason", verdict->reason, "next", verdict->next, "message", message);

        free(message);
        if (verdict->magento_entity_id != 0)
            (void)json_object_set_new(json, "magento_entity_id",
                                      json_integer(verdict->magento_entity_id));
        if (verdict->magento_increment_id != NULL)
            (void)json_object_set_new(json, "magento_increment_id",
                                      json_string(verdict->magento_increment_id));
        if (verdict->recheck_hourly)
            (void)json_object_set_new(json, "recheck_hourly", json_true());
        (void)json_object_set_new(verdicts, input->order.documents[i].number, json);
    }
    return verdicts;
}

static json_t *
show_conditions(const struct plan *plan)
{
    json_t *conditions = json_object();

    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        const struct condition *condition = &plan->conditions[i];

        (void)json_object_set_new(conditions, condition->name,
                                  json_pack("{s:b, s:b, s:s}", "enabled", condition->enabled,
                                            "holds", condition->holds, "detail",
                                            condition->detail));
    }
    return conditions;
}

static json_t *
show_lines(const struct plan *plan)
{
    json_t *lines = json_object();

    for (size_t i = 0; i < plan->line_count; i++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "%d", plan->lines[i].line_nbr);
        (void)json_object_set_new(lines, key, json_integer(plan->lines[i].magento_item_id));
    }
    return lines;
}

json_t *
plan_show(const struct plan_input *input, const struct plan *plan)
{
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:b, s:i, s:I}", "needs",
                  show_needs(plan->needs), "actions", show_actions(input, plan), "verdicts",
                  show_verdicts(input, plan), "conditions", show_conditions(plan),
                  "conditions_hold", plan->conditions_hold, "would_publish", plan->would_publish,
                  "again", plan->again, "hold_lifted", plan->hold_lifted, "await_save",
                  plan->await_save, "look_after_quiet", plan->look_after_quiet, "look_again_ms",
                  (int)plan->look_again_ms, "adopt_entity_id", (json_int_t)plan->adopt_entity_id);

    (void)json_object_set_new(json, "lines", show_lines(plan));
    (void)json_object_set_new(json, "sent",
                              plan->sent != NULL ? json_incref(plan->sent) : json_null());
    return json;
}

static bool
numbers_equal(const json_t *actual, const json_t *expected)
{
    struct decimal left;
    struct decimal right;

    return decimal_from_json(actual, &left) == RESULT_OK &&
           decimal_from_json(expected, &right) == RESULT_OK && decimal_compare(left, right) == 0;
}

static enum result
differs(const json_t *actual, const json_t *expected, const char *where, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) char *left = json_dumps(actual, JSON_ENCODE_ANY | JSON_COMPACT);
    AMSYNC_CLEANUP(cleanup_free) char *right = json_dumps(expected, JSON_ENCODE_ANY | JSON_COMPACT);

    return error_result(err, RESULT_REJECTED, "%s is %.200s, not %.200s", where,
                        left != NULL ? left : "absent", right != NULL ? right : "absent");
}

static enum result
object_has(const json_t *actual, json_t *expected, const char *where, struct error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach(expected, key, value)
    {
        char path[PATH_BYTES];

        (void)snprintf(path, sizeof(path), "%s.%s", where, key);
        if (json_has(json_object_get(actual, key), value, path, err) != RESULT_OK)
            return RESULT_REJECTED;
    }
    return RESULT_OK;
}

static enum result
array_has(const json_t *actual, const json_t *expected, const char *where, struct error *err)
{
    if (json_array_size(actual) != json_array_size(expected))
        return differs(actual, expected, where, err);
    for (size_t i = 0; i < json_array_size(expected); i++) {
        char path[PATH_BYTES];

        (void)snprintf(path, sizeof(path), "%s[%zu]", where, i);
        if (json_has(json_array_get(actual, i), json_array_get(expected, i), path, err) !=
            RESULT_OK)
            return RESULT_REJECTED;
    }
    return RESULT_OK;
}

enum result
json_has(const json_t *actual, json_t *expected, const char *where, struct error *err)
{
    if (json_is_number(expected) && numbers_equal(actual, expected))
        return RESULT_OK;
    if (actual == NULL || json_typeof(actual) != json_typeof(expected))
        return differs(actual, expected, where, err);
    if (json_is_array(expected))
        return array_has(actual, expected, where, err);
    if (json_is_object(expected))
        return object_has(actual, expected, where, err);
    return json_equal(actual, expected) ? RESULT_OK : differs(actual, expected, where, err);
}
