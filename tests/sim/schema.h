/*
 * Magento's own schema of its REST calls (tests/data/magento-schema.json: the Swagger 2.0 that
 * Adobe publishes, cut to the calls amsync makes), and a check of a body against it.
 */
#ifndef AMSYNC_SIM_SCHEMA_H
#define AMSYNC_SIM_SCHEMA_H

#include "base/error.h"

#include <jansson.h>

struct schema;

/*
 * Reads the file. RESULT_REJECTED names the file and what is wrong with it. The result is read-only
 * afterwards and may be used by any thread; schema_free ends it.
 */
enum result schema_load(const char *path, struct schema **ret_schema,
                        struct error *err) AMSYNC_MUST_USE;
void schema_free(struct schema *schema);

/* A definition such as "sales-data-order-interface"; NULL if there is none. Borrowed. */
const json_t *schema_definition(const struct schema *schema, const char *name);

/* The schema of a call's body, "POST", "/V1/order/{orderId}/ship"; NULL if it takes none. */
const json_t *schema_body(const struct schema *schema, const char *method, const char *path);

/*
 * What a property of a definition holds: the property's own schema with a $ref followed. NULL when
 * the definition has no such property.
 */
const json_t *schema_property(const struct schema *schema, const json_t *definition,
                              const char *name);

/* The schema of an array's elements, with a $ref followed; NULL if `node` is not an array. */
const json_t *schema_elements(const struct schema *schema, const json_t *node);

/*
 * Checks a value against a definition by name, or against a schema as returned above: every
 * property known, every value of the type said, all the way down; null fits everything.
 * RESULT_REJECTED names the first misfit by its path, such as
 * `items[0].qty: a string, expected number`.
 */
enum result schema_check(const struct schema *schema, const char *definition, json_t *value,
                         struct error *err) AMSYNC_MUST_USE;
enum result schema_check_node(const struct schema *schema, const json_t *node, json_t *value,
                              struct error *err) AMSYNC_MUST_USE;

#endif
