#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROUNDS 20000

static struct decimal
dec(const char *text)
{
    struct decimal value = DECIMAL_INVALID;

    assert_int_equal(decimal_from_text(text, &value), RESULT_OK);
    return value;
}

static void
assert_decimal(struct decimal value, const char *expected)
{
    struct decimal_buffer buffer;

    assert_string_equal(decimal_text(value, 0, &buffer), expected);
}

/* The same numbers in every run (xorshift). */
static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Of either sign and of every size below 10^digits millionths, small ones as likely as large. */
static struct decimal
random_decimal(uint64_t *seed, int digits)
{
    unsigned __int128 bits = (unsigned __int128)next_random(seed) << 64 | next_random(seed);
    int wanted = (int)(next_random(seed) % (uint64_t)(digits + 1));
    unsigned __int128 limit = 1;

    for (int i = 0; i < wanted; i++)
        limit *= 10;

    __int128 size = (__int128)(bits % limit);

    return (struct decimal){.millionths = (next_random(seed) & 1) != 0 ? -size : size};
}

static void
texts_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.000000", "0"},
        {"127.5", "127.5"},
        {"-127.50", "-127.5"},
        {"007.25", "7.25"},
        {"19.99", "19.99"},
        {"1.2345674", "1.234567"},
        {"1.2345675", "1.234568"},
        {"-1.2345675", "-1.234568"},
        {"1.23456749999999999999", "1.234567"},
        {"0.0000005", "0.000001"},
        {"0.00000049", "0"},
        {"-0.0000004", "0"},
        {"1e3", "1000"},
        {"1E+3", "1000"},
        {"1.5e-3", "0.0015"},
        {"12345e-3", "12.345"},
        {"1e-6", "0.000001"},
        {"5e-7", "0.000001"},
        {"4.9e-7", "0"},
        {"1e-7", "0"},
        {"1e-20000", "0"},
        {"0e999999999999999999999", "0"},
        {"0.000e400", "0"},
        {"1e-99999999999999999999999", "0"},
        {"0.00000000000000000000000000000001e32", "1"},
        {"10000000000000000000000000000000000000000e-40", "1"},
        {"99999999999999999999999999.999999", "99999999999999999999999999.999999"},
        {"-99999999999999999999999999.999999", "-99999999999999999999999999.999999"},
        {"9.9e25", "99000000000000000000000000"},
        {"0000000000000000000000000000000000000000001", "1"},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_decimal(dec(cases[i].text), cases[i].expected);
}

static void
what_is_no_number_is_rejected(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "-",
        "+1",
        ".5",
        "5.",
        "-.5",
        "1.",
        "1.e3",
        "1e",
        "1e+",
        "1e-",
        "e5",
        "1 ",
        " 1",
        "1,000",
        "1.2.3",
        "--1",
        "0x10",
        "NaN",
        "nan",
        "Infinity",
        "inf",
        "1e1.5",
        "1e5x",
        "12a",
        "1_000",
        "\xD9\xA1",
        "100000000000000000000000000",
        "1e26",
        "-1e26",
        "1e400",
        "1e99999999999999999999999999",
        "99999999999999999999999999.9999995",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct decimal value = decimal_from_integer(7);

        assert_int_equal(decimal_from_text(texts[i], &value), RESULT_REJECTED);
        assert_decimal(value, "7");
    }

    struct decimal untouched = DECIMAL_ZERO;

    assert_int_equal(decimal_from_text(NULL, &untouched), RESULT_REJECTED);
}

static void
a_very_long_text_is_read_in_one_pass(void **state)
{
    (void)state;
    size_t length = 1000000;
    char *text = test_malloc(length + 1);

    memset(text, '0', length);
    text[length] = '\0';
    text[1] = '.';
    text[length - 1] = '9';
    assert_decimal(dec(text), "0");
    text[1] = '0';
    assert_decimal(dec(text), "9");
    text[0] = '1';

    struct decimal value = DECIMAL_ZERO;

    assert_int_equal(decimal_from_text(text, &value), RESULT_REJECTED);
    test_free(text);
}

