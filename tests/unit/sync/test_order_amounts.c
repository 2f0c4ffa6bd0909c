/*
 * Amounts of large orders, exact to the cent; the small ones are cases of the plan.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sync/order_amounts.h"
#include "sync/verdict.h"

#define MANY_LINES 1000
#define MOST_LINES 5000

static struct amount
known(__int128 millionths)
{
    return (struct amount){.known = true, .value = {.millionths = millionths}};
}

/* Odd prices, three of each, and a discount and a tax that do not divide evenly. */
static void
fill(struct order_line *lines, struct order_document *order, size_t count)
{
    struct decimal total = DECIMAL_ZERO;

    for (size_t i = 0; i < count; i++) {
        __int128 price = (__int128)(i + 1) * 1237561;

        lines[i] = (struct order_line){
            .line_nbr = (int32_t)i + 1,
            .inventory_id = "WIDGET",
            .description = "",
            .uom = "EA",
            .warehouse_id = "",
            .order_qty = known(3000000),
            .unit_price = known(price),
        };
        lines[i].ext_price = (struct amount){
            .known = true, .value = decimal_round((struct decimal){.millionths = 3 * price}, 2)};
        total = decimal_add(total, lines[i].ext_price.value);
    }
    *order = (struct order_document){
        .currency = "EUR",
        .discount_total = known(77770000),
        .tax_total = known(1234560000),
        .freight = known(19990000),
        .lines = lines,
        .line_count = count,
    };
    total = decimal_sub(total, order->discount_total.value);
    total = decimal_add(total, order->tax_total.value);
    order->order_total =
        (struct amount){.known = true, .value = decimal_add(total, order->freight.value)};
}

struct sums {
    struct both row_total;
    struct both discount;
    struct both tax;
};

static void
add(struct both *sum, struct both amount)
{
    /* Nothing below a cent. */
    assert_int_equal(decimal_compare(amount.order, decimal_round(amount.order, 2)), 0);
    assert_int_equal(decimal_compare(amount.base, decimal_round(amount.base, 2)), 0);
    sum->order = decimal_add(sum->order, amount.order);
    sum->base = decimal_add(sum->base, amount.base);
}

static void
assert_same(struct both left, struct both right)
{
    assert_int_equal(decimal_compare(left.order, right.order), 0);
    assert_int_equal(decimal_compare(left.base, right.base), 0);
}

static struct decimal
total_of(struct decimal subtotal, struct decimal discount, struct decimal tax,
         struct decimal freight)
{
    return decimal_add(decimal_sub(subtotal, discount), decimal_add(tax, freight));
}

static void
assert_adds_up(const struct order_amounts *amounts)
{
    struct sums sums = {0};

    for (size_t i = 0; i < amounts->line_count; i++) {
        add(&sums.row_total, amounts->lines[i].row_total);
        add(&sums.discount, amounts->lines[i].discount);
        add(&sums.tax, amounts->lines[i].tax);
    }
    assert_same(sums.row_total, amounts->subtotal);
    assert_same(sums.discount, amounts->discount);
    assert_same(sums.tax, amounts->tax);
    assert_int_equal(decimal_compare(amounts->grand_total.order,
                                     total_of(amounts->subtotal.order, amounts->discount.order,
                                              amounts->tax.order, amounts->freight.order)),
                     0);
    assert_int_equal(decimal_compare(amounts->grand_total.base,
                                     total_of(amounts->subtotal.base, amounts->discount.base,
                                              amounts->tax.base, amounts->freight.base)),
                     0);
}

static void
check_lines(size_t count, __int128 rate)
{
    AMSYNC_CLEANUP(cleanup_free) struct order_line *lines = calloc(count, sizeof(*lines));
    AMSYNC_CLEANUP(order_amounts_free) struct order_amounts *amounts = NULL;
    struct order_document order;
    struct verdict verdict = {.state = STATE_PENDING};

    assert_non_null(lines);
    fill(lines, &order, count);
    assert_int_equal(order_amounts_compute(&order, &verdict, &amounts), RESULT_OK);
    assert_int_equal(decimal_compare(amounts->grand_total.order, order.order_total.value), 0);
    assert_int_equal(order_amounts_convert(amounts, (struct decimal){.millionths = rate}, &verdict),
                     RESULT_OK);
    assert_adds_up(amounts);
}

static void
a_thousand_lines_add_up_to_the_cent(void **state)
{
    (void)state;
    check_lines(MANY_LINES, 1000000);
    check_lines(MANY_LINES, 851234);
    check_lines(MANY_LINES, 145000000);
}

static void
five_thousand_lines_add_up_to_the_cent(void **state)
{
    (void)state;
    check_lines(MOST_LINES, 1100001);
}

/* A line of nothing is left out of the order, so that what it bore would be missing there. */
static void
the_tax_of_a_free_order_is_borne_by_a_line_that_is_ordered(void **state)
{
    (void)state;
    struct order_line lines[3];
    struct order_document order;
    struct verdict verdict = {.state = STATE_PENDING};
    AMSYNC_CLEANUP(order_amounts_free) struct order_amounts *amounts = NULL;

    fill(lines, &order, 3);
    for (size_t i = 0; i < 3; i++)
        lines[i].unit_price = lines[i].ext_price = known(0);
    lines[0].order_qty = known(0);
    order.discount_total = known(0);
    order.tax_total = known(800000);
    order.freight = known(10000000);
    order.order_total = known(10800000);
    assert_int_equal(order_amounts_compute(&order, &verdict, &amounts), RESULT_OK);
    assert_false(amounts->lines[0].included);
    assert_true(decimal_is_zero(amounts->lines[0].tax.order));
    assert_int_equal(decimal_compare(amounts->lines[1].tax.order, order.tax_total.value), 0);
    assert_int_equal(
        order_amounts_convert(amounts, (struct decimal){.millionths = 1100000}, &verdict),
        RESULT_OK);
    assert_adds_up(amounts);
    assert_true(decimal_is_zero(amounts->lines[0].tax.base));
}

static void
a_rate_that_makes_amounts_too_large_is_named(void **state)
{
    (void)state;
    struct order_line line;
    struct order_document order;
    struct verdict verdict = {.state = STATE_PENDING};
    AMSYNC_CLEANUP(order_amounts_free) struct order_amounts *amounts = NULL;

    fill(&line, &order, 1);
    line.ext_price = known((__int128)90000000000 * 1000000);
    order.discount_total = known(0);
    order.tax_total = known(0);
    order.freight = known(0);
    order.order_total = line.ext_price;
    assert_int_equal(order_amounts_compute(&order, &verdict, &amounts), RESULT_OK);
    assert_int_equal(order_amounts_convert(amounts, (struct decimal){.millionths = 10}, &verdict),
                     RESULT_REJECTED);
    assert_int_equal(verdict.state, STATE_FAILED);
    assert_string_equal(verdict.reason,
                        "its currency rate of 0.00001 makes its amounts too large for Magento");
    verdict_clear(&verdict);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_lines_add_up_to_the_cent),
        cmocka_unit_test(five_thousand_lines_add_up_to_the_cent),
        cmocka_unit_test(the_tax_of_a_free_order_is_borne_by_a_line_that_is_ordered),
        cmocka_unit_test(a_rate_that_makes_amounts_too_large_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
