#include "sim/schema.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REF_PREFIX "#/definitions/"
#define PATH_BYTES 256
#define NODES_MAX 8192
#define NO_NODE 0 /* node 0 is never used */

/* Nodes refer to each other by their index, so that definitions may contain themselves. */
struct schema_node {
    enum schema_type type;
    size_t elements;    /* of an array */
    json_t *properties; /* of an object: name -> index */
};

struct schema {
    struct schema_node *nodes;
    size_t count;
    json_t *definitions; /* name -> index */
    json_t *bodies;      /* "POST /V1/orders" -> index */
};

void
schema_free(struct schema *schema)
{
    if (!schema)
        return;
    for (size_t i = 0; i < schema->count; i++)
        json_decref(schema->nodes[i].properties);
    free(schema->nodes);
    json_decref(schema->definitions);
    json_decref(schema->bodies);
    free(schema);
}

static const struct schema_node *
node_at(const struct schema *schema, const json_t *index)
{
    size_t number = (size_t)json_integer_value(index);
    return number == NO_NODE ? NULL : &schema->nodes[number];
}

static enum schema_type
type_of(const char *name)
{
    static const char *const names[] = {"object",  "array",  "string",
                                        "integer", "number", "boolean"};
    for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return (enum schema_type)i;
    }
    return SCHEMA_OBJECT;
}

/* Compiles a schema of the document; NO_NODE if there are too many or it refers to nothing. */
static size_t
compile(struct schema *schema, const json_t *document)
{
    const char *ref = json_string_value(json_object_get(document, "$ref"));
    if (ref) {
        if (strncmp(ref, REF_PREFIX, strlen(REF_PREFIX)) != 0)
            return NO_NODE;
        return (size_t)json_integer_value(
            json_object_get(schema->definitions, ref + strlen(REF_PREFIX)));
    }
    if (schema->count == NODES_MAX)
        return NO_NODE;
    size_t number = schema->count++;
    struct schema_node *node = &schema->nodes[number];
    node->type = type_of(json_string_value(json_object_get(document, "type")));
    node->properties = json_object();
    const json_t *elements = json_object_get(document, "items");
    if (elements)
        node->elements = compile(schema, elements);
    const char *name;
    json_t *property;
    json_object_foreach(json_object_get(document, "properties"), name, property)
    {
        json_object_set_new(node->properties, name,
                            json_integer((json_int_t)compile(schema, property)));
    }
    return number;
}

/*
 * Definitions first get an empty node each, so that they can be referred to; compiling fills a
 * fresh node, which then takes the place of the empty one.
 */
static void
compile_definitions(struct schema *schema, json_t *definitions)
{
    const char *name;
    json_t *definition;
    json_object_foreach(definitions, name, definition)
    {
        if (schema->count < NODES_MAX)
            json_object_set_new(schema->definitions, name,
                                json_integer((json_int_t)schema->count++));
    }
    json_object_foreach(definitions, name, definition)
    {
        size_t number = (size_t)json_integer_value(json_object_get(schema->definitions, name));
        size_t compiled = compile(schema, definition);
        if (number == NO_NODE || compiled == NO_NODE || compiled < number)
            continue;
        schema->nodes[number] = schema->nodes[compiled];
        schema->nodes[compiled].properties = NULL;
    }
}

static void
compile_call(struct schema *schema, const char *method, const char *path, const json_t *call)
{
    size_t i;
    json_t *parameter;
    json_array_foreach(json_object_get(call, "parameters"), i, parameter)
    {
        const char *in = json_string_value(json_object_get(parameter, "in"));
        if (!in || strcmp(in, "body") != 0)
            continue;
        char key[PATH_BYTES];
        (void)snprintf(key, sizeof(key), "%s %s", method, path);
        size_t body = compile(schema, json_object_get(parameter, "schema"));
        json_object_set_new(schema->bodies, key, json_integer((json_int_t)body));
    }
}

static void
compile_bodies(struct schema *schema, json_t *paths)
{
    const char *path;
    json_t *calls;
    json_object_foreach(paths, path, calls)
    {
        compile_call(schema, "POST", path, json_object_get(calls, "post"));
        compile_call(schema, "PUT", path, json_object_get(calls, "put"));
    }
}

