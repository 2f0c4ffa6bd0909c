#include "sim/input.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 128
#define MESSAGE_BYTES 1024

/* `*value` is an own reference of the caller; it is replaced when it has to be another. */
static bool convert(const struct schema *schema, const struct schema_node *node, json_t **value,
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
is_scalar(const struct schema_node *node)
{
    return node && schema_node_type(node) != SCHEMA_OBJECT &&
           schema_node_type(node) != SCHEMA_ARRAY;
}

static bool
convert_array(const struct schema *schema, const struct schema_node *node, json_t **value,
              struct answer *ret_answer)
{
    const struct schema_node *elements = schema_elements(schema, node);
    if (!json_is_array(*value)) {
        if (is_scalar(elements)) {
            char expected[NAME_BYTES];
            (void)snprintf(expected, sizeof(expected), "%s[]", schema_node_type_name(elements));
            invalid_type(ret_answer, json_is_string(*value) ? "string" : "array", expected);
            return false;
        }
        json_decref(*value);
        *value = json_pack("[{}]");
        return true;
    }
    size_t i;
    json_t *element;
    json_array_foreach(*value, i, element)
    {
        json_t *converted = json_incref(element);
        bool fits = convert(schema, elements, &converted, ret_answer);
        if (converted == element)
            json_decref(converted);
        else
            json_array_set_new(*value, i, converted);
        if (!fits)
            return false;
    }
    return true;
}

/* Gives a property that was sent in camelCase its own name. */
static void
rename_property(json_t *object, const char *sent, const char *known)
{
    json_object_set(object, known, json_object_get(object, sent));
    json_object_del(object, sent);
}

static bool
convert_property(const struct schema *schema, const struct schema_node *property, json_t *object,
                 const char *name, json_t *member, struct answer *ret_answer)
{
    json_t *converted = json_incref(member);
    bool fits = convert(schema, property, &converted, ret_answer);
    if (converted == member)
        json_decref(converted);
    else
        json_object_set_new(object, name, converted);
    return fits;
}

/* The first name in the object that only fits in snake_case: renamed. False: there is none. */
static bool
rename_next(const struct schema *schema, const struct schema_node *node, json_t *object)
{
    const char *name;
    json_t *member;
    json_object_foreach(object, name, member)
    {
        char snake[NAME_BYTES];
        to_snake(name, snake);
        if (!schema_property(schema, node, name) && schema_property(schema, node, snake)) {
            rename_property(object, name, snake);
            return true;
        }
    }
    return false;
}

static bool
convert_object(const struct schema *schema, const struct schema_node *node, json_t **value,
               struct answer *ret_answer)
{
    if (!json_is_object(*value)) {
        json_decref(*value);
        *value = json_object();
        return true;
    }
    const char *name;
    json_t *member;
    json_object_foreach(*value, name, member)
    {
        const struct schema_node *property = schema_property(schema, node, name);
        if (!property && rename_next(schema, node, *value))
            return convert_object(schema, node, value, ret_answer);
        if (!property) {
            unsupported(ret_answer, name);
            return false;
        }
        if (!convert_property(schema, property, *value, name, member, ret_answer)) {
            name_the_property(ret_answer, name);
            return false;
        }
    }
    return true;
}

static bool
convert(const struct schema *schema, const struct schema_node *node, json_t **value,
        struct answer *ret_answer)
{
    if (json_is_null(*value) || !node)
        return true;
    switch (schema_node_type(node)) {
    case SCHEMA_OBJECT:
        return convert_object(schema, node, value, ret_answer);
    case SCHEMA_ARRAY:
        return convert_array(schema, node, value, ret_answer);
    case SCHEMA_STRING:
        return convert_string(value, ret_answer);
    case SCHEMA_BOOLEAN:
        return convert_boolean(value, ret_answer);
    case SCHEMA_INTEGER:
        return convert_number(value, true, ret_answer);
    case SCHEMA_NUMBER:
        break;
    }
    return convert_number(value, false, ret_answer);
}

bool
input_body(const struct schema *schema, const struct schema_node *node, json_t *body,
           struct answer *ret_answer)
{
    const char *name;
    json_t *member;
    json_object_foreach(body, name, member)
    {
        const struct schema_node *property = schema_property(schema, node, name);
        if (!property || convert_property(schema, property, body, name, member, ret_answer))
            continue;
        if (is_scalar(property))
            name_the_property(ret_answer, name);
        return false;
    }
    return true;
}
