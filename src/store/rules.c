#include "store/rules.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/database.h"
#include "store/preferences.h"

struct company_preferences {
    char *company;
    struct preferences preferences;
};

struct rules {
    atomic_uint references;
    int64_t version;
    struct preferences preferences;
    struct company_preferences *companies;
    size_t company_count;
    struct shipping_mapping *shipping;
    size_t shipping_count;
    struct code_mapping *payment;
    size_t payment_count;
    struct code_mapping *warehouse;
    size_t warehouse_count;
};

const struct preferences *
rules_preferences(const struct rules *rules, const char *company)
{
    for (size_t i = 0; i < rules->company_count; i++) {
        if (strcmp(rules->companies[i].company, company) == 0)
            return &rules->companies[i].preferences;
    }
    return &rules->preferences;
}

const struct shipping_mapping *
rules_shipping(const struct rules *rules, const char *ship_via)
{
    const struct shipping_mapping *fallback = NULL;

    for (size_t i = 0; i < rules->shipping_count; i++) {
        if (strcasecmp(rules->shipping[i].ship_via, ship_via) == 0)
            return &rules->shipping[i];
        if (strcmp(rules->shipping[i].ship_via, "*") == 0)
            fallback = &rules->shipping[i];
    }
    return fallback;
}

static const char *
find_code(const struct code_mapping *mappings, size_t count, const char *from)
{
    const char *fallback = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(mappings[i].from, from) == 0)
            return mappings[i].to;
        if (strcmp(mappings[i].from, "*") == 0)
            fallback = mappings[i].to;
    }
    return fallback;
}

const char *
rules_payment_code(const struct rules *rules, const char *payment_method)
{
    return find_code(rules->payment, rules->payment_count, payment_method);
}

const char *
rules_source_code(const struct rules *rules, const char *warehouse)
{
    return find_code(rules->warehouse, rules->warehouse_count, warehouse);
}

int64_t
rules_version(const struct rules *rules)
{
    return rules->version;
}

struct rules *
rules_ref(struct rules *rules)
{
    atomic_fetch_add(&rules->references, 1);
    return rules;
}

static void
free_codes(struct code_mapping *mappings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(mappings[i].from);
        free(mappings[i].to);
    }
    free(mappings);
}

void
rules_unref(struct rules **reference)
{
    struct rules *rules = *reference;

    *reference = NULL;
    if (rules == NULL || atomic_fetch_sub(&rules->references, 1) > 1)
        return;
    preferences_finish(&rules->preferences);
    for (size_t i = 0; i < rules->company_count; i++) {
        free(rules->companies[i].company);
        preferences_finish(&rules->companies[i].preferences);
    }
    free(rules->companies);
    for (size_t i = 0; i < rules->shipping_count; i++) {
        free(rules->shipping[i].ship_via);
        free(rules->shipping[i].method);
        free(rules->shipping[i].title);
        free(rules->shipping[i].carrier);
    }
    free(rules->shipping);
    free_codes(rules->payment, rules->payment_count);
    free_codes(rules->warehouse, rules->warehouse_count);
    free(rules);
}

static enum result
no_memory(struct error *err)
{
    return error_result(err, RESULT_FAILED, "out of memory");
}

static bool
is_of_numbering(const char *key)
{
    return strcmp(key, "increment_prefix") == 0 || strcmp(key, "numbering") == 0;
}

/* Sets what `values` (may be NULL) has. */
static enum result
assign_all(struct preferences *preferences, json_t *values, struct error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach(values, key, value)
    {
        if (!json_is_string(value))
            return error_result(err, RESULT_REJECTED, "preference %s: not a text", key);

        enum result result = preferences_assign(preferences, key, json_string_value(value), err);

        if (result != RESULT_OK)
            return result;
        preferences->numbering_was_set = preferences->numbering_was_set || is_of_numbering(key);
    }
    return RESULT_OK;
}

