#include "sync/order_amounts.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "sync/verdict.h"
#include "sync/words.h"

#define MONEY_PLACES 2
#define PRICE_PLACES 4
#define QUANTITY_PLACES 4
#define COLUMNS_ADVICE                                                                             \
    "check the order in Acumatica, and that the inquiry has OrderTotal, Freight, TaxTotal, "       \
    "DiscountTotal and each line's ExtPrice"

/* Magento's column for quantities is decimal(12,4). */
static struct decimal
quantity_limit(void)
{
    return decimal_from_integer(100000000);
}

/* Below this, four places fit the 15 digits of a JSON number. */
static struct decimal
amount_limit(void)
{
    return decimal_from_integer(100000000000);
}

static bool
line_quantity(const struct order_line *line, struct line_amounts *amounts, struct verdict *verdict)
{
    struct words qty = words_quantity(line->order_qty.value, line->uom);

    if (!line->order_qty.known) {
        verdict_wait_for(verdict, "the quantity of line %d is not known", line->line_nbr);
        verdict_advise(verdict, "add the column OrderQty to the inquiry");
        return false;
    }
    if (decimal_sign(line->order_qty.value) < 0) {
        verdict_wait_for(verdict, "line %d has a quantity of %s, and Magento has no such lines",
                         line->line_nbr, qty.text);
        verdict_advise(verdict, "correct the order in Acumatica");
        return false;
    }
    if (decimal_compare(line->order_qty.value, quantity_limit()) >= 0 ||
        decimal_compare(decimal_round(line->order_qty.value, QUANTITY_PLACES),
                        line->order_qty.value) != 0) {
        verdict_wait_for(verdict,
                         "line %d has a quantity of %s, and Magento keeps 8 digits and 4 decimals",
                         line->line_nbr, qty.text);
        verdict_advise(verdict, "correct the order in Acumatica");
        return false;
    }
    amounts->qty = line->order_qty.value;
    return true;
}

/* The line's amount as the inquiry has it, else quantity times price. */
static bool
line_amount(const struct order_line *line, struct decimal *ret_amount, struct verdict *verdict)
{
    if (line->ext_price.known) {
        *ret_amount = line->ext_price.value;
    } else if (line->unit_price.known) {
        *ret_amount =
            decimal_round(decimal_mul(line->order_qty.value, line->unit_price.value), MONEY_PLACES);
    } else {
        verdict_wait_for(verdict, "the price of line %d is not known", line->line_nbr);
        verdict_advise(verdict, "add the columns UnitPrice and ExtPrice to the inquiry");
        return false;
    }
    if (decimal_sign(*ret_amount) < 0) {
        verdict_wait_for(verdict, "line %d has an amount of %s, and Magento has no such lines",
                         line->line_nbr, words_amount(*ret_amount, "").text);
        verdict_advise(verdict, "correct the order in Acumatica");
        return false;
    }
    return true;
}

/* A sum of money among the lines. */
static void
allot(struct order_amounts *amounts, struct decimal sum, const struct decimal *weights,
      struct decimal *shares)
{
    if (decimal_allot(sum, weights, amounts->line_count, MONEY_PLACES, shares) != RESULT_OK)
        amounts->out_of_memory = true;
}

/* Quantities and amounts of the lines; those that are rounded to more than cents are evened out so
 * that the lines add up to their rounded sum. */
static bool
read_lines(const struct order_document *order, struct order_amounts *amounts,
           struct decimal *weights, struct decimal *shares, struct verdict *verdict)
{
    struct decimal sum = DECIMAL_ZERO;

    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        struct line_amounts *own = &amounts->lines[i];

        if (!line_quantity(line, own, verdict) || !line_amount(line, &weights[i], verdict))
            return false;
        own->included = !decimal_is_zero(own->qty);
        if (!own->included && !decimal_is_zero(weights[i])) {
            verdict_wait_for(verdict, "line %d has an amount of %s for a quantity of 0",
                             line->line_nbr, words_amount(weights[i], "").text);
            verdict_advise(verdict, "correct the order in Acumatica");
            return false;
        }
        sum = decimal_add(sum, weights[i]);
        amounts->qty_total = decimal_add(amounts->qty_total, own->qty);
    }
    amounts->subtotal.order = decimal_round(sum, MONEY_PLACES);
    allot(amounts, sum, weights, shares);
    for (size_t i = 0; i < order->line_count; i++)
        amounts->lines[i].row_total.order = shares[i];
    return true;
}

