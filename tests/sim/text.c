#include "sim/text.h"

#include "sim/row.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 32

struct text {
    char *bytes;
    size_t length;
    size_t size;
};

/* Room for so many more bytes; gives up the process without memory, as a test tool may. */
static char *
room(struct text *text, size_t count)
{
    if (text->size - text->length < count) {
        size_t wanted = 2 * text->size + count;
        char *grown = realloc(text->bytes, wanted);
        if (!grown)
            abort();
        text->bytes = grown;
        text->size = wanted;
    }
    return text->bytes + text->length;
}

static void
put(struct text *text, const char *bytes, size_t count)
{
    memcpy(room(text, count), bytes, count);
    text->length += count;
}

static void
put_char(struct text *text, char c)
{
    *room(text, 1) = c;
    text->length++;
}

static void
put_escaped(struct text *text, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15U]};
    if (c == '"' || c == '\\') {
        escape[1] = (char)c;
        put(text, escape, 2);
    } else if (c == '\n') {
        put(text, "\\n", 2);
    } else {
        put(text, escape, sizeof(escape));
    }
}

static void
put_string(struct text *text, const char *string, size_t length)
{
    put_char(text, '"');
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)string[i];
        if (c >= 0x20U && c != '"' && c != '\\')
            continue;
        put(text, string + start, i - start);
        put_escaped(text, c);
        start = i + 1;
    }
    put(text, string + start, length - start);
    put_char(text, '"');
}

static void
put_integer(struct text *text, json_int_t number)
{
    char digits[NUMBER_BYTES];
    char *at = digits + sizeof(digits);
    unsigned long long rest =
        number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;
    do {
        *--at = (char)('0' + rest % 10U);
        rest /= 10U;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    put(text, at, (size_t)(digits + sizeof(digits) - at));
}

static void
put_real(struct text *text, double number)
{
    if (floor(number) == number && fabs(number) < 1e15) {
        put_integer(text, (json_int_t)number);
        return;
    }
    int written = snprintf(room(text, NUMBER_BYTES), NUMBER_BYTES, "%.15g", number);
    text->length += (size_t)written;
}

static void put_value(struct text *text, const json_t *value);

static void
put_object(struct text *text, const json_t *object)
{
    put_char(text, '{');
    const char *name;
    json_t *member;
    bool first = true;
    json_object_foreach(row_readable(object), name, member)
    {
        if (!first)
            put_char(text, ',');
        first = false;
        put_string(text, name, strlen(name));
        put_char(text, ':');
        put_value(text, member);
    }
    put_char(text, '}');
}

static void
put_array(struct text *text, const json_t *array)
{
    put_char(text, '[');
    size_t i;
    json_t *element;
    json_array_foreach(array, i, element)
    {
        if (i > 0)
            put_char(text, ',');
        put_value(text, element);
    }
    put_char(text, ']');
}

static void
put_value(struct text *text, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(text, value);
        return;
    case JSON_ARRAY:
        put_array(text, value);
        return;
    case JSON_STRING:
        put_string(text, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER:
        put_integer(text, json_integer_value(value));
        return;
    case JSON_REAL:
        put_real(text, json_real_value(value));
        return;
    case JSON_TRUE:
        put(text, "true", 4);
        return;
    case JSON_FALSE:
        put(text, "false", 5);
        return;
    case JSON_NULL:
        break;
    }
    put(text, "null", 4);
}

char *
text_of_json(const json_t *value, size_t *ret_length)
{
    struct text text = {.bytes = malloc(4096), .size = 4096};
    if (!text.bytes)
        return NULL;
    put_value(&text, value);
    *room(&text, 1) = '\0';
    *ret_length = text.length;
    return text.bytes;
}
