#include "sim/input.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 128
#define MESSAGE_BYTES 1024

static bool convert(const struct schema *schema, const json_t *node, json_t **value,
                    struct answer *ret_answer);

static void
to_snake(const char *name, char snake[static NAME_BYTES])
{
    size_t used = 0;
    for (; *name && used + 2 < NAME_BYTES; name++) {
        if (isupper((unsigned char)*name)) {
            if (used > 0)
                snake[used++] = '_';
            snake[used++] = (char)tolower((unsigned char)*name);
        } else {
            snake[used++] = *name;
        }
    }
    snake[used] = '\0';
}

/* "no_such_field" is complained about as "NoSuchField". */
static void
to_pascal(const char *name, char pascal[static NAME_BYTES])
{
    size_t used = 0;
    bool upper = true;
    for (; *name && used + 1 < NAME_BYTES; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        pascal[used++] = upper ? (char)toupper((unsigned char)*name) : *name;
        upper = false;
    }
    pascal[used] = '\0';
}

static void
unsupported(struct answer *answer, const char *name)
{
    char pascal[NAME_BYTES];
    to_pascal(name, pascal);
    answer_error(answer, 400,
                 "\"%fieldName\" is not supported. Correct the field name and try again.",
                 json_pack("{s:s}", "fieldName", pascal));
}

static void
invalid_type(struct answer *answer, const char *value, const char *type)
{
    char message[MESSAGE_BYTES];
    (void)snprintf(message, sizeof(message),
                   "The \"%s\" value's type is invalid. The \"%s\" type was expected. Verify and "
                   "try again.",
                   value, type);
    answer_error(answer, 400, message, NULL);
}

/* Puts `Error occurred during "name" processing. ` before the message of a type error. */
static void
name_the_property(struct answer *answer, const char *name)
{
    json_error_t at;
    json_auto_t *body = json_loads(answer->body, 0, &at);
    const char *message = json_string_value(json_object_get(body, "message"));
    if (!message || message[0] == '"')
        return;
    char longer[MESSAGE_BYTES];
    (void)snprintf(longer, sizeof(longer), "Error occurred during \"%s\" processing. %s", name,
                   message);
    answer_error(answer, 400, longer, NULL);
}

static bool
convert_number(json_t **value, bool integer, struct answer *ret_answer)
{
    if (json_is_number(*value) && !(integer && json_is_real(*value)))
        return true;
    json_t *number = NULL;
    if (json_is_boolean(*value)) {
        number = json_integer(json_is_true(*value));
    } else if (json_is_real(*value)) {
        number = json_integer((json_int_t)json_real_value(*value));
    } else if (json_is_string(*value)) {
        const char *text = json_string_value(*value);
        char *end = NULL;
        double parsed = strtod(text, &end);
        if (end == text || *end) {
            invalid_type(ret_answer, text, integer ? "int" : "float");
            return false;
        }
        number = integer ? json_integer((json_int_t)parsed) : json_real(parsed);
    } else {
        invalid_type(ret_answer, "array", integer ? "int" : "float");
        return false;
    }
    json_decref(*value);
    *value = number;
    return true;
}

static bool
convert_string(json_t **value, struct answer *ret_answer)
{
    if (json_is_string(*value))
        return true;
    if (json_is_object(*value) || json_is_array(*value)) {
        invalid_type(ret_answer, "array", "string");
        return false;
    }
    json_t *text = NULL;
    if (json_is_boolean(*value)) {
        text = json_string(json_is_true(*value) ? "1" : "");
    } else {
        AMSYNC_CLEANUP(cleanup_free)
        char *dumped = json_dumps(*value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        text = json_string(dumped);
    }
    json_decref(*value);
    *value = text;
    return true;
}

static bool
convert_boolean(json_t **value, struct answer *ret_answer)
{
    if (json_is_boolean(*value))
        return true;
    if (!json_is_integer(*value)) {
        invalid_type(ret_answer, json_is_string(*value) ? json_string_value(*value) : "array",
                     "bool");
        return false;
    }
    json_t *boolean = json_boolean(json_integer_value(*value) != 0);
    json_decref(*value);
    *value = boolean;
    return true;
}

static bool
is_scalar_schema(const json_t *node)
{
    const char *type = json_string_value(json_object_get(node, "type"));
    return type && strcmp(type, "object") != 0 && strcmp(type, "array") != 0;
}

static bool
convert_array(const struct schema *schema, const json_t *node, json_t **value,
              struct answer *ret_answer)
{
    const json_t *elements = schema_elements(schema, node);
    if (!json_is_array(*value)) {
        if (is_scalar_schema(elements)) {
            const char *type = json_string_value(json_object_get(elements, "type"));
            char expected[NAME_BYTES];
            (void)snprintf(expected, sizeof(expected), "%s[]", type);
            invalid_type(ret_answer, json_is_string(*value) ? "string" : "array", expected);
            return false;
        }
        json_t *one = json_pack("[{}]");
        json_decref(*value);
        *value = one;
        return true;
    }
    for (size_t i = 0; i < json_array_size(*value); i++) {
        json_t *element = json_incref(json_array_get(*value, i));
        bool fits = convert(schema, elements, &element, ret_answer);
        json_array_set_new(*value, i, element);
        if (!fits)
            return false;
    }
    return true;
}

bool
input_object(const struct schema *schema, const json_t *definition, json_t **value,
             struct answer *ret_answer)
{
    json_t *read = json_object();
    const char *name;
    json_t *member;
    json_object_foreach(*value, name, member)
    {
        char snake[NAME_BYTES];
        to_snake(name, snake);
        const char *known = name;
        const json_t *property = schema_property(schema, definition, known);
        if (!property) {
            known = snake;
            property = schema_property(schema, definition, known);
        }
        if (!property) {
            unsupported(ret_answer, snake);
            json_decref(read);
            return false;
        }
        json_t *converted = json_incref(member);
        bool fits = convert(schema, property, &converted, ret_answer);
        json_object_set_new(read, known, converted);
        if (!fits) {
            name_the_property(ret_answer, known);
            json_decref(read);
            return false;
        }
    }
    json_decref(*value);
    *value = read;
    return true;
}

static bool
convert(const struct schema *schema, const json_t *node, json_t **value, struct answer *ret_answer)
{
    if (json_is_null(*value) || !node)
        return true;
    const char *type = json_string_value(json_object_get(node, "type"));
    if (!type || strcmp(type, "object") == 0)
        return input_object(schema, node, value, ret_answer);
    if (strcmp(type, "array") == 0)
        return convert_array(schema, node, value, ret_answer);
    if (strcmp(type, "string") == 0)
        return convert_string(value, ret_answer);
    if (strcmp(type, "boolean") == 0)
        return convert_boolean(value, ret_answer);
    return convert_number(value, strcmp(type, "integer") == 0, ret_answer);
}

bool
input_body(const struct schema *schema, const json_t *body_schema, json_t *body,
           struct answer *ret_answer)
{
    const char *name;
    json_t *unused;
    json_object_foreach(json_object_get(body_schema, "properties"), name, unused)
    {
        json_t *member = json_object_get(body, name);
        if (!member)
            continue;
        const json_t *property = schema_property(schema, body_schema, name);
        json_t *converted = json_incref(member);
        bool fits = convert(schema, property, &converted, ret_answer);
        json_object_set_new(body, name, converted);
        if (!fits) {
            if (is_scalar_schema(property))
                name_the_property(ret_answer, name);
            return false;
        }
    }
    return true;
}