static void
set_prices(const struct order_document *order, struct order_amounts *amounts)
{
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        struct line_amounts *own = &amounts->lines[i];

        if (line->unit_price.known)
            own->price.order = decimal_round(line->unit_price.value, PRICE_PLACES);
        else if (own->included)
            own->price.order =
                decimal_round(decimal_div(own->row_total.order, own->qty), PRICE_PLACES);
    }
}

static struct decimal
sum_of_line_discounts(const struct order_document *order)
{
    struct decimal sum = DECIMAL_ZERO;

    for (size_t i = 0; i < order->line_count; i++)
        sum = decimal_add(sum, order->lines[i].discount_amount.value);
    return decimal_round(sum, MONEY_PLACES);
}

/* RESULT_NONE: not every line tells its tax. */
static enum result
sum_of_line_taxes(const struct order_document *order, struct decimal *ret_sum)
{
    struct decimal sum = DECIMAL_ZERO;

    for (size_t i = 0; i < order->line_count; i++) {
        if (!order->lines[i].tax_amount.known)
            return RESULT_NONE;
        sum = decimal_add(sum, decimal_round(order->lines[i].tax_amount.value, MONEY_PLACES));
    }
    *ret_sum = sum;
    return RESULT_OK;
}

static struct decimal
total_with(const struct order_amounts *amounts, struct decimal discount)
{
    struct decimal total = decimal_sub(amounts->subtotal.order, discount);

    total = decimal_add(total, amounts->tax.order);
    return decimal_add(total, amounts->freight.order);
}

/* ExtPrice is before the line's discount, but some inquiries show the amount after it under the same
 * caption: whichever adds up to the order's total holds. */
static bool
match_total(const struct order_document *order, struct order_amounts *amounts,
            bool *ret_line_discounts_apply, struct verdict *verdict)
{
    struct decimal document = decimal_round(order->discount_total.value, MONEY_PLACES);
    struct decimal lines = sum_of_line_discounts(order);
    struct decimal both = decimal_add(document, lines);
    struct decimal total = decimal_round(order->order_total.value, MONEY_PLACES);

    if (!order->order_total.known) {
        verdict_wait_for(verdict, "its total is not known");
        verdict_advise(verdict, "add the column OrderTotal to the inquiry");
        return false;
    }
    amounts->grand_total.order = total;
    if (decimal_compare(total_with(amounts, both), total) == 0) {
        amounts->discount.order = both;
        *ret_line_discounts_apply = true;
        return true;
    }
    if (decimal_compare(total_with(amounts, document), total) == 0) {
        amounts->discount.order = document;
        *ret_line_discounts_apply = false;
        return true;
    }
    verdict_wait_for(verdict,
                     "its total is %s, but its lines, freight, tax and discounts add up to %s",
                     words_amount(total, order->currency).text,
                     words_amount(total_with(amounts, both), order->currency).text);
    verdict_advise(verdict, COLUMNS_ADVICE);
    return false;
}

static bool
check_signs_and_sizes(const struct order_amounts *amounts, struct verdict *verdict)
{
    const struct {
        const char *name;
        struct decimal value;
    } totals[] = {
        {"total", amounts->grand_total.order}, {"line total", amounts->subtotal.order},
        {"tax", amounts->tax.order},           {"freight", amounts->freight.order},
        {"discount", amounts->discount.order}, {"quantity", amounts->qty_total},
    };

    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        if (decimal_sign(totals[i].value) < 0) {
            verdict_wait_for(verdict, "its %s is %s, and Magento takes none below zero",
                             totals[i].name, words_amount(totals[i].value, "").text);
            verdict_advise(verdict, "correct the order in Acumatica");
            return false;
        }
        if (!decimal_is_valid(totals[i].value) ||
            decimal_compare(totals[i].value, amount_limit()) >= 0) {
            verdict_set(verdict, STATE_FAILED, "its %s is too large for Magento", totals[i].name);
            return false;
        }
    }
    return true;
}

