#include "sim/catalogue.h"

#include "sim/row.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct catalogue {
    json_t *products; /* lower-case SKU -> product; NULL in auto mode */
    json_t *known;    /* lists of SKUs that settings name */
    json_t *unknown;
    json_t *stock; /* SKU -> quantity left */
    json_t *sources;
    json_t *store_views;
    json_t *store_configs;
    json_t *countries;
};

static json_t *
store_view(int id, const char *code, const char *name, int website)
{
    return json_pack("{s:i,s:s,s:s,s:i,s:i,s:i}", "id", id, "code", code, "name", name,
                     "website_id", website, "store_group_id", website, "is_active", 1);
}

static json_t *
store_config(int id, const char *code)
{
    static const char url[] = "http://shop.example.com/";
    static const char *const urls[] = {"base_url",
                                       "base_link_url",
                                       "base_static_url",
                                       "base_media_url",
                                       "secure_base_url",
                                       "secure_base_link_url",
                                       "secure_base_static_url",
                                       "secure_base_media_url"};
    json_t *config =
        json_pack("{s:i,s:s,s:i,s:s,s:s,s:s,s:s,s:s}", "id", id, "code", code, "website_id", 1,
                  "locale", "en_US", "base_currency_code", "EUR", "default_display_currency_code",
                  "EUR", "timezone", "UTC", "weight_unit", "lbs");
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        row_set_text(config, urls[i], url);
    return config;
}

static void
lower_case(const char *text, char *lower, size_t size)
{
    size_t i = 0;
    for (; text[i] && i + 1 < size; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    lower[i] = '\0';
}

static json_t *
product(const char *sku, int64_t id, const char *name, const char *type_id, fixed4 price)
{
    json_t *row =
        json_pack("{s:I,s:s,s:s,s:i,s:i,s:i,s:s,s:s,s:s}", "id", (json_int_t)id, "sku", sku, "name",
                  name, "attribute_set_id", 4, "status", 1, "visibility", 4, "type_id", type_id,
                  "created_at", "2026-01-01 00:00:00", "updated_at", "2026-01-01 00:00:00");
    row_set_amount(row, "price", price);
    return row;
}

static enum result
load_products(const char *path, json_t **ret_products, struct error *err)
{
    json_error_t at;
    json_auto_t *list = json_load_file(path, 0, &at);
    if (!json_is_array(list))
        return error_result(err, RESULT_REJECTED, "%s: line %d: %s", path, at.line,
                            list ? "not a list" : at.text);
    json_auto_t *products = json_object();
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        const char *sku = row_text(entry, "sku");
        if (!*sku || !row_has(entry, "id"))
            return error_result(err, RESULT_REJECTED, "%s: product %zu lacks sku or id", path, i);
        const char *name = row_has(entry, "name") ? row_text(entry, "name") : sku;
        const char *type = row_has(entry, "type_id") ? row_text(entry, "type_id") : "simple";
        char key[256];
        lower_case(sku, key, sizeof(key));
        json_object_set_new(
            products, key,
            product(sku, row_integer(entry, "id"), name, type, row_amount(entry, "price")));
    }
    *ret_products = json_incref(products);
    return RESULT_OK;
}

enum result
catalogue_load(const char *products, const char *directory, struct catalogue **ret_catalogue,
               struct error *err)
{
    json_error_t at;
    json_auto_t *countries = json_load_file(directory, 0, &at);
    if (!json_is_array(countries))
        return error_result(err, RESULT_REJECTED, "%s: line %d: %s", directory, at.line,
                            countries ? "not a list" : at.text);
    json_auto_t *listed = NULL;
    if (strcmp(products, "auto") != 0) {
        enum result result = load_products(products, &listed, err);
        if (result != RESULT_OK)
            return result;
    }
    struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
    if (!catalogue)
        return error_result(err, RESULT_FAILED, "out of memory");
    catalogue->products = json_incref(listed);
    catalogue->countries = json_incref(countries);
    catalogue->sources = json_pack("[s]", "default");
    catalogue->stock = json_object();
    catalogue->store_views =
        json_pack("[o,o,o]", store_view(1, "default", "Default Store View", 1),
                  store_view(2, "wholesale", "Wholesale", 1), store_view(0, "admin", "Admin", 0));
    catalogue->store_configs =
        json_pack("[o,o]", store_config(1, "default"), store_config(2, "wholesale"));
    *ret_catalogue = catalogue;
    return RESULT_OK;
}