static void
texts_are_written_with_the_places_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int min_places;
        const char *expected;
    } cases[] = {
        {"127.5", 2, "127.50"},     {"1.234567", 2, "1.234567"}, {"0", 0, "0"},
        {"0", 2, "0.00"},           {"-0.5", 2, "-0.50"},        {"1000", 0, "1000"},
        {"1000", 6, "1000.000000"}, {"0.000001", 0, "0.000001"}, {"-0.05", 0, "-0.05"},
        {"1.10", 1, "1.1"},         {"1.10", -3, "1.1"},         {"1", 99, "1.000000"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal_buffer buffer;

        assert_string_equal(decimal_text(dec(cases[i].text), cases[i].min_places, &buffer),
                            cases[i].expected);
    }
    assert_decimal(DECIMAL_INVALID, "invalid");
}

static void
every_written_text_is_read_back(void **state)
{
    (void)state;
    uint64_t seed = 20250321;

    for (int i = 0; i < ROUNDS; i++) {
        struct decimal value = random_decimal(&seed, 32);
        struct decimal_buffer buffer;

        assert_int_equal(decimal_compare(dec(decimal_text(value, i % 7, &buffer)), value), 0);
    }
}

static void
doubles_become_what_was_written(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *expected;
    } cases[] = {
        {19.99, "19.99"},
        {0.1 + 0.2, "0.3"},
        {127.5, "127.5"},
        {-0.000001, "-0.000001"},
        {1e-300, "0"},
        {0.0, "0"},
        {-0.0, "0"},
        {999999999.999999, "999999999.999999"},
        {-999999999.999999, "-999999999.999999"},
        {99999999999.9999, "99999999999.9999"},
        {12345678901.1234, "12345678901.1234"},
        {1000000000.0, "1000000000"},
        {1e10, "10000000000"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal value = DECIMAL_INVALID;

        assert_int_equal(decimal_from_double(cases[i].value, &value), RESULT_OK);
        assert_decimal(value, cases[i].expected);
    }
}

static void
doubles_that_are_not_certain_are_rejected(void **state)
{
    (void)state;
    const double values[] = {
        NAN, INFINITY, -INFINITY, 1e11, -1e11, 1e300, 12345678901.123456, -98765432109.87654,
    };

    for (size_t i = 0; i < COUNT(values); i++) {
        struct decimal value = decimal_from_integer(7);

        assert_int_equal(decimal_from_double(values[i], &value), RESULT_REJECTED);
        assert_decimal(value, "7");
    }
}

/* Every amount that the contract calls exact, through jansson's double and back. */
static void
amounts_survive_json(void **state)
{
    (void)state;
    uint64_t seed = 19;

    for (int i = 0; i < ROUNDS; i++) {
        struct decimal value = random_decimal(&seed, 15);
        AMSYNC_CLEANUP(cleanup_json) json_t *written = decimal_json(value);
        AMSYNC_CLEANUP(cleanup_json) json_t *read = NULL;
        AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
        struct decimal back = DECIMAL_INVALID;

        assert_non_null(written);
        assert_int_equal(json_encode(written, 64, &text, NULL), RESULT_OK);
        assert_int_equal(json_decode(text, strlen(text), 1, JSON_FLAG_SCALAR, &read, NULL),
                         RESULT_OK);
        assert_int_equal(decimal_from_json(read, &back), RESULT_OK);
        assert_int_equal(decimal_compare(back, value), 0);
        assert_int_equal(json_is_integer(read), decimal_is_integer(value));
    }
}

static void
json_is_written_exactly_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"19.99", "19.99"},
        {"100", "100"},
        {"-0.01", "-0.01"},
        {"9223372036854775807", "9223372036854775807"},
        {"123456789.123456", "123456789.123456"},
        {"1234567890.123456", NULL},
        {"99999999999999999999.5", NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *value = decimal_json(dec(cases[i].text));
        AMSYNC_CLEANUP(cleanup_free) char *text = NULL;

        if (cases[i].expected == NULL) {
            assert_null(value);
            continue;
        }
        assert_int_equal(json_encode(value, 64, &text, NULL), RESULT_OK);
        assert_string_equal(text, cases[i].expected);
    }
    assert_null(decimal_json(DECIMAL_INVALID));
}

