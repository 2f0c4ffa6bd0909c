#include "sim/row.h"

#include "base/cleanup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Far above any amount, far below what would overflow when summed up. */
#define FIXED4_MAX INT64_C(10000000000000)

/* Nearest to the number; what is too large for a column stays at its end. */
static fixed4
fixed4_of_double(double number)
{
    if (!(number > (double)-FIXED4_MAX))
        return -FIXED4_MAX * FIXED4_ONE;
    if (!(number < (double)FIXED4_MAX))
        return FIXED4_MAX * FIXED4_ONE;
    return llround(number * FIXED4_ONE);
}

fixed4
fixed4_parse(const char *text)
{
    return fixed4_of_double(strtod(text, NULL));
}

fixed4
fixed4_of(const json_t *value)
{
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number > FIXED4_MAX || number < -FIXED4_MAX)
            return fixed4_of_double((double)number);
        return number * FIXED4_ONE;
    }
    if (json_is_real(value))
        return fixed4_of_double(json_real_value(value));
    if (json_is_string(value))
        return fixed4_parse(json_string_value(value));
    return 0;
}

json_t *
fixed4_json(fixed4 value)
{
    if (value % FIXED4_ONE == 0)
        return json_integer(value / FIXED4_ONE);
    return json_real((double)value / FIXED4_ONE);
}

fixed4
fixed4_share(fixed4 value, fixed4 numerator, fixed4 denominator)
{
    if (denominator == 0)
        return 0;
    const __int128 unit = FIXED4_ONE / 100;
    __int128 scaled = (__int128)value * numerator;
    __int128 divisor = (__int128)denominator * unit;
    if (divisor < 0) {
        scaled = -scaled;
        divisor = -divisor;
    }
    __int128 half = divisor / 2;
    __int128 cents = scaled >= 0 ? (scaled + half) / divisor : (scaled - half) / divisor;
    return (fixed4)(cents * unit);
}

fixed4
row_amount(const json_t *row, const char *column)
{
    return fixed4_of(json_object_get(row, column));
}

void
row_set_amount(json_t *row, const char *column, fixed4 value)
{
    json_object_set_new(row, column, fixed4_json(value));
}

void
row_add_amount(json_t *row, const char *column, fixed4 value)
{
    row_set_amount(row, column, row_amount(row, column) + value);
}

int64_t
row_integer(const json_t *row, const char *column)
{
    const json_t *value = json_object_get(row, column);
    return json_is_integer(value) ? json_integer_value(value) : fixed4_of(value) / FIXED4_ONE;
}

void
row_set_integer(json_t *row, const char *column, int64_t value)
{
    json_object_set_new(row, column, json_integer(value));
}

const char *
row_text(const json_t *row, const char *column)
{
    const char *text = json_string_value(json_object_get(row, column));
    return text ? text : "";
}

void
row_set_text(json_t *row, const char *column, const char *value)
{
    json_object_set_new(row, column, json_string(value));
}

bool
row_has(const json_t *row, const char *column)
{
    const json_t *value = json_object_get(row, column);
    return value && !json_is_null(value);
}

/* The bytes that the first so many characters of valid UTF-8 take. */
static size_t
utf8_prefix(const char *text, size_t characters)
{
    size_t bytes = 0;
    while (text[bytes] && characters > 0) {
        bytes++;
        while (((unsigned char)text[bytes] & 0xC0U) == 0x80U)
            bytes++;
        characters--;
    }
    return bytes;
}

void
row_cut(json_t *row, const char *column, size_t characters)
{
    json_t *value = json_object_get(row, column);
    if (!json_is_string(value) || json_string_length(value) <= characters)
        return;
    size_t bytes = utf8_prefix(json_string_value(value), characters);
    if (bytes < json_string_length(value))
        json_object_set_new(row, column, json_stringn(json_string_value(value), bytes));
}

/* NULL when the text has no four-byte character; else a new text of the same length. */
static json_t *
narrowed(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && (unsigned char)text[i] < 0xF0U)
        i++;
    if (i == length)
        return NULL;
    AMSYNC_CLEANUP(cleanup_free) char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length + 1);
    for (; i < length; i++) {
        if ((unsigned char)copy[i] >= 0xF0U && length - i >= 4)
            memset(copy + i, '?', 4);
    }
    return json_stringn(copy, length);
}

void
row_narrow_texts(json_t *row)
{
    const char *column;
    json_t *value;
    json_object_foreach(row, column, value)
    {
        if (!json_is_string(value))
            continue;
        json_t *narrow = narrowed(json_string_value(value), json_string_length(value));
        if (narrow)
            json_object_set_new(row, column, narrow);
    }
}

void
row_now(char text[static 20])
{
    struct tm parts = {0};
    time_t now = time(NULL);
    (void)gmtime_r(&now, &parts);
    if (strftime(text, 20, "%Y-%m-%d %H:%M:%S", &parts) == 0)
        text[0] = '\0';
}
