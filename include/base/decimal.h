/*
 * Amounts, prices, quantities and rates: exact decimals with six places.
 *
 * A struct decimal is a plain value. It is valid when its magnitude is below 10^26; everything else
 * is invalid and is what arithmetic returns that would leave that range, divide by zero or work on
 * an invalid operand. So a chain of operations is checked once, at its end, by decimal_is_valid.
 * All functions are pure and may be called on any thread.
 */
#ifndef AMSYNC_BASE_DECIMAL_H
#define AMSYNC_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

#define DECIMAL_PLACES 6

struct decimal {
    __int128 millionths;
};

#define DECIMAL_ZERO ((struct decimal){.millionths = 0})
/* The reserved value; compare with decimal_is_valid, not with this. */
#define DECIMAL_INVALID ((struct decimal){.millionths = (__int128)1 << 126})

/* Large enough for every decimal: a sign, 26 digits, a point, six digits and the NUL. */
struct decimal_buffer {
    char text[40];
};

bool decimal_is_valid(struct decimal value);

/*
 * Reads `-`? digits (`.` digits)? (`e` sign? digits)? and nothing else: no spaces, no `+`, no
 * grouping, no "NaN". More than six decimals are rounded half away from zero, so 1e-20000 is 0.
 * RESULT_REJECTED: `text` is NULL or not such a number, or its magnitude is 10^26 or more.
 */
AMSYNC_MUST_USE enum result decimal_from_text(const char *text, struct decimal *ret_value);

struct decimal decimal_from_integer(int64_t value);

/*
 * The decimal that a JSON real was written as: 19.99 becomes exactly 19.990000. A double carries 15
 * digits, so below 10^9 six decimals are exact (further ones are rounded), and from there to below
 * 10^11 the number must have at most 15 digits, which is at least four decimals.
 * RESULT_REJECTED: NaN, infinite, 10^11 or more, or more digits than a double keeps at that size.
 */
AMSYNC_MUST_USE enum result decimal_from_double(double value, struct decimal *ret_value);

/*
 * Reads a JSON integer, real, or string that decimal_from_text reads.
 * RESULT_NONE: `value` is NULL or JSON null. RESULT_REJECTED: anything else, or out of range.
 */
AMSYNC_MUST_USE enum result decimal_from_json(const json_t *value, struct decimal *ret_value);

struct decimal decimal_add(struct decimal left, struct decimal right);
struct decimal decimal_sub(struct decimal left, struct decimal right);

/* Rounded half away from zero to six places. */
struct decimal decimal_mul(struct decimal left, struct decimal right);

/* Rounded half away from zero to six places; invalid when `right` is zero. */
struct decimal decimal_div(struct decimal left, struct decimal right);

struct decimal decimal_negate(struct decimal value);
struct decimal decimal_abs(struct decimal value);

/* Rounds half away from zero to `places` decimals; below 0 counts as 0, above 6 as 6. */
struct decimal decimal_round(struct decimal value, int places);

/* Below, equal to or above zero, like memcmp. An invalid value is below every valid one. */
int decimal_compare(struct decimal left, struct decimal right);

struct decimal decimal_min(struct decimal left, struct decimal right);
struct decimal decimal_max(struct decimal left, struct decimal right);

/* -1, 0 or 1; 0 also for an invalid value. */
int decimal_sign(struct decimal value);

/* Valid, and zero. */
bool decimal_is_zero(struct decimal value);

/* Valid, and without decimals. */
bool decimal_is_integer(struct decimal value);

/* RESULT_REJECTED: invalid, with decimals, or beyond int64. */
AMSYNC_MUST_USE enum result decimal_to_integer(struct decimal value, int64_t *ret_integer);

/*
 * Writes the value without trailing zeros, but with at least `min_places` decimals (0 to 6):
 * 127.5 with 2 is "127.50", 1.234567 with 2 is "1.234567". An invalid value is "invalid".
 * Returns `buffer->text`.
 */
const char *decimal_text(struct decimal value, int min_places, struct decimal_buffer *buffer);

/* Whether decimal_json can write the value. */
bool decimal_fits_json(struct decimal value);

/*
 * A new JSON integer when the value is one that fits int64, otherwise a real that is exact when
 * written with 15 digits (JSON_REAL_PRECISION(15)). The caller owns it.
 * NULL: invalid, not exact in 15 digits (decimal_fits_json tells), or out of memory.
 */
json_t *decimal_json(struct decimal value);

/*
 * Splits `total`, rounded to `places`, among `count` shares in proportion to their weights, so that
 * the shares, each with at most `places` decimals, add up to it exactly (largest remainder; among
 * equal remainders the lower index gets more). A weight of zero or below gets nothing; if none is
 * above zero, the first share gets everything. `ret_shares` has room for `count`.
 * All shares are invalid when total, a weight or the sum of the weights is.
 * RESULT_FAILED: out of memory.
 */
AMSYNC_MUST_USE enum result decimal_allot(struct decimal total, const struct decimal *weights,
                                          size_t count, int places, struct decimal *ret_shares);

#endif