static void
json_values_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum result result;
        const char *expected;
    } cases[] = {
        {"127.5", RESULT_OK, "127.5"},
        {"-3", RESULT_OK, "-3"},
        {"\"12.3400\"", RESULT_OK, "12.34"},
        {"null", RESULT_NONE, NULL},
        {"true", RESULT_REJECTED, NULL},
        {"\"\"", RESULT_REJECTED, NULL},
        {"\"x\"", RESULT_REJECTED, NULL},
        {"[]", RESULT_REJECTED, NULL},
        {"1e12", RESULT_REJECTED, NULL},
        {"9223372036854775807", RESULT_OK, "9223372036854775807"},
        {"1e-320", RESULT_OK, "0"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;
        struct decimal read = DECIMAL_INVALID;

        assert_int_equal(
            json_decode(cases[i].json, strlen(cases[i].json), 8, JSON_FLAG_SCALAR, &value, NULL),
            RESULT_OK);
        assert_int_equal(decimal_from_json(value, &read), cases[i].result);
        if (cases[i].expected != NULL)
            assert_decimal(read, cases[i].expected);
    }

    struct decimal none = DECIMAL_ZERO;

    assert_int_equal(decimal_from_json(NULL, &none), RESULT_NONE);
}

static void
arithmetic_by_example(void **state)
{
    (void)state;
    assert_decimal(decimal_add(dec("0.1"), dec("0.2")), "0.3");
    assert_decimal(decimal_sub(dec("1"), dec("1.000001")), "-0.000001");
    assert_decimal(decimal_mul(dec("3"), dec("42.5")), "127.5");
    assert_decimal(decimal_mul(dec("0.0005"), dec("0.001")), "0.000001");
    assert_decimal(decimal_mul(dec("-0.0005"), dec("0.001")), "-0.000001");
    assert_decimal(decimal_mul(dec("0.0004"), dec("0.001")), "0");
    assert_decimal(decimal_div(dec("1"), dec("3")), "0.333333");
    assert_decimal(decimal_div(dec("2"), dec("3")), "0.666667");
    assert_decimal(decimal_div(dec("-2"), dec("3")), "-0.666667");
    assert_decimal(decimal_div(dec("2"), dec("-3")), "-0.666667");
    assert_decimal(decimal_div(dec("0"), dec("-3")), "0");
    assert_decimal(decimal_negate(dec("5")), "-5");
    assert_decimal(decimal_abs(dec("-5")), "5");
    assert_decimal(decimal_min(dec("-5"), dec("2")), "-5");
    assert_decimal(decimal_max(dec("-5"), dec("2")), "2");
    assert_decimal(decimal_round(dec("2.345"), 2), "2.35");
    assert_decimal(decimal_round(dec("-2.345"), 2), "-2.35");
    assert_decimal(decimal_round(dec("2.344999"), 2), "2.34");
    assert_decimal(decimal_round(dec("0.5"), 0), "1");
    assert_decimal(decimal_round(dec("-0.5"), -1), "-1");
    assert_decimal(decimal_round(dec("1.234567"), 6), "1.234567");
    assert_decimal(decimal_round(dec("1.234567"), 60), "1.234567");
    assert_int_equal(decimal_sign(dec("-0.000001")), -1);
    assert_int_equal(decimal_sign(dec("0")), 0);
    assert_int_equal(decimal_sign(dec("3")), 1);
    assert_true(decimal_is_zero(dec("0.0000001")));
    assert_false(decimal_is_zero(dec("0.000001")));
    assert_true(decimal_is_integer(dec("3.000000")));
    assert_false(decimal_is_integer(dec("3.000001")));
    assert_decimal(decimal_from_integer(INT64_MIN), "-9223372036854775808");
}

static void
integers_are_taken_out(void **state)
{
    (void)state;
    int64_t integer = 7;

    assert_int_equal(decimal_to_integer(dec("-42"), &integer), RESULT_OK);
    assert_int_equal(integer, -42);
    assert_int_equal(decimal_to_integer(dec("-9223372036854775808"), &integer), RESULT_OK);
    assert_true(integer == INT64_MIN);
    assert_int_equal(decimal_to_integer(dec("1.5"), &integer), RESULT_REJECTED);
    assert_int_equal(decimal_to_integer(dec("9223372036854775808"), &integer), RESULT_REJECTED);
    assert_int_equal(decimal_to_integer(DECIMAL_INVALID, &integer), RESULT_REJECTED);
    assert_true(integer == INT64_MIN);
}