enum result
schema_load(const char *path, struct schema **ret_schema, struct error *err)
{
    json_error_t at;
    json_auto_t *document = json_load_file(path, 0, &at);
    if (!document)
        return error_result(err, RESULT_REJECTED, "%s: line %d: %s", path, at.line, at.text);
    json_t *definitions = json_object_get(document, "definitions");
    json_t *paths = json_object_get(document, "paths");
    if (!json_is_object(definitions) || !json_is_object(paths))
        return error_result(err, RESULT_REJECTED, "%s: no definitions or no paths", path);
    struct schema *schema = calloc(1, sizeof(*schema));
    if (!schema)
        return error_result(err, RESULT_FAILED, "out of memory");
    schema->nodes = calloc(NODES_MAX, sizeof(*schema->nodes));
    schema->count = NO_NODE + 1;
    schema->definitions = json_object();
    schema->bodies = json_object();
    if (!schema->nodes) {
        schema->count = 0;
        schema_free(schema);
        return error_result(err, RESULT_FAILED, "out of memory");
    }
    compile_definitions(schema, definitions);
    compile_bodies(schema, paths);
    if (schema->count == NODES_MAX) {
        schema_free(schema);
        return error_result(err, RESULT_REJECTED, "%s: more than %d nodes", path, NODES_MAX);
    }
    *ret_schema = schema;
    return RESULT_OK;
}

const struct schema_node *
schema_definition(const struct schema *schema, const char *name)
{
    return node_at(schema, json_object_get(schema->definitions, name));
}

const struct schema_node *
schema_body(const struct schema *schema, const char *method, const char *path)
{
    char key[PATH_BYTES];
    (void)snprintf(key, sizeof(key), "%s %s", method, path);
    return node_at(schema, json_object_get(schema->bodies, key));
}

enum schema_type
schema_node_type(const struct schema_node *node)
{
    return node->type;
}

const char *
schema_node_type_name(const struct schema_node *node)
{
    switch (node->type) {
    case SCHEMA_STRING:
        return "string";
    case SCHEMA_INTEGER:
        return "int";
    case SCHEMA_NUMBER:
        return "float";
    case SCHEMA_BOOLEAN:
        return "bool";
    case SCHEMA_ARRAY:
        return "array";
    case SCHEMA_OBJECT:
        break;
    }
    return "object";
}

const struct schema_node *
schema_property(const struct schema *schema, const struct schema_node *object, const char *name)
{
    return node_at(schema, json_object_get(object->properties, name));
}

const struct schema_node *
schema_elements(const struct schema *schema, const struct schema_node *array)
{
    return array->elements == NO_NODE ? NULL : &schema->nodes[array->elements];
}

static const char *
kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number with decimals";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bool
kind_fits(enum schema_type type, const json_t *value)
{
    switch (type) {
    case SCHEMA_OBJECT:
        return json_is_object(value);
    case SCHEMA_ARRAY:
        return json_is_array(value);
    case SCHEMA_STRING:
        return json_is_string(value);
    case SCHEMA_INTEGER:
        return json_is_integer(value);
    case SCHEMA_NUMBER:
        return json_is_number(value);
    case SCHEMA_BOOLEAN:
        return json_is_boolean(value);
    }
    return false;
}

static enum result check(const struct schema *schema, const struct schema_node *node, json_t *value,
                         const char *path, struct error *err);

static enum result
check_elements(const struct schema *schema, const struct schema_node *node, const json_t *value,
               const char *path, struct error *err)
{
    const struct schema_node *elements = schema_elements(schema, node);
    size_t i;
    json_t *element;
    json_array_foreach(value, i, element)
    {
        char below[PATH_BYTES];
        (void)snprintf(below, sizeof(below), "%s[%zu]", path, i);
        enum result result = check(schema, elements, element, below, err);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum result
check_properties(const struct schema *schema, const struct schema_node *node, json_t *value,
                 const char *path, struct error *err)
{
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member)
    {
        char below[PATH_BYTES];
        (void)snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", name);
        const struct schema_node *property = schema_property(schema, node, name);
        if (!property)
            return error_result(err, RESULT_REJECTED, "%s: no such property", below);
        enum result result = check(schema, property, member, below, err);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum result
check(const struct schema *schema, const struct schema_node *node, json_t *value, const char *path,
      struct error *err)
{
    if (!node)
        return error_result(err, RESULT_FAILED, "%s: the schema names no type", path);
    if (json_is_null(value))
        return RESULT_OK;
    if (!kind_fits(node->type, value))
        return error_result(err, RESULT_REJECTED, "%s: %s, expected %s", path, kind_of(value),
                            schema_node_type_name(node));
    if (node->type == SCHEMA_ARRAY)
        return check_elements(schema, node, value, path, err);
    if (node->type == SCHEMA_OBJECT)
        return check_properties(schema, node, value, path, err);
    return RESULT_OK;
}

enum result
schema_check_node(const struct schema *schema, const struct schema_node *node, json_t *value,
                  struct error *err)
{
    return check(schema, node, value, "", err);
}

enum result
schema_check(const struct schema *schema, const char *definition, json_t *value, struct error *err)
{
    const struct schema_node *node = schema_definition(schema, definition);
    if (!node)
        return error_result(err, RESULT_FAILED, "the schema has no definition %s", definition);
    return check(schema, node, value, "", err);
}
