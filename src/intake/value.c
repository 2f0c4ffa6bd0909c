#include "intake/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"

#define BLANKS " \t\n\v\f\r"

static json_t *
trimmed(json_t *raw)
{
    const char *text = json_string_value(raw);
    size_t length = json_string_length(raw);
    size_t start = strspn(text, BLANKS);
    size_t end = length;

    while (end > start && strchr(BLANKS, text[end - 1]) != NULL)
        end--;
    if (start == 0 && end == length)
        return json_incref(raw);
    return json_stringn_nocheck(text + start, end - start);
}

static json_t *
whole_number(json_int_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, number);
    return json_string_nocheck(text);
}

static json_t *
real_number(double number)
{
    struct decimal value;
    struct decimal_buffer exact;
    char inexact[40];

    if (decimal_from_double(number, &value) == RESULT_OK)
        return json_string_nocheck(decimal_text(value, 0, &exact));
    (void)snprintf(inexact, sizeof(inexact), "~%.15g", number);
    return json_string_nocheck(inexact);
}

json_t *
value_normalise(json_t *raw)
{
    switch (json_typeof(raw)) {
    case JSON_STRING:
        return trimmed(raw);
    case JSON_INTEGER:
        return whole_number(json_integer_value(raw));
    case JSON_REAL:
        return real_number(json_real_value(raw));
    case JSON_ARRAY:
        return json_string_nocheck("[...]");
    case JSON_OBJECT:
        return json_string_nocheck("{...}");
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return json_incref(raw);
}

static int
rank(const json_t *value)
{
    return json_is_string(value) ? 3 : json_is_true(value) ? 2 : json_is_false(value) ? 1 : 0;
}

int
value_compare(const json_t *left, const json_t *right)
{
    if (json_is_string(left) && json_is_string(right))
        return strcmp(json_string_value(left), json_string_value(right));
    return rank(left) - rank(right);
}