void
catalogue_free(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    json_decref(catalogue->products);
    json_decref(catalogue->known);
    json_decref(catalogue->unknown);
    json_decref(catalogue->stock);
    json_decref(catalogue->sources);
    json_decref(catalogue->store_views);
    json_decref(catalogue->store_configs);
    json_decref(catalogue->countries);
    free(catalogue);
}

static void
replace(json_t **setting, const json_t *settings, const char *name)
{
    json_t *given = json_object_get(settings, name);
    if (!given)
        return;
    json_decref(*setting);
    *setting = json_deep_copy(given);
}

void
catalogue_configure(struct catalogue *catalogue, const json_t *settings)
{
    replace(&catalogue->known, settings, "known_products");
    replace(&catalogue->unknown, settings, "unknown_products");
    replace(&catalogue->stock, settings, "stock");
    replace(&catalogue->sources, settings, "sources");
}

static bool
list_has(const json_t *list, const char *text)
{
    size_t i;
    json_t *element;
    json_array_foreach(list, i, element)
    {
        if (json_is_string(element) && strcasecmp(json_string_value(element), text) == 0)
            return true;
    }
    return false;
}

/* FNV-1a, in the range of a product id. */
static int64_t
id_of_sku(const char *sku)
{
    uint32_t hash = 2166136261U;
    for (; *sku; sku++)
        hash = (hash ^ (uint32_t)tolower((unsigned char)*sku)) * 16777619U;
    return (int64_t)(hash & 0x3FFFFFFFU) + 1;
}

json_t *
catalogue_product(const struct catalogue *catalogue, const char *sku)
{
    if (!*sku || list_has(catalogue->unknown, sku))
        return NULL;
    char key[256];
    lower_case(sku, key, sizeof(key));
    json_t *listed = json_object_get(catalogue->products, key);
    if (listed)
        return json_incref(listed);
    if (!list_has(catalogue->known, sku) &&
        (catalogue->products || strncmp(sku, "UNKNOWN", 7) == 0))
        return NULL;
    return product(sku, id_of_sku(sku), sku, "simple", 10 * FIXED4_ONE);
}

json_t *
catalogue_products(const struct catalogue *catalogue)
{
    return catalogue->products;
}

json_t *
catalogue_store_views(const struct catalogue *catalogue)
{
    return catalogue->store_views;
}

json_t *
catalogue_store_configs(const struct catalogue *catalogue)
{
    return catalogue->store_configs;
}

bool
catalogue_has_store_code(const struct catalogue *catalogue, const char *code)
{
    if (!*code || strcmp(code, "all") == 0)
        return true;
    size_t i;
    json_t *view;
    json_array_foreach(catalogue->store_views, i, view)
    {
        if (strcmp(row_text(view, "code"), code) == 0)
            return true;
    }
    return false;
}

bool
catalogue_has_store(const struct catalogue *catalogue, int64_t store_id)
{
    size_t i;
    json_t *view;
    json_array_foreach(catalogue->store_views, i, view)
    {
        if (row_integer(view, "id") == store_id)
            return true;
    }
    return false;
}

bool
catalogue_has_source(const struct catalogue *catalogue, const char *code)
{
    return list_has(catalogue->sources, code);
}

bool
catalogue_take_stock(struct catalogue *catalogue, const char *sku, int64_t quantity)
{
    if (!row_has(catalogue->stock, sku))
        return true;
    fixed4 left = row_amount(catalogue->stock, sku);
    if (left < quantity)
        return false;
    row_set_amount(catalogue->stock, sku, left - quantity);
    return true;
}

json_t *
catalogue_countries(const struct catalogue *catalogue)
{
    return catalogue->countries;
}

json_t *
catalogue_country(const struct catalogue *catalogue, const char *id)
{
    size_t i;
    json_t *country;
    json_array_foreach(catalogue->countries, i, country)
    {
        if (strcmp(row_text(country, "id"), id) == 0)
            return country;
    }
    return NULL;
}
