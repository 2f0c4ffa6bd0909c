/* A number that is read is in range, and its text is read as the same number. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/decimal.h"
#include "fuzz.h"

static void
check_arithmetic(struct decimal value)
{
    struct decimal one = decimal_from_integer(1);
    struct decimal shares[3];
    const struct decimal weights[3] = {value, one, decimal_abs(value)};

    fuzz_require(decimal_compare(decimal_mul(value, one), value) == 0, "x * 1 = x");
    fuzz_require(decimal_compare(decimal_div(value, one), value) == 0, "x / 1 = x");
    fuzz_require(decimal_is_zero(decimal_sub(value, value)), "x - x = 0");
    if (!decimal_is_zero(value))
        fuzz_require(decimal_compare(decimal_div(value, value), one) == 0, "x / x = 1");
    fuzz_require(decimal_allot(value, weights, 3, 2, shares) == RESULT_OK, "there is memory");
    if (decimal_is_valid(shares[0]) && decimal_is_valid(decimal_round(value, 2))) {
        struct decimal sum = decimal_add(shares[0], decimal_add(shares[1], shares[2]));

        fuzz_require(decimal_compare(sum, decimal_round(value, 2)) == 0, "shares add up");
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct decimal value = DECIMAL_INVALID;
    struct decimal again = DECIMAL_INVALID;
    struct decimal_buffer buffer;

    if (decimal_from_text(text, &value) != RESULT_OK) {
        fuzz_require(!decimal_is_valid(value), "a refused number is not stored");
        return 0;
    }
    fuzz_require(decimal_is_valid(value), "a number that is read is valid");
    for (int places = 0; places <= DECIMAL_PLACES; places++) {
        fuzz_require(decimal_from_text(decimal_text(value, places, &buffer), &again) == RESULT_OK,
                     "what is written can be read");
        fuzz_require(decimal_compare(again, value) == 0, "it is the same number");
    }
    check_arithmetic(value);
    return 0;
}
