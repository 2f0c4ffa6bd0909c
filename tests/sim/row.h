/*
 * Database rows as JSON objects: one key per column that is not NULL.
 *
 * Amounts and quantities are decimal(20,4) and decimal(12,4) columns, held here as whole numbers of
 * 1/10000 (`fixed4`). All functions treat an absent column, null and a non-number as 0 or "".
 */
#ifndef AMSYNC_SIM_ROW_H
#define AMSYNC_SIM_ROW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define FIXED4_ONE 10000

typedef int64_t fixed4;

/* For jansson's iterators, which take what they only read as if they wrote to it. */
static inline json_t *
row_readable(const json_t *row)
{
    return (json_t *)(uintptr_t)row;
}

/* Nearest fixed4 to a JSON number or a numeric string. */
fixed4 fixed4_of(const json_t *value);

/* Nearest fixed4 to the number that a text begins with; 0 if it begins with none. */
fixed4 fixed4_parse(const char *text);

/* A JSON integer where the value is whole, else a real. A new reference. */
json_t *fixed4_json(fixed4 value);

/* value * numerator / denominator, rounded half away from zero to cents; 0 if denominator is 0. */
fixed4 fixed4_share(fixed4 value, fixed4 numerator, fixed4 denominator);

fixed4 row_amount(const json_t *row, const char *column);
void row_set_amount(json_t *row, const char *column, fixed4 value);
void row_add_amount(json_t *row, const char *column, fixed4 value);

int64_t row_integer(const json_t *row, const char *column);
void row_set_integer(json_t *row, const char *column, int64_t value);

/* "" when absent; valid as long as the row keeps the column. */
const char *row_text(const json_t *row, const char *column);
void row_set_text(json_t *row, const char *column, const char *value);

/* True when the column is there and not null. */
bool row_has(const json_t *row, const char *column);

/* Cuts a text column to so many characters (not bytes), as a varchar column does. */
void row_cut(json_t *row, const char *column, size_t characters);

/* What a three-byte utf8 column keeps: every four-byte character becomes "????". */
void row_narrow_texts(json_t *row);

/* "YYYY-MM-DD HH:MM:SS" in UTC, now; `text` holds at least 20 bytes. */
void row_now(char text[static 20]);

#endif
