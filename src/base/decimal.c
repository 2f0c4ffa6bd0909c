#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MILLION 1000000
/* Digits before the point of the largest decimal. */
#define INTEGER_DIGITS 26
/* More than any exponent that can matter for a text that fits in memory. */
#define EXPONENT_LIMIT ((int64_t)1 << 62)

static __int128
power_of_ten(int exponent)
{
    __int128 power = 1;

    for (int i = 0; i < exponent; i++)
        power *= 10;
    return power;
}

/* The first magnitude, in millionths, that is not valid any more: 10^32. */
static __int128
range_end(void)
{
    return (__int128)10000000000000000 * 10000000000000000;
}

bool
decimal_is_valid(struct decimal value)
{
    return value.millionths < range_end() && value.millionths > -range_end();
}

static struct decimal
checked(__int128 millionths)
{
    struct decimal value = {.millionths = millionths};

    return decimal_is_valid(value) ? value : DECIMAL_INVALID;
}

/* Half away from zero. |dividend| < 10^38 and |divisor| < 10^37, so nothing here overflows. */
static __int128
divide_rounded(__int128 dividend, __int128 divisor)
{
    __int128 quotient = dividend / divisor;
    __int128 rest = dividend % divisor;
    __int128 rest_size = rest < 0 ? -rest : rest;
    __int128 divisor_size = divisor < 0 ? -divisor : divisor;

    if (2 * rest_size >= divisor_size)
        quotient += (dividend < 0) == (divisor < 0) ? 1 : -1;
    return quotient;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads an exponent's sign and digits up to the end of the text; saturates. */
static bool
read_exponent(const char *text, int64_t *ret_exponent)
{
    bool negative = *text == '-';
    int64_t exponent = 0;

    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++) {
        if (exponent < EXPONENT_LIMIT / 10 - 1)
            exponent = exponent * 10 + (*text - '0');
    }
    if (*text != '\0')
        return false;
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

/* The digits `from` to `to`, of which the first is worth 10^power, as millionths. */
static bool
read_digits(const char *from, const char *to, int64_t power, __int128 *ret_millionths)
{
    __int128 millionths = 0;

    for (const char *at = from; at < to; at++) {
        if (*at == '.')
            continue;
        if (*at != '0' && power >= INTEGER_DIGITS)
            return false;
        if (power < -DECIMAL_PLACES - 1)
            break;
        if (power == -DECIMAL_PLACES - 1)
            millionths += *at >= '5' ? 1 : 0;
        else if (power < INTEGER_DIGITS)
            millionths += (*at - '0') * power_of_ten((int)power + DECIMAL_PLACES);
        power--;
    }
    *ret_millionths = millionths;
    return true;
}

enum result
decimal_from_text(const char *text, struct decimal *ret_value)
{
    if (text == NULL)
        return RESULT_REJECTED;

    bool negative = *text == '-';
    const char *digits = negative ? text + 1 : text;
    size_t integer_length = strspn(digits, "0123456789");
    const char *end = digits + integer_length;
    int64_t exponent = 0;

    if (integer_length == 0)
        return RESULT_REJECTED;
    if (*end == '.') {
        size_t fraction_length = strspn(end + 1, "0123456789");

        if (fraction_length == 0)
            return RESULT_REJECTED;
        end += 1 + fraction_length;
    }
    if (*end == 'e' || *end == 'E') {
        if (!read_exponent(end + 1, &exponent))
            return RESULT_REJECTED;
    } else if (*end != '\0') {
        return RESULT_REJECTED;
    }

    __int128 millionths;

    if (!read_digits(digits, end, (int64_t)integer_length - 1 + exponent, &millionths))
        return RESULT_REJECTED;

    struct decimal value = {.millionths = negative ? -millionths : millionths};

    if (!decimal_is_valid(value))
        return RESULT_REJECTED;
    *ret_value = value;
    return RESULT_OK;
}

struct decimal
decimal_from_integer(int64_t value)
{
    return (struct decimal){.millionths = (__int128)value * MILLION};
}

enum result
decimal_from_double(double value, struct decimal *ret_value)
{
    double size = fabs(value);
    char text[32];
    char *end = NULL;

    if (!isfinite(value) || size >= 1e11)
        return RESULT_REJECTED;
    (void)snprintf(text, sizeof(text), "%.15g", value);
    /* What 15 digits do not bring back had more digits than are certain. */
    if (size >= 1e9 && fabs(strtod(text, &end)) != size)
        return RESULT_REJECTED;
    return decimal_from_text(text, ret_value);
}

enum result
decimal_from_json(const json_t *value, struct decimal *ret_value)
{
    if (value == NULL || json_is_null(value))
        return RESULT_NONE;
    if (json_is_integer(value)) {
        *ret_value = decimal_from_integer(json_integer_value(value));
        return RESULT_OK;
    }
    if (json_is_real(value))
        return decimal_from_double(json_real_value(value), ret_value);
    if (json_is_string(value))
        return decimal_from_text(json_string_value(value), ret_value);
    return RESULT_REJECTED;
}

struct decimal
decimal_add(struct decimal left, struct decimal right)
{
    if (!decimal_is_valid(left) || !decimal_is_valid(right))
        return DECIMAL_INVALID;
    return checked(left.millionths + right.millionths);
}

struct decimal
decimal_sub(struct decimal left, struct decimal right)
{
    return decimal_add(left, decimal_negate(right));
}

struct decimal
decimal_mul(struct decimal left, struct decimal right)
{
    if (!decimal_is_valid(left) || !decimal_is_valid(right))
        return DECIMAL_INVALID;

    /* left = whole x 10^6 + part; whole x right needs no rounding, part x right is below 10^38. */
    __int128 whole = left.millionths / MILLION;
    __int128 part = left.millionths % MILLION;
    __int128 product;

    if (__builtin_mul_overflow(whole, right.millionths, &product))
        return DECIMAL_INVALID;
    if (__builtin_add_overflow(product, divide_rounded(part * right.millionths, MILLION), &product))
        return DECIMAL_INVALID;
    return checked(product);
}

struct decimal
decimal_div(struct decimal left, struct decimal right)
{
    if (!decimal_is_valid(left) || !decimal_is_valid(right) || right.millionths == 0)
        return DECIMAL_INVALID;
    return checked(divide_rounded(left.millionths * MILLION, right.millionths));
}

struct decimal
decimal_negate(struct decimal value)
{
    return decimal_is_valid(value) ? checked(-value.millionths) : DECIMAL_INVALID;
}

struct decimal
decimal_abs(struct decimal value)
{
    return decimal_sign(value) < 0 ? decimal_negate(value) : value;
}

/* One unit of the last of `places` decimals, in millionths. */
static __int128
unit_of(int places)
{
    int bounded = places < 0 ? 0 : places > DECIMAL_PLACES ? DECIMAL_PLACES : places;

    return power_of_ten(DECIMAL_PLACES - bounded);
}

struct decimal
decimal_round(struct decimal value, int places)
{
    __int128 unit = unit_of(places);

    if (!decimal_is_valid(value))
        return DECIMAL_INVALID;
    return checked(divide_rounded(value.millionths, unit) * unit);
}

int
decimal_compare(struct decimal left, struct decimal right)
{
    bool left_valid = decimal_is_valid(left);
    bool right_valid = decimal_is_valid(right);

    if (!left_valid || !right_valid)
        return (int)left_valid - (int)right_valid;
    return (left.millionths > right.millionths) - (left.millionths < right.millionths);
}

struct decimal
decimal_min(struct decimal left, struct decimal right)
{
    return decimal_compare(left, right) <= 0 ? left : right;
}

struct decimal
decimal_max(struct decimal left, struct decimal right)
{
    if (!decimal_is_valid(left) || !decimal_is_valid(right))
        return DECIMAL_INVALID;
    return decimal_compare(left, right) >= 0 ? left : right;
}

int
decimal_sign(struct decimal value)
{
    if (!decimal_is_valid(value))
        return 0;
    return (value.millionths > 0) - (value.millionths < 0);
}

bool
decimal_is_zero(struct decimal value)
{
    return value.millionths == 0;
}

bool
decimal_is_integer(struct decimal value)
{
    return decimal_is_valid(value) && value.millionths % MILLION == 0;
}

enum result
decimal_to_integer(struct decimal value, int64_t *ret_integer)
{
    __int128 integer = value.millionths / MILLION;

    if (!decimal_is_integer(value) || integer > INT64_MAX || integer < INT64_MIN)
        return RESULT_REJECTED;
    *ret_integer = (int64_t)integer;
    return RESULT_OK;
}

const char *
decimal_text(struct decimal value, int min_places, struct decimal_buffer *buffer)
{
    if (!decimal_is_valid(value)) {
        memcpy(buffer->text, "invalid", sizeof("invalid"));
        return buffer->text;
    }

    char *at = buffer->text + sizeof(buffer->text) - 1;
    unsigned __int128 rest =
        (unsigned __int128)(value.millionths < 0 ? -value.millionths : value.millionths);
    bool shown = false; /* a decimal to the right is shown, so this one is too */

    /* From the last digit to the first, at the buffer's end. */
    *at = '\0';
    for (int place = DECIMAL_PLACES; place > 0; place--) {
        char digit = (char)('0' + (int)(rest % 10));

        rest /= 10;
        shown = shown || digit != '0' || place <= min_places;
        if (shown)
            *--at = digit;
    }
    if (shown)
        *--at = '.';
    do {
        *--at = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0);
    if (value.millionths < 0)
        *--at = '-';
    memmove(buffer->text, at, strlen(at) + 1);
    return buffer->text;
}

/* The number as JSON would have it, which read again has to be the value. */
static bool
as_real(struct decimal value, double *ret_real)
{
    struct decimal_buffer exact;
    struct decimal back;
    char written[32];
    char *end = NULL;
    double real = strtod(decimal_text(value, 0, &exact), &end);

    (void)snprintf(written, sizeof(written), "%.15g", real);
    *ret_real = real;
    return decimal_from_text(written, &back) == RESULT_OK && decimal_compare(back, value) == 0;
}

bool
decimal_fits_json(struct decimal value)
{
    int64_t integer;
    double real;

    return decimal_is_valid(value) &&
           (decimal_to_integer(value, &integer) == RESULT_OK || as_real(value, &real));
}

json_t *
decimal_json(struct decimal value)
{
    int64_t integer;
    double real;

    if (!decimal_is_valid(value))
        return NULL;
    if (decimal_to_integer(value, &integer) == RESULT_OK)
        return json_integer(integer);
    return as_real(value, &real) ? json_real(real) : NULL;
}
