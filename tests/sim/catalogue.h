/* What the simulated shop sells and where: products, store views, sources, countries. */
#ifndef AMSYNC_SIM_CATALOGUE_H
#define AMSYNC_SIM_CATALOGUE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct catalogue;

/*
 * `products` is "auto" (every SKU that does not begin with UNKNOWN is a simple product, its id
 * always the same) or a file with a list of {"sku", "id", "name", "type_id", "price"}.
 * `directory` is a file with the list that GET /V1/directory/countries answers.
 */
enum result catalogue_load(const char *products, const char *directory,
                           struct catalogue **ret_catalogue, struct error *err) AMSYNC_MUST_USE;
void catalogue_free(struct catalogue *catalogue);

/*
 * Settings by name, each optional: "known_products" and "unknown_products" (lists of SKUs, before
 * anything else), "stock" ({sku: quantity}; others never run out), "sources" (list of codes).
 */
void catalogue_configure(struct catalogue *catalogue, const json_t *settings);

/* The product as GET /V1/products/{sku} shows it, NULL if there is none. A new reference. */
json_t *catalogue_product(const struct catalogue *catalogue, const char *sku);

/* All products of a file, known by SKU; an object. NULL in auto mode. Borrowed. */
json_t *catalogue_products(const struct catalogue *catalogue);

/* The lists that /V1/store/storeViews and storeConfigs answer. Borrowed. */
json_t *catalogue_store_views(const struct catalogue *catalogue);
json_t *catalogue_store_configs(const struct catalogue *catalogue);

/* "" and "all" and "default" name stores too. */
bool catalogue_has_store_code(const struct catalogue *catalogue, const char *code);
bool catalogue_has_store(const struct catalogue *catalogue, int64_t store_id);

bool catalogue_has_source(const struct catalogue *catalogue, const char *code);

/*
 * Takes a quantity (in 1/10000; a negative one is given back) from the stock of a SKU. False, and
 * nothing is taken, when there is less.
 */
bool catalogue_take_stock(struct catalogue *catalogue, const char *sku, int64_t quantity);

/* The list of countries, borrowed; one of them by its two letters, or NULL. */
json_t *catalogue_countries(const struct catalogue *catalogue);
json_t *catalogue_country(const struct catalogue *catalogue, const char *id);

#endif
