#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_SHARES 40

static struct decimal
dec(const char *text)
{
    struct decimal value = DECIMAL_INVALID;

    assert_int_equal(decimal_from_text(text, &value), RESULT_OK);
    return value;
}

/* Reads numbers separated by blanks. */
static size_t
read_list(const char *text, struct decimal *ret_values)
{
    char copy[512];
    char *rest = copy;
    size_t count = 0;

    (void)snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        if (word[0] != '\0')
            ret_values[count++] = dec(word);
    }
    return count;
}

static void
shares_by_example(void **state)
{
    (void)state;
    static const struct {
        const char *total;
        const char *weights;
        int places;
        const char *shares;
    } cases[] = {
        {"10", "1 1 1", 2, "3.34 3.33 3.33"},
        {"-10", "1 1 1", 2, "-3.34 -3.33 -3.33"},
        {"0.01", "1 1 1", 2, "0.01 0 0"},
        {"0.02", "1 1 1", 2, "0.01 0.01 0"},
        {"0.05", "1 2 2", 2, "0.01 0.02 0.02"},
        {"100", "42.5 85", 2, "33.33 66.67"},
        {"10", "1 1 1", 0, "4 3 3"},
        {"1", "1 1 1", 6, "0.333334 0.333333 0.333333"},
        {"1.005", "1", 2, "1.01"},
        {"7.77", "0 5 0", 2, "0 7.77 0"},
        {"7.77", "-5 5 -1", 2, "0 7.77 0"},
        {"7.77", "0 0 0", 2, "7.77 0 0"},
        {"7.77", "-1 -2", 2, "7.77 0"},
        {"0", "1 2 3", 2, "0 0 0"},
        {"0.000001", "1 9", 6, "0 0.000001"},
        {"20", "0.000001 0.000001 0.000001", 2, "6.67 6.67 6.66"},
        /* A product beyond 128 bits. */
        {"90000000000000000000000000", "30000000000000000000000000 60000000000000000000000000", 6,
         "30000000000000000000000000 60000000000000000000000000"},
        {"99999999999999999999999999.999999",
         "33333333333333333333333333 33333333333333333333333333 33333333333333333333333333", 6,
         "33333333333333333333333333.333333 33333333333333333333333333.333333 "
         "33333333333333333333333333.333333"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal weights[MAX_SHARES];
        struct decimal expected[MAX_SHARES] = {0};
        struct decimal shares[MAX_SHARES] = {0};
        size_t count = read_list(cases[i].weights, weights);

        assert_int_equal(read_list(cases[i].shares, expected), count);
        assert_int_equal(
            decimal_allot(dec(cases[i].total), weights, count, cases[i].places, shares), RESULT_OK);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(decimal_compare(shares[k], expected[k]), 0);
    }
}

static void
what_cannot_be_split_is_invalid(void **state)
{
    (void)state;
    struct decimal shares[2];
    const struct decimal good[2] = {dec("1"), dec("2")};
    const struct decimal bad[2] = {dec("1"), DECIMAL_INVALID};
    const struct decimal too_much[2] = {dec("9e25"), dec("9e25")};

    assert_int_equal(decimal_allot(DECIMAL_INVALID, good, 2, 2, shares), RESULT_OK);
    assert_false(decimal_is_valid(shares[0]) || decimal_is_valid(shares[1]));
    assert_int_equal(decimal_allot(dec("1"), bad, 2, 2, shares), RESULT_OK);
    assert_false(decimal_is_valid(shares[0]) || decimal_is_valid(shares[1]));
    assert_int_equal(decimal_allot(dec("1"), too_much, 2, 2, shares), RESULT_OK);
    assert_false(decimal_is_valid(shares[0]) || decimal_is_valid(shares[1]));
}

static void
no_shares_are_no_crash(void **state)
{
    (void)state;
    struct decimal share = dec("7");

    assert_int_equal(decimal_allot(dec("1"), NULL, 0, 2, &share), RESULT_OK);
    assert_int_equal(decimal_compare(share, dec("7")), 0);
}

static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct decimal
random_below(uint64_t *seed, int digits)
{
    uint64_t limit = 1;

    for (uint64_t i = next_random(seed) % (uint64_t)(digits + 1); i > 0; i--)
        limit *= 10;

    int64_t size = (int64_t)(next_random(seed) % limit);

    return (struct decimal){.millionths = next_random(seed) % 4 == 0 ? -size : size};
}

/* Of two shares, the one with the smaller remainder never got the unit that the other did not. */
static void
check_fairness(__int128 units, const struct decimal *weights, const struct decimal *shares,
               size_t count, __int128 sum, __int128 unit)
{
    __int128 least_raised = sum; /* the smallest remainder that was rounded up */
    __int128 most_cut = -1;      /* the largest one that was not */

    for (size_t i = 0; i < count; i++) {
        __int128 weight = weights[i].millionths > 0 ? weights[i].millionths : 0;
        __int128 share = shares[i].millionths / unit;
        __int128 floor_share = units * weight / sum;
        __int128 remainder = units * weight % sum;

        assert_true(shares[i].millionths % unit == 0);
        assert_true(share == floor_share || share == floor_share + 1);
        if (share > floor_share && remainder < least_raised)
            least_raised = remainder;
        if (share == floor_share && remainder > most_cut)
            most_cut = remainder;
    }
    assert_true(least_raised >= most_cut);
}

static void
shares_add_up_and_are_fair(void **state)
{
    (void)state;
    uint64_t seed = 5;
    static const int64_t units_by_places[] = {1000000, 100000, 10000, 1000, 100, 10, 1};

    for (int i = 0; i < 5000; i++) {
        struct decimal weights[MAX_SHARES];
        struct decimal shares[MAX_SHARES];
        size_t count = 1 + next_random(&seed) % MAX_SHARES;
        struct decimal total = random_below(&seed, 15);
        int places = i % 7;
        __int128 unit = units_by_places[places];
        __int128 sum_of_weights = 0;
        struct decimal sum_of_shares = DECIMAL_ZERO;

        for (size_t k = 0; k < count; k++) {
            weights[k] = random_below(&seed, 15);
            sum_of_weights += weights[k].millionths > 0 ? weights[k].millionths : 0;
        }
        assert_int_equal(decimal_allot(total, weights, count, places, shares), RESULT_OK);
        for (size_t k = 0; k < count; k++)
            sum_of_shares = decimal_add(sum_of_shares, shares[k]);

        struct decimal rounded = decimal_round(total, places);

        assert_int_equal(decimal_compare(sum_of_shares, rounded), 0);
        if (sum_of_weights == 0)
            continue;
        if (decimal_sign(rounded) < 0) {
            for (size_t k = 0; k < count; k++)
                shares[k] = decimal_negate(shares[k]);
        }
        check_fairness(decimal_abs(rounded).millionths / unit, weights, shares, count,
                       sum_of_weights, unit);
    }
}

/* Both ways of computing a share agree: scaling all weights leads from one to the other. */
static void
huge_weights_give_the_same_shares(void **state)
{
    (void)state;
    uint64_t seed = 6;
    struct decimal million_million = dec("1000000000000");

    for (int i = 0; i < 300; i++) {
        struct decimal weights[5];
        struct decimal scaled[5];
        struct decimal shares[5];
        struct decimal scaled_shares[5];
        struct decimal total = random_below(&seed, 18);

        for (size_t k = 0; k < 5; k++) {
            weights[k] = random_below(&seed, 17);
            scaled[k] = decimal_mul(weights[k], million_million);
        }
        assert_int_equal(decimal_allot(total, weights, 5, 6, shares), RESULT_OK);
        assert_int_equal(decimal_allot(total, scaled, 5, 6, scaled_shares), RESULT_OK);
        for (size_t k = 0; k < 5; k++) {
            assert_true(decimal_is_valid(shares[k]));
            assert_int_equal(decimal_compare(shares[k], scaled_shares[k]), 0);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_by_example),
        cmocka_unit_test(what_cannot_be_split_is_invalid),
        cmocka_unit_test(no_shares_are_no_crash),
        cmocka_unit_test(shares_add_up_and_are_fair),
        cmocka_unit_test(huge_weights_give_the_same_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