static void
overflow_and_nonsense_are_invalid(void **state)
{
    (void)state;
    struct decimal largest = dec("99999999999999999999999999.999999");
    struct decimal smallest = decimal_negate(largest);
    struct decimal step = dec("0.000001");
    const struct decimal results[] = {
        decimal_add(largest, step),
        decimal_sub(smallest, step),
        decimal_add(largest, largest),
        decimal_mul(largest, largest),
        decimal_mul(largest, smallest),
        decimal_mul(largest, dec("1.000001")),
        decimal_mul(dec("10000000000000"), dec("10000000000000")),
        decimal_div(largest, step),
        decimal_div(step, DECIMAL_ZERO),
        decimal_div(DECIMAL_ZERO, DECIMAL_ZERO),
        decimal_round(largest, 0),
        decimal_round(smallest, 5),
    };

    assert_true(decimal_is_valid(largest));
    assert_true(decimal_is_valid(smallest));
    for (size_t i = 0; i < COUNT(results); i++)
        assert_false(decimal_is_valid(results[i]));
    assert_decimal(decimal_mul(largest, dec("1")), "99999999999999999999999999.999999");
    assert_decimal(decimal_mul(dec("1"), smallest), "-99999999999999999999999999.999999");
    assert_decimal(decimal_div(smallest, dec("1")), "-99999999999999999999999999.999999");
}

static void
invalid_values_stay_invalid(void **state)
{
    (void)state;
    struct decimal one = decimal_from_integer(1);
    /* Also what no function of ours returns. */
    const struct decimal invalid[] = {
        DECIMAL_INVALID,
        {.millionths = -DECIMAL_INVALID.millionths},
        {.millionths = (__int128)((~(unsigned __int128)0) >> 1)},
        {.millionths = -(__int128)((~(unsigned __int128)0) >> 1) - 1},
    };

    for (size_t i = 0; i < COUNT(invalid); i++) {
        struct decimal value = invalid[i];

        assert_false(decimal_is_valid(value));
        assert_false(decimal_is_valid(decimal_add(value, one)));
        assert_false(decimal_is_valid(decimal_add(one, value)));
        assert_false(decimal_is_valid(decimal_sub(value, value)));
        assert_false(decimal_is_valid(decimal_mul(value, DECIMAL_ZERO)));
        assert_false(decimal_is_valid(decimal_mul(DECIMAL_ZERO, value)));
        assert_false(decimal_is_valid(decimal_div(value, one)));
        assert_false(decimal_is_valid(decimal_div(one, value)));
        assert_false(decimal_is_valid(decimal_negate(value)));
        assert_false(decimal_is_valid(decimal_abs(value)));
        assert_false(decimal_is_valid(decimal_round(value, 2)));
        assert_false(decimal_is_valid(decimal_min(value, one)));
        assert_false(decimal_is_valid(decimal_max(one, value)));
        assert_int_equal(decimal_sign(value), 0);
        assert_false(decimal_is_zero(value));
        assert_false(decimal_is_integer(value));
        assert_int_equal(decimal_compare(value, dec("-1e25")), -1);
        assert_int_equal(decimal_compare(dec("-1e25"), value), 1);
        assert_int_equal(decimal_compare(value, DECIMAL_INVALID), 0);
    }
}

static __int128
size_of(__int128 value)
{
    return value < 0 ? -value : value;
}

/* Whether `approximation` is the product of the two, to a double's precision. */
static bool
is_near_product(struct decimal product, struct decimal left, struct decimal right)
{
    long double exact = (long double)left.millionths * (long double)right.millionths / 1e6L;
    long double difference = (long double)product.millionths - exact;

    return fabsl(difference) <= fabsl(exact) * 1e-15L + 1.0L;
}

static void
addition_is_exact(void **state)
{
    (void)state;
    uint64_t seed = 1;

    for (int i = 0; i < ROUNDS; i++) {
        struct decimal left = random_decimal(&seed, 32);
        struct decimal right = random_decimal(&seed, 32);
        struct decimal sum = decimal_add(left, right);

        if (size_of(left.millionths + right.millionths) >= dec("1e25").millionths * 10) {
            assert_false(decimal_is_valid(sum));
            continue;
        }
        assert_true(sum.millionths == left.millionths + right.millionths);
        assert_int_equal(decimal_compare(decimal_sub(sum, right), left), 0);
    }
}