/* Where no line has an amount to go by, the first that is ordered bears it all: one that is not is
 * left out of Magento's order. */
static void
ensure_a_weight(const struct order_amounts *amounts, struct decimal *weights)
{
    size_t first = amounts->line_count;

    for (size_t i = amounts->line_count; i > 0; i--) {
        if (decimal_sign(weights[i - 1]) > 0)
            return;
        if (amounts->lines[i - 1].included)
            first = i - 1;
    }
    if (first < amounts->line_count)
        weights[first] = decimal_from_integer(1);
}

/* The document's discount by the lines' amounts, and each line's own on top. */
static void
allot_discount(const struct order_document *order, struct order_amounts *amounts,
               bool line_discounts_apply, struct decimal *weights, struct decimal *shares)
{
    struct decimal own_sum = line_discounts_apply ? sum_of_line_discounts(order) : DECIMAL_ZERO;
    struct decimal rest = decimal_sub(amounts->discount.order, own_sum);

    for (size_t i = 0; i < order->line_count; i++)
        weights[i] = line_discounts_apply ? order->lines[i].discount_amount.value : DECIMAL_ZERO;
    allot(amounts, own_sum, weights, shares);
    for (size_t i = 0; i < order->line_count; i++) {
        amounts->lines[i].discount.order = shares[i];
        weights[i] = decimal_sub(amounts->lines[i].row_total.order, shares[i]);
    }
    ensure_a_weight(amounts, weights);
    allot(amounts, rest, weights, shares);
    for (size_t i = 0; i < order->line_count; i++)
        amounts->lines[i].discount.order = decimal_add(amounts->lines[i].discount.order, shares[i]);
}

/* Each line's own tax if they add up to the document's, else the document's by what is left of the
 * lines' amounts. */
static void
allot_tax(const struct order_document *order, struct order_amounts *amounts,
          struct decimal *weights, struct decimal *shares)
{
    struct decimal sum;

    if (sum_of_line_taxes(order, &sum) == RESULT_OK &&
        decimal_compare(sum, amounts->tax.order) == 0) {
        for (size_t i = 0; i < order->line_count; i++)
            amounts->lines[i].tax.order =
                decimal_round(order->lines[i].tax_amount.value, MONEY_PLACES);
        return;
    }
    for (size_t i = 0; i < order->line_count; i++)
        weights[i] =
            decimal_sub(amounts->lines[i].row_total.order, amounts->lines[i].discount.order);
    ensure_a_weight(amounts, weights);
    allot(amounts, amounts->tax.order, weights, shares);
    for (size_t i = 0; i < order->line_count; i++)
        amounts->lines[i].tax.order = shares[i];
}

static bool
fill(const struct order_document *order, struct order_amounts *amounts, struct decimal *weights,
     struct decimal *shares, struct verdict *verdict)
{
    bool line_discounts_apply = false;
    struct decimal line_taxes = DECIMAL_ZERO;

    if (!read_lines(order, amounts, weights, shares, verdict))
        return false;
    amounts->freight.order = decimal_round(order->freight.value, MONEY_PLACES);
    if (!order->tax_total.known && sum_of_line_taxes(order, &line_taxes) == RESULT_OK)
        amounts->tax.order = line_taxes;
    else
        amounts->tax.order = decimal_round(order->tax_total.value, MONEY_PLACES);
    if (!match_total(order, amounts, &line_discounts_apply, verdict) ||
        !check_signs_and_sizes(amounts, verdict))
        return false;
    set_prices(order, amounts);
    allot_discount(order, amounts, line_discounts_apply, weights, shares);
    allot_tax(order, amounts, weights, shares);
    return true;
}