/* A company's own on top of those for all. */
static enum result
read_preferences(struct rules *rules, const json_t *json, struct error *err)
{
    json_t *common = json_object_get(json, "preferences");
    json_t *companies = json_object_get(json, "company_preferences");
    enum result result = preferences_init(&rules->preferences, err);
    const char *company;
    json_t *values;

    if (result == RESULT_OK)
        result = assign_all(&rules->preferences, common, err);
    if (result != RESULT_OK || json_object_size(companies) == 0)
        return result;
    rules->companies = calloc(json_object_size(companies), sizeof(*rules->companies));
    if (rules->companies == NULL)
        return no_memory(err);
    json_object_foreach(companies, company, values)
    {
        struct company_preferences *own = &rules->companies[rules->company_count++];

        own->company = strdup(company);
        if (own->company == NULL)
            return no_memory(err);
        result = preferences_init(&own->preferences, err);
        if (result == RESULT_OK)
            result = assign_all(&own->preferences, common, err);
        if (result == RESULT_OK)
            result = assign_all(&own->preferences, values, err);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

/* A text that may be absent or null. False only without memory. */
static bool
copy_optional(const json_t *object, const char *key, char **ret_text)
{
    const char *text = json_object_text(object, key);

    *ret_text = text != NULL ? strdup(text) : NULL;
    return text == NULL || *ret_text != NULL;
}

static enum result
read_shipping(struct rules *rules, const json_t *json, struct error *err)
{
    json_t *mappings = json_object_get(json, "shipping");
    const char *ship_via;
    json_t *value;

    rules->shipping = calloc(json_object_size(mappings) + 1, sizeof(*rules->shipping));
    if (rules->shipping == NULL)
        return no_memory(err);
    json_object_foreach(mappings, ship_via, value)
    {
        struct shipping_mapping *mapping = &rules->shipping[rules->shipping_count++];

        if (json_object_text(value, "method") == NULL)
            return error_result(err, RESULT_REJECTED, "shipping mapping of %s: no method",
                                ship_via);
        mapping->ship_via = strdup(ship_via);
        if (mapping->ship_via == NULL || !copy_optional(value, "method", &mapping->method) ||
            !copy_optional(value, "title", &mapping->title) ||
            !copy_optional(value, "carrier", &mapping->carrier))
            return no_memory(err);
    }
    return RESULT_OK;
}

static enum result
read_codes(const json_t *json, const char *key, struct code_mapping **mappings, size_t *count,
           struct error *err)
{
    json_t *values = json_object_get(json, key);
    const char *from;
    json_t *to;

    *mappings = calloc(json_object_size(values) + 1, sizeof(**mappings));
    if (*mappings == NULL)
        return no_memory(err);
    json_object_foreach(values, from, to)
    {
        struct code_mapping *mapping = &(*mappings)[(*count)++];

        if (!json_is_string(to))
            return error_result(err, RESULT_REJECTED, "%s mapping of %s: not a text", key, from);
        mapping->from = strdup(from);
        mapping->to = strdup(json_string_value(to));
        if (mapping->from == NULL || mapping->to == NULL)
            return no_memory(err);
    }
    return RESULT_OK;
}

enum result
rules_from_json(const json_t *json, struct rules **ret_rules, struct error *err)
{
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = calloc(1, sizeof(*rules));

    if (rules == NULL)
        return no_memory(err);
    atomic_init(&rules->references, 1);
    rules->version = (int64_t)json_integer_value(json_object_get(json, "version"));

    enum result result = read_preferences(rules, json, err);

    if (result == RESULT_OK)
        result = read_shipping(rules, json, err);
    if (result == RESULT_OK)
        result = read_codes(json, "payment", &rules->payment, &rules->payment_count, err);
    if (result == RESULT_OK)
        result = read_codes(json, "warehouse", &rules->warehouse, &rules->warehouse_count, err);
    if (result == RESULT_OK)
        *ret_rules = TAKE_PTR(rules);
    return result;
}

enum result
rules_load(struct database *database, struct rules **ret_rules, struct error *err)
{
    /* Only preferences that this program knows: a newer one may have set others. */
    static const char sql[] =
        "WITH known AS (SELECT company, key, value FROM amsync.preference"
        "                WHERE shop = 'default' AND key = ANY ($1))"
        " SELECT json_build_object("
        "  'version', (SELECT version FROM amsync.rules_version WHERE shop = 'default'),"
        "  'preferences', (SELECT coalesce(json_object_agg(key, value), '{}')"
        "                    FROM known WHERE company = ''),"
        "  'company_preferences', (SELECT coalesce(json_object_agg(company, own), '{}')"
        "     FROM (SELECT company, json_object_agg(key, value) AS own FROM known"
        "            WHERE company <> '' GROUP BY company) AS c),"
        "  'shipping', (SELECT coalesce(json_object_agg(ship_via, json_build_object("
        "     'method', method, 'title', title, 'carrier', carrier)), '{}')"
        "     FROM amsync.shipping_mapping WHERE shop = 'default'),"
        "  'payment', (SELECT coalesce(json_object_agg(payment_method, code), '{}')"
        "     FROM amsync.payment_mapping WHERE shop = 'default'),"
        "  'warehouse', (SELECT coalesce(json_object_agg(warehouse, source), '{}')"
        "     FROM amsync.warehouse_mapping WHERE shop = 'default'))";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *json = NULL;
    const struct preference_description *description;

    params_text_array(&params);
    for (size_t i = 0; (description = preference_description_at(i)) != NULL; i++)
        params_push_text(&params, description->key);

    enum result result = database_query(database, sql, &params, &rows, err);

    if (result == RESULT_OK)
        result =
            json_decode(PQgetvalue(rows, 0, 0), (size_t)PQgetlength(rows, 0, 0), 8, 0, &json, err);
    return result == RESULT_OK ? rules_from_json(json, ret_rules, err) : result;
}

enum result
rules_refresh(struct database *database, struct rules **rules, struct error *err)
{
    static const char sql[] = "SELECT version FROM amsync.rules_version WHERE shop = 'default'";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    struct rules *fresh = NULL;
    enum result result = database_query(database, sql, NULL, &rows, err);

    if (result != RESULT_OK || (*rules != NULL && (*rules)->version == row_int64(rows, 0, 0)))
        return result;
    result = rules_load(database, &fresh, err);
    if (result != RESULT_OK)
        return result;
    rules_unref(rules);
    *rules = fresh;
    return RESULT_OK;
}
