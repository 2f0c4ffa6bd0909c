#include "intake/enabled.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "intake/fields.h"
#include "store/documents.h"

void
enabled_customers_clear(struct enabled_customers *customers)
{
    for (size_t i = 0; i < customers->count; i++)
        json_decref(customers->items[i].customer_id);
    free(customers->items);
    *customers = (struct enabled_customers){0};
}

static bool
is_one_of(const char *text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (text_equals_ignore_case(text, words[i]))
            return true;
    }
    return false;
}

/* RESULT_NONE: neither true nor false. */
static enum result
read_flag(const json_t *value, bool *ret_flag)
{
    static const char *const yes[] = {"true", "yes", "1", NULL};
    static const char *const no[] = {"false", "no", "0", NULL};
    const char *text = json_string_value(value);

    if (json_is_true(value) || (text != NULL && is_one_of(text, yes))) {
        *ret_flag = true;
        return RESULT_OK;
    }
    if (json_is_false(value) || (text != NULL && is_one_of(text, no))) {
        *ret_flag = false;
        return RESULT_OK;
    }
    return RESULT_NONE;
}

enum result
enabled_customers_note(struct enabled_customers *customers, const char *company,
                       const json_t *header_fields, int64_t timestamp)
{
    json_t *customer_id = json_object_get(header_fields, field_name(FIELD_CUSTOMER_ID));
    bool enabled;

    if (json_string_length(customer_id) == 0 ||
        read_flag(json_object_get(header_fields, field_name(FIELD_CUSTOMER_ENABLED)), &enabled) !=
            RESULT_OK)
        return RESULT_OK;
    if (customers->count == customers->capacity) {
        size_t capacity = customers->capacity == 0 ? 16 : 2 * customers->capacity;
        struct enabled_customer *items = reallocarray(customers->items, capacity, sizeof(*items));

        if (items == NULL)
            return RESULT_FAILED;
        customers->items = items;
        customers->capacity = capacity;
    }
    customers->items[customers->count++] = (struct enabled_customer){
        .company = company,
        .customer_id = json_incref(customer_id),
        .enabled = enabled,
        .timestamp = timestamp,
    };
    return RESULT_OK;
}

static int
compare_customers(const struct enabled_customer *left, const struct enabled_customer *right)
{
    int order = strcmp(left->company, right->company);

    return order != 0 ? order
                      : strcmp(json_string_value(left->customer_id),
                               json_string_value(right->customer_id));
}

/* The last word on a customer comes last; of two at the same TimeStamp, that it is enabled. */
static int
compare(const void *left, const void *right)
{
    const struct enabled_customer *a = left;
    const struct enabled_customer *b = right;
    int order = compare_customers(a, b);

    if (order == 0)
        order = (a->timestamp > b->timestamp) - (a->timestamp < b->timestamp);
    return order != 0 ? order : (int)a->enabled - (int)b->enabled;
}

/* Of one company those that are enabled, or those that are not. */
static enum result
save_group(const struct enabled_customer *items, size_t count, bool enabled,
           struct database *database, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) const char **ids = calloc(count, sizeof(*ids));
    size_t id_count = 0;

    if (ids == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count || compare_customers(&items[i], &items[i + 1]) != 0;

        if (last && items[i].enabled == enabled)
            ids[id_count++] = json_string_value(items[i].customer_id);
    }
    if (id_count == 0)
        return RESULT_OK;
    return customers_set_enabled(database, items[0].company, ids, id_count, enabled, err);
}

enum result
enabled_customers_save(struct enabled_customers *customers, struct database *database,
                       struct error *err)
{
    enum result result = RESULT_OK;
    size_t start = 0;

    if (customers->count > 1)
        qsort(customers->items, customers->count, sizeof(*customers->items), compare);
    while (result == RESULT_OK && start < customers->count) {
        const struct enabled_customer *items = &customers->items[start];
        size_t count = 1;

        while (start + count < customers->count &&
               strcmp(items[count].company, items->company) == 0)
            count++;
        result = save_group(items, count, true, database, err);
        if (result == RESULT_OK)
            result = save_group(items, count, false, database, err);
        start += count;
    }
    return result;
}
