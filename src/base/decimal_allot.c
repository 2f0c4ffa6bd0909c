#include "base/decimal.h"

#include "base/cleanup.h"

struct remainder {
    unsigned __int128 size;
    size_t index;
};

/*
 * amount x weight / sum, with the remainder, where weight <= sum < 2^126. When the product does not
 * fit it is built bit by bit (long division), with the quotient growing along.
 */
static unsigned __int128
proportion(unsigned __int128 amount, unsigned __int128 weight, unsigned __int128 sum,
           unsigned __int128 *ret_remainder)
{
    unsigned __int128 product;

    if (!__builtin_mul_overflow(amount, weight, &product)) {
        *ret_remainder = product % sum;
        return product / sum;
    }

    unsigned __int128 quotient = 0;
    unsigned __int128 rest = 0;

    for (int bit = 127; bit >= 0; bit--) {
        quotient <<= 1;
        rest <<= 1;
        if ((amount >> bit & 1) != 0)
            rest += weight;
        while (rest >= sum) {
            rest -= sum;
            quotient++;
        }
    }
    *ret_remainder = rest;
    return quotient;
}

/* Larger remainders first, then lower indexes. */
static int
compare_remainders(const void *left_address, const void *right_address)
{
    const struct remainder *left = left_address;
    const struct remainder *right = right_address;

    if (left->size != right->size)
        return left->size > right->size ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

static unsigned __int128
positive_part(struct decimal weight)
{
    return decimal_sign(weight) > 0 ? (unsigned __int128)weight.millionths : 0;
}

/* Returns false when a weight or the sum of those above zero is invalid. */
static bool
sum_weights(const struct decimal *weights, size_t count, unsigned __int128 *ret_sum)
{
    struct decimal sum = DECIMAL_ZERO;

    for (size_t i = 0; i < count; i++) {
        if (!decimal_is_valid(weights[i]))
            return false;
        sum = decimal_add(sum, decimal_max(weights[i], DECIMAL_ZERO));
    }
    if (!decimal_is_valid(sum))
        return false;
    *ret_sum = (unsigned __int128)sum.millionths;
    return true;
}

static void
fill(struct decimal *shares, size_t count, struct decimal value)
{
    for (size_t i = 0; i < count; i++)
        shares[i] = value;
}

/* Gives each share its whole units, and one more to those with the largest remainders. */
static void
allot_units(unsigned __int128 units, const struct decimal *weights, size_t count,
            unsigned __int128 sum, struct remainder *remainders, struct decimal *shares)
{
    unsigned __int128 left_over = units;

    for (size_t i = 0; i < count; i++) {
        unsigned __int128 share =
            proportion(units, positive_part(weights[i]), sum, &remainders[i].size);

        remainders[i].index = i;
        shares[i].millionths = (__int128)share;
        left_over -= share;
    }
    qsort(remainders, count, sizeof(remainders[0]), compare_remainders);
    /* Less than one unit was cut off each share, so fewer units are left than shares. */
    for (size_t i = 0; i < left_over; i++)
        shares[remainders[i].index].millionths++;
}

enum result
decimal_allot(struct decimal total, const struct decimal *weights, size_t count, int places,
              struct decimal *ret_shares)
{
    struct decimal rounded = decimal_round(total, places);
    struct decimal one = decimal_from_integer(1);
    unsigned __int128 sum;

    if (count == 0)
        return RESULT_OK;
    if (!decimal_is_valid(rounded) || !sum_weights(weights, count, &sum)) {
        fill(ret_shares, count, DECIMAL_INVALID);
        return RESULT_OK;
    }
    if (sum == 0) {
        fill(ret_shares, count, DECIMAL_ZERO);
        ret_shares[0] = rounded;
        return RESULT_OK;
    }

    AMSYNC_CLEANUP(cleanup_free) struct remainder *remainders = calloc(count, sizeof(*remainders));

    if (remainders == NULL)
        return RESULT_FAILED;

    /* The last allowed decimal as the unit: the rounded total is a whole number of them. */
    for (int place = 0; place < places && place < DECIMAL_PLACES; place++)
        one.millionths /= 10;

    __int128 unit = one.millionths;
    bool negative = rounded.millionths < 0;
    __int128 size = negative ? -rounded.millionths : rounded.millionths;

    allot_units((unsigned __int128)(size / unit), weights, count, sum, remainders, ret_shares);
    for (size_t i = 0; i < count; i++)
        ret_shares[i].millionths *= negative ? -unit : unit;
    return RESULT_OK;
}
