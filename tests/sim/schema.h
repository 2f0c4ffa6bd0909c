/*
 * Magento's own schema of its REST calls (tests/data/magento-schema.json: the Swagger 2.0 that
 * Adobe publishes, cut to the calls amsync makes), and a check of a body against it.
 */
#ifndef AMSYNC_SIM_SCHEMA_H
#define AMSYNC_SIM_SCHEMA_H

#include "base/error.h"

#include <jansson.h>

struct schema;

enum schema_type {
    SCHEMA_OBJECT,
    SCHEMA_ARRAY,
    SCHEMA_STRING,
    SCHEMA_INTEGER,
    SCHEMA_NUMBER,
    SCHEMA_BOOLEAN
};

/* What a value may be: a definition, a body, a property or an array's elements. */
struct schema_node;

/*
 * Reads the file. RESULT_REJECTED names the file and what is wrong with it. The result is read-only
 * afterwards and may be used by any thread; schema_free ends it, and all nodes with it.
 */
enum result schema_load(const char *path, struct schema **ret_schema,
                        struct error *err) AMSYNC_MUST_USE;
void schema_free(struct schema *schema);

/* A definition such as "sales-data-order-interface"; NULL if there is none. */
const struct schema_node *schema_definition(const struct schema *schema, const char *name);

/* The body of a call, "POST", "/V1/order/{orderId}/ship"; NULL if it takes none. */
const struct schema_node *schema_body(const struct schema *schema, const char *method,
                                      const char *path);

enum schema_type schema_node_type(const struct schema_node *node);

/* "string", "int", "float", "bool", as Magento calls them; "array", "object". */
const char *schema_node_type_name(const struct schema_node *node);

/* A property of an object, NULL if it has none of that name. */
const struct schema_node *schema_property(const struct schema *schema,
                                          const struct schema_node *object, const char *name);

/* An array's elements, NULL if the schema does not say what they are. */
const struct schema_node *schema_elements(const struct schema *schema,
                                          const struct schema_node *array);

/*
 * Checks a value against a definition by name, or against a node as returned above: every
 * property known, every value of the type said, all the way down; null fits everything.
 * RESULT_REJECTED names the first misfit by its path, such as
 * `items[0].qty: a string, expected number`.
 */
enum result schema_check(const struct schema *schema, const char *definition, json_t *value,
                         struct error *err) AMSYNC_MUST_USE;
enum result schema_check_node(const struct schema *schema, const struct schema_node *node,
                              json_t *value, struct error *err) AMSYNC_MUST_USE;

#endif