enum result
order_amounts_compute(const struct order_document *order, struct verdict *verdict,
                      struct order_amounts **ret_amounts)
{
    AMSYNC_CLEANUP(order_amounts_free)
    struct order_amounts *amounts = calloc(1, sizeof(*amounts));
    AMSYNC_CLEANUP(cleanup_free)
    struct decimal *weights = calloc(order->line_count + 1, sizeof(*weights));
    AMSYNC_CLEANUP(cleanup_free)
    struct decimal *shares = calloc(order->line_count + 1, sizeof(*shares));

    if (amounts == NULL || weights == NULL || shares == NULL)
        return RESULT_FAILED;
    amounts->lines = calloc(order->line_count + 1, sizeof(*amounts->lines));
    if (amounts->lines == NULL)
        return RESULT_FAILED;
    amounts->line_count = order->line_count;

    bool fits = fill(order, amounts, weights, shares, verdict);

    if (amounts->out_of_memory)
        return RESULT_FAILED;
    if (!fits)
        return RESULT_REJECTED;
    *ret_amounts = TAKE_PTR(amounts);
    return RESULT_OK;
}

static struct both *
member(struct line_amounts *line, size_t offset)
{
    return (struct both *)(void *)((char *)line + offset);
}

/* One amount of each line, converted so that they add up to the converted sum. */
static struct decimal
convert_lines(struct order_amounts *amounts, size_t offset, struct decimal total,
              struct decimal *weights, struct decimal *shares)
{
    struct decimal base = decimal_round(decimal_div(total, amounts->rate), MONEY_PLACES);

    for (size_t i = 0; i < amounts->line_count; i++)
        weights[i] = member(&amounts->lines[i], offset)->order;
    allot(amounts, base, weights, shares);
    for (size_t i = 0; i < amounts->line_count; i++)
        member(&amounts->lines[i], offset)->base = shares[i];
    return base;
}

enum result
order_amounts_convert(struct order_amounts *amounts, struct decimal rate, struct verdict *verdict)
{
    AMSYNC_CLEANUP(cleanup_free)
    struct decimal *weights = calloc(amounts->line_count + 1, sizeof(*weights));
    AMSYNC_CLEANUP(cleanup_free)
    struct decimal *shares = calloc(amounts->line_count + 1, sizeof(*shares));
    bool fits = true;

    if (weights == NULL || shares == NULL)
        return RESULT_FAILED;
    amounts->rate = rate;
    amounts->subtotal.base = convert_lines(amounts, offsetof(struct line_amounts, row_total),
                                           amounts->subtotal.order, weights, shares);
    amounts->discount.base = convert_lines(amounts, offsetof(struct line_amounts, discount),
                                           amounts->discount.order, weights, shares);
    amounts->tax.base = convert_lines(amounts, offsetof(struct line_amounts, tax),
                                      amounts->tax.order, weights, shares);
    amounts->freight.base = decimal_round(decimal_div(amounts->freight.order, rate), MONEY_PLACES);
    amounts->grand_total.base =
        decimal_add(decimal_sub(amounts->subtotal.base, amounts->discount.base),
                    decimal_add(amounts->tax.base, amounts->freight.base));
    for (size_t i = 0; i < amounts->line_count; i++) {
        struct both *price = &amounts->lines[i].price;

        price->base = decimal_round(decimal_div(price->order, rate), PRICE_PLACES);
        fits = fits && decimal_is_valid(price->base) &&
               decimal_compare(price->base, amount_limit()) < 0;
    }
    if (amounts->out_of_memory)
        return RESULT_FAILED;
    if (!fits || !decimal_is_valid(amounts->grand_total.base) ||
        decimal_compare(decimal_add(amounts->subtotal.base, amounts->grand_total.base),
                        amount_limit()) >= 0) {
        struct decimal_buffer buffer;

        verdict_set(verdict, STATE_FAILED,
                    "its currency rate of %s makes its amounts too large for Magento",
                    decimal_text(rate, 0, &buffer));
        return RESULT_REJECTED;
    }
    return RESULT_OK;
}

void
order_amounts_free(struct order_amounts **amounts)
{
    struct order_amounts *self = *amounts;

    *amounts = NULL;
    if (self == NULL)
        return;
    free(self->lines);
    free(self);
}
