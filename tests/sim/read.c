#include "sim/read.h"

#include "sim/criteria.h"
#include "sim/order_state.h"
#include "sim/order_view.h"
#include "sim/projection.h"
#include "sim/row.h"

#include <stdlib.h>
#include <string.h>

void
read_show(const struct call *call, json_t *document)
{
    const char *fields = target_value(call->target, "fields");
    if (!fields || !*fields || call->shop->ignores_fields) {
        answer_json(call->answer, 200, document);
        return;
    }
    json_t *taken = projection_apply(document, fields);
    json_decref(document);
    if (taken)
        answer_json(call->answer, 200, taken);
    else
        answer_json(call->answer, 200, json_array());
}

/* False: answered, because there are no criteria or they name a column that the table lacks. */
static bool
criteria_of_call(struct call *call, const char *definition, struct criteria *ret_criteria)
{
    if (!criteria_parse(call->target, ret_criteria)) {
        answer_internal_error(call->answer);
        return false;
    }
    if (!ret_criteria->present) {
        answer_field_required(call->answer, "searchCriteria");
        return false;
    }
    const struct schema_node *columns = schema_definition(call->shop->schema, definition);
    for (size_t g = 0; columns && g < ret_criteria->group_count; g++) {
        for (size_t f = 0; f < ret_criteria->groups[g].count; f++) {
            const struct schema_node *column = schema_property(
                call->shop->schema, columns, ret_criteria->groups[g].filters[f].field);
            if (!column || schema_node_type(column) == SCHEMA_ARRAY ||
                schema_node_type(column) == SCHEMA_OBJECT) {
                answer_internal_error(call->answer);
                return false;
            }
        }
    }
    return true;
}

/* {"items": a page of the rows, "search_criteria", "total_count"}; `rows` is taken over. */
static void
show_page(struct call *call, const struct criteria *criteria, json_t *rows)
{
    size_t total = 0;
    json_t *page = criteria_page(criteria, rows, &total);
    json_decref(rows);
    read_show(call, json_pack("{s:o,s:o,s:I}", "items", page, "search_criteria",
                              criteria_json(criteria), "total_count", (json_int_t)total));
}

/* What a column is compared with; `rest` is NULL when there is nothing (more). */
struct wanted {
    const char *rest;
    bool is_list; /* separated by commas */
};

/* The group's only filter if it is "eq" or "in" on that column. */
static struct wanted
wanted_values(const struct criteria *criteria, const char *column)
{
    for (size_t g = 0; g < criteria->group_count; g++) {
        const struct filter_group *group = &criteria->groups[g];
        const struct filter *filter = &group->filters[0];
        if (group->count == 1 && strcmp(filter->field, column) == 0 &&
            (strcmp(filter->condition, "eq") == 0 || strcmp(filter->condition, "in") == 0))
            return (struct wanted){filter->value, strcmp(filter->condition, "in") == 0};
    }
    return (struct wanted){0};
}

/* Copies the next of the values. */
static void
next_value(struct wanted *wanted, char *value, size_t size)
{
    const char *list = wanted->rest;
    size_t length = wanted->is_list ? strcspn(list, ",") : strlen(list);
    size_t kept = length < size ? length : size - 1;
    memcpy(value, list, kept);
    value[kept] = '\0';
    wanted->rest = list[length] ? list + length + 1 : NULL;
}

