#include "sim/projection.h"

#include <stdbool.h>
#include <string.h>

#define NAME_BYTES 128

static bool project(json_t *from, const char **fields, json_t *into);

/* Moves past a bracketed list without taking anything. */
static bool
skip_brackets(const char **fields)
{
    size_t depth = 0;
    do {
        if (**fields == '[')
            depth++;
        else if (**fields == ']')
            depth--;
        else if (!**fields)
            return false;
        (*fields)++;
    } while (depth > 0);
    return true;
}

/* *fields stands on the list's '['; on success it stands behind the ']'. */
static bool
project_value(json_t *value, const char **fields, json_t **ret_value)
{
    if (json_is_object(value)) {
        *ret_value = json_object();
        (*fields)++;
        return project(value, fields, *ret_value);
    }
    if (!json_is_array(value) || json_array_size(value) == 0) {
        *ret_value = json_null();
        return skip_brackets(fields);
    }
    *ret_value = json_array();
    const char *start = *fields + 1;
    size_t i;
    json_t *element;
    json_array_foreach(value, i, element)
    {
        *fields = start;
        json_t *taken = json_object();
        bool fits = project(element, fields, taken);
        json_array_append_new(*ret_value, taken);
        if (!fits)
            return false;
    }
    return true;
}

/* Reads names up to the closing ']' (which is passed) or the end of the text. */
static bool
project(json_t *from, const char **fields, json_t *into)
{
    while (**fields) {
        size_t length = strcspn(*fields, ",[]");
        char name[NAME_BYTES];
        if (length >= sizeof(name))
            return false;
        memcpy(name, *fields, length);
        name[length] = '\0';
        *fields += length;
        json_t *value = json_object_get(from, name);
        if (**fields == '[' && value) {
            json_t *taken = NULL;
            bool fits = project_value(value, fields, &taken);
            json_object_set_new(into, name, taken);
            if (!fits)
                return false;
        } else if (**fields == '[') {
            if (!skip_brackets(fields))
                return false;
        } else if (value) {
            json_object_set(into, name, value);
        }
        if (**fields == ',') {
            (*fields)++;
        } else if (**fields == ']') {
            (*fields)++;
            return true;
        } else if (**fields) {
            return false;
        }
    }
    return true;
}

json_t *
projection_apply(json_t *document, const char *fields)
{
    if (json_is_array(document)) {
        json_t *list = json_array();
        size_t i;
        json_t *element;
        json_array_foreach(document, i, element)
        {
            json_t *taken = projection_apply(element, fields);
            if (!taken) {
                json_decref(list);
                return NULL;
            }
            json_array_append_new(list, taken);
        }
        return list;
    }
    if (!json_is_object(document))
        return json_incref(document);
    json_t *taken = json_object();
    const char *rest = fields;
    if (!project(document, &rest, taken)) {
        json_decref(taken);
        return NULL;
    }
    return taken;
}
