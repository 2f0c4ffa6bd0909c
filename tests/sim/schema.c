#include "sim/schema.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REF_PREFIX "#/definitions/"
#define PATH_BYTES 256

struct schema {
    json_t *document;
    const json_t *definitions;
    const json_t *paths;
};

void
schema_free(struct schema *schema)
{
    if (!schema)
        return;
    json_decref(schema->document);
    free(schema);
}

enum result
schema_load(const char *path, struct schema **ret_schema, struct error *err)
{
    json_error_t at;
    json_t *document = json_load_file(path, 0, &at);
    if (!document)
        return error_result(err, RESULT_REJECTED, "%s: line %d: %s", path, at.line, at.text);
    struct schema *schema = calloc(1, sizeof(*schema));
    if (!schema) {
        json_decref(document);
        return error_result(err, RESULT_FAILED, "out of memory");
    }
    schema->document = document;
    schema->definitions = json_object_get(document, "definitions");
    schema->paths = json_object_get(document, "paths");
    if (!json_is_object(schema->definitions) || !json_is_object(schema->paths)) {
        schema_free(schema);
        return error_result(err, RESULT_REJECTED, "%s: no definitions or no paths", path);
    }
    *ret_schema = schema;
    return RESULT_OK;
}

const json_t *
schema_definition(const struct schema *schema, const char *name)
{
    return json_object_get(schema->definitions, name);
}

static const json_t *
resolve(const struct schema *schema, const json_t *node)
{
    const char *ref = json_string_value(json_object_get(node, "$ref"));
    if (!ref)
        return node;
    if (strncmp(ref, REF_PREFIX, strlen(REF_PREFIX)) != 0)
        return NULL;
    return schema_definition(schema, ref + strlen(REF_PREFIX));
}

const json_t *
schema_body(const struct schema *schema, const char *method, const char *path)
{
    char lower[8] = "";
    for (size_t i = 0; i < sizeof(lower) - 1 && method[i]; i++)
        lower[i] = (char)(method[i] | 0x20);
    const json_t *call = json_object_get(json_object_get(schema->paths, path), lower);
    size_t i;
    const json_t *parameter;
    json_array_foreach(json_object_get(call, "parameters"), i, parameter)
    {
        const char *in = json_string_value(json_object_get(parameter, "in"));
        if (in && strcmp(in, "body") == 0)
            return resolve(schema, json_object_get(parameter, "schema"));
    }
    return NULL;
}

const json_t *
schema_property(const struct schema *schema, const json_t *definition, const char *name)
{
    const json_t *property = json_object_get(json_object_get(definition, "properties"), name);
    return property ? resolve(schema, property) : NULL;
}

const json_t *
schema_elements(const struct schema *schema, const json_t *node)
{
    const json_t *elements = json_object_get(node, "items");
    return elements ? resolve(schema, elements) : NULL;
}

static const char *
type_name(const json_t *value)
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
scalar_fits(const char *type, const json_t *value)
{
    if (strcmp(type, "string") == 0)
        return json_is_string(value);
    if (strcmp(type, "integer") == 0)
        return json_is_integer(value);
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    if (strcmp(type, "boolean") == 0)
        return json_is_boolean(value);
    return false;
}

static enum result check(const struct schema *schema, const json_t *node, json_t *value,
                         const char *path, struct error *err);

static enum result
check_array(const struct schema *schema, const json_t *node, json_t *value, const char *path,
            struct error *err)
{
    if (!json_is_array(value))
        return error_result(err, RESULT_REJECTED, "%s: %s, expected an array", path,
                            type_name(value));
    const json_t *elements = schema_elements(schema, node);
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
check_object(const struct schema *schema, const json_t *node, json_t *value, const char *path,
             struct error *err)
{
    if (!json_is_object(value))
        return error_result(err, RESULT_REJECTED, "%s: %s, expected an object", path,
                            type_name(value));
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member)
    {
        char below[PATH_BYTES];
        (void)snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", name);
        const json_t *property = schema_property(schema, node, name);
        if (!property)
            return error_result(err, RESULT_REJECTED, "%s: no such property", below);
        enum result result = check(schema, property, member, below, err);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum result
check(const struct schema *schema, const json_t *node, json_t *value, const char *path,
      struct error *err)
{
    if (!node)
        return error_result(err, RESULT_FAILED, "%s: the schema names no type", path);
    if (json_is_null(value))
        return RESULT_OK;
    const char *type = json_string_value(json_object_get(node, "type"));
    if (type && strcmp(type, "array") == 0)
        return check_array(schema, node, value, path, err);
    if (!type || strcmp(type, "object") == 0)
        return check_object(schema, node, value, path, err);
    if (!scalar_fits(type, value))
        return error_result(err, RESULT_REJECTED, "%s: %s, expected %s", path, type_name(value),
                            type);
    return RESULT_OK;
}

enum result
schema_check_node(const struct schema *schema, const json_t *node, json_t *value, struct error *err)
{
    return check(schema, node, value, "", err);
}

enum result
schema_check(const struct schema *schema, const char *definition, json_t *value, struct error *err)
{
    const json_t *node = schema_definition(schema, definition);
    if (!node)
        return error_result(err, RESULT_FAILED, "the schema has no definition %s", definition);
    return check(schema, node, value, "", err);
}