/*
 * The rounding error is computed modulo 2^128, in which it is exact since it is small; that the
 * product is not off by a multiple of 2^128 is shown by the approximation.
 */
static void
multiplication_is_rounded_half_away_from_zero(void **state)
{
    (void)state;
    uint64_t seed = 2;
    int invalid = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct decimal left = random_decimal(&seed, 32);
        struct decimal right = random_decimal(&seed, 32);
        struct decimal product = decimal_mul(left, right);

        assert_int_equal(decimal_compare(product, decimal_mul(right, left)), 0);
        if (!decimal_is_valid(product)) {
            assert_true(fabsl((long double)left.millionths * (long double)right.millionths) >
                        0.999999L * 1e38L);
            invalid++;
            continue;
        }

        __int128 error =
            (__int128)((unsigned __int128)left.millionths * (unsigned __int128)right.millionths -
                       (unsigned __int128)product.millionths * 1000000);
        bool negative = (left.millionths < 0) != (right.millionths < 0);

        assert_true(is_near_product(product, left, right));
        /* Away from zero: exactly half is never left over in the product's own direction. */
        assert_true(negative ? error > -500000 && error <= 500000
                             : error < 500000 && error >= -500000);
    }
    assert_in_range(invalid, ROUNDS / 20, ROUNDS / 2);
}

static void
division_is_rounded_half_away_from_zero(void **state)
{
    (void)state;
    uint64_t seed = 3;

    for (int i = 0; i < ROUNDS; i++) {
        struct decimal left = random_decimal(&seed, 32);
        struct decimal right = random_decimal(&seed, 24);
        struct decimal quotient = decimal_div(left, right);

        if (!decimal_is_valid(quotient)) {
            assert_true(right.millionths == 0 ||
                        size_of(left.millionths) / size_of(right.millionths) >=
                            dec("1e20").millionths - 1);
            continue;
        }

        __int128 error = left.millionths * 1000000 - quotient.millionths * right.millionths;
        __int128 twice = 2 * size_of(error);

        assert_true(twice <= size_of(right.millionths));
        if (twice == size_of(right.millionths))
            assert_true(size_of(quotient.millionths) * size_of(right.millionths) >
                        size_of(left.millionths) * 1000000);
    }
}

static void
rounding_leaves_whole_units(void **state)
{
    (void)state;
    uint64_t seed = 4;
    static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};

    for (int i = 0; i < ROUNDS; i++) {
        struct decimal value = random_decimal(&seed, 31);
        int places = i % 7;
        struct decimal rounded = decimal_round(value, places);
        __int128 error = size_of(rounded.millionths - value.millionths);

        assert_true(rounded.millionths % units[places] == 0);
        assert_true(2 * error <= units[places]);
        if (2 * error == units[places])
            assert_true(size_of(rounded.millionths) > size_of(value.millionths));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(what_is_no_number_is_rejected),
        cmocka_unit_test(a_very_long_text_is_read_in_one_pass),
        cmocka_unit_test(texts_are_written_with_the_places_asked_for),
        cmocka_unit_test(every_written_text_is_read_back),
        cmocka_unit_test(doubles_become_what_was_written),
        cmocka_unit_test(doubles_that_are_not_certain_are_rejected),
        cmocka_unit_test(amounts_survive_json),
        cmocka_unit_test(json_is_written_exactly_or_not_at_all),
        cmocka_unit_test(json_values_are_read),
        cmocka_unit_test(arithmetic_by_example),
        cmocka_unit_test(integers_are_taken_out),
        cmocka_unit_test(overflow_and_nonsense_are_invalid),
        cmocka_unit_test(invalid_values_stay_invalid),
        cmocka_unit_test(addition_is_exact),
        cmocka_unit_test(multiplication_is_rounded_half_away_from_zero),
        cmocka_unit_test(division_is_rounded_half_away_from_zero),
        cmocka_unit_test(rounding_leaves_whole_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