static int
compare_ids(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

#define IDS_MAX 1024

struct id_list {
    int64_t ids[IDS_MAX];
    size_t count;
};

static void
add_ids(struct id_list *list, const json_t *ids)
{
    size_t i;
    json_t *id;
    json_array_foreach(ids, i, id)
    {
        if (list->count < IDS_MAX)
            list->ids[list->count++] = json_integer_value(id);
    }
}

static void
add_matching(struct shop *shop, const struct criteria *criteria, struct order *order, json_t *rows)
{
    if (order && criteria_match(criteria, order->row))
        json_array_append(rows, order_view_kept(shop, order));
}

/* Finds by an index. False: the criteria use none of the indexed columns. */
static bool
find_by_index(struct shop *shop, const struct criteria *criteria, json_t *rows)
{
    struct wanted by_id = wanted_values(criteria, "entity_id");
    struct wanted by_increment = wanted_values(criteria, "increment_id");
    struct wanted by_external = wanted_values(criteria, "ext_order_id");
    const char *ids = by_id.rest;
    const char *increments = by_increment.rest;
    struct wanted wanted = ids ? by_id : increments ? by_increment : by_external;
    if (!wanted.rest)
        return false;
    struct id_list list = {.count = 0};
    char value[256];
    while (wanted.rest) {
        next_value(&wanted, value, sizeof(value));
        if (ids && list.count < IDS_MAX)
            list.ids[list.count++] = strtoll(value, NULL, 10);
        else if (increments)
            add_ids(&list, shop_ids_by_increment(shop, value));
        else
            add_ids(&list, shop_ids_by_ext(shop, value));
    }
    qsort(list.ids, list.count, sizeof(list.ids[0]), compare_ids);
    for (size_t i = 0; i < list.count; i++) {
        if (i == 0 || list.ids[i] != list.ids[i - 1])
            add_matching(shop, criteria, shop_order(shop, list.ids[i]), rows);
    }
    return true;
}

void
read_orders(struct call *call)
{
    struct criteria criteria;
    if (!criteria_of_call(call, "sales-data-order-interface", &criteria))
        return;
    json_t *rows = json_array();
    if (!find_by_index(call->shop, &criteria, rows)) {
        for (size_t i = 0; i < call->shop->order_count; i++)
            add_matching(call->shop, &criteria, call->shop->orders[i], rows);
    }
    show_page(call, &criteria, rows);
}

void
read_order(struct call *call)
{
    struct order *order = order_of_call(call);
    if (order)
        read_show(call, json_incref(order_view_kept(call->shop, order)));
}

void
read_order_status(struct call *call)
{
    struct order *order = order_of_call(call);
    if (order)
        answer_json(call->answer, 200, json_string(row_text(order->row, "status")));
}

void
read_order_comments(struct call *call)
{
    struct order *order = order_of_call(call);
    if (!order)
        return;
    read_show(call, json_pack("{s:O,s:{s:[{s:[{s:s,s:s,s:s}]}]},s:I}", "items", order->histories,
                              "search_criteria", "filter_groups", "filters", "field", "parent_id",
                              "value", call->argument, "condition_type", "eq", "total_count",
                              (json_int_t)json_array_size(order->histories)));
}

void
read_order_items(struct call *call)
{
    struct criteria criteria;
    if (!criteria_of_call(call, "sales-data-order-item-interface", &criteria))
        return;
    const char *order_id = wanted_values(&criteria, "order_id").rest;
    json_t *rows = json_array();
    for (size_t i = 0; i < call->shop->order_count; i++) {
        struct order *order = call->shop->orders[i];
        if (!order || (order_id && strtoll(order_id, NULL, 10) != order->id))
            continue;
        const json_t *items = json_object_get(order_view_kept(call->shop, order), "items");
        size_t j;
        json_t *item;
        json_array_foreach(items, j, item)
        {
            if (criteria_match(&criteria, item))
                json_array_append(rows, item);
        }
    }
    show_page(call, &criteria, rows);
}

void
read_shipment(struct call *call)
{
    const struct document_entry *shipment = shop_shipment(call->shop, call->id);
    if (shipment)
        read_show(call, json_incref(shipment->document));
    else
        answer_no_such_entity(call->answer);
}

static void
add_documents(const struct criteria *criteria, const json_t *documents, json_t *rows)
{
    size_t i;
    json_t *document;
    json_array_foreach(documents, i, document)
    {
        if (criteria_match(criteria, document))
            json_array_append(rows, document);
    }
}

/* Shipments or invoices; by order_id they are found with the order. */
static void
show_documents(struct call *call, const char *definition, bool shipments)
{
    struct criteria criteria;
    if (!criteria_of_call(call, definition, &criteria))
        return;
    struct shop *shop = call->shop;
    json_t *rows = json_array();
    struct wanted wanted = wanted_values(&criteria, "order_id");
    if (wanted.rest) {
        char value[32];
        while (wanted.rest) {
            next_value(&wanted, value, sizeof(value));
            const struct order *order = shop_order(shop, strtoll(value, NULL, 10));
            if (order)
                add_documents(&criteria, shipments ? order->shipments : order->invoices, rows);
        }
    } else {
        size_t count = shipments ? shop->shipment_count : shop->invoice_count;
        for (size_t i = 0; i < count; i++) {
            json_t *document = shipments ? shop->shipments[i].document : shop->invoices[i].document;
            if (document && criteria_match(&criteria, document))
                json_array_append(rows, document);
        }
    }
    show_page(call, &criteria, rows);
}

void
read_shipments(struct call *call)
{
    show_documents(call, "sales-data-shipment-interface", true);
}

void
read_invoices(struct call *call)
{
    show_documents(call, "sales-data-invoice-interface", false);
}

void
read_product(struct call *call)
{
    json_t *product = catalogue_product(call->shop->catalogue, call->argument);
    if (product)
        read_show(call, product);
    else
        answer_error(call->answer, 404,
                     "The product that was requested doesn't exist. Verify the product and try "
                     "again.",
                     NULL);
}

void
read_products(struct call *call)
{
    struct criteria criteria;
    if (!criteria_of_call(call, "", &criteria))
        return;
    json_t *rows = json_array();
    struct wanted wanted = wanted_values(&criteria, "sku");
    char sku[256];
    while (wanted.rest) {
        next_value(&wanted, sku, sizeof(sku));
        json_auto_t *product = catalogue_product(call->shop->catalogue, sku);
        if (product)
            json_array_append(rows, product);
    }
    if (!wanted_values(&criteria, "sku").rest) {
        const char *name;
        json_t *product;
        json_object_foreach(catalogue_products(call->shop->catalogue), name, product)
        {
            if (criteria_match(&criteria, product))
                json_array_append(rows, product);
        }
    }
    show_page(call, &criteria, rows);
}

void
read_store_views(struct call *call)
{
    read_show(call, json_incref(catalogue_store_views(call->shop->catalogue)));
}

void
read_store_configs(struct call *call)
{
    read_show(call, json_incref(catalogue_store_configs(call->shop->catalogue)));
}

void
read_countries(struct call *call)
{
    read_show(call, json_incref(catalogue_countries(call->shop->catalogue)));
}

void
read_country(struct call *call)
{
    json_t *country = catalogue_country(call->shop->catalogue, call->argument);
    if (country)
        read_show(call, json_incref(country));
    else
        answer_error(call->answer, 404, "The country isn't available.", NULL);
}
