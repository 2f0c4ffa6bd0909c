/*
 * The amounts of an order as Magento keeps them: in the order's and in the store's currency, with
 * document-wide tax and discount allotted to the lines, everything adding up to the cent. Pure; any
 * thread.
 */
#ifndef AMSYNC_SYNC_ORDER_AMOUNTS_H
#define AMSYNC_SYNC_ORDER_AMOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/decimal.h"
#include "base/error.h"
#include "sync/model.h"
#include "sync/plan.h"

/* An amount in the order's currency, and in the store's base currency. */
struct both {
    struct decimal order;
    struct decimal base;
};

struct line_amounts {
    bool included; /* false: nothing was ordered on this line */
    struct decimal qty;
    struct both price;     /* of one, before tax and discount; at most 4 places */
    struct both row_total; /* before tax and discount */
    struct both discount;  /* not negative */
    struct both tax;
};

struct order_amounts {
    struct line_amounts *lines; /* one for each of the order's */
    size_t line_count;
    struct decimal rate; /* base x rate = order */
    struct decimal qty_total;
    struct both subtotal;
    struct both discount; /* not negative */
    struct both tax;
    struct both freight;
    struct both grand_total;
    bool out_of_memory; /* the functions below look at it before they return */
};

/* Works out the order currency's amounts. What is missing, negative, or does not add up goes into
 * the verdict as what the order waits for (an amount too large: failed), and the result is
 * RESULT_REJECTED. RESULT_FAILED: out of memory. */
enum result order_amounts_compute(const struct order_document *order, struct verdict *verdict,
                                  struct order_amounts **ret_amounts) AMSYNC_MUST_USE;

/* Adds the store's currency: every amount divided by `rate`, the parts adding up again.
 * RESULT_REJECTED: the rate makes an amount too large, and the verdict says so; RESULT_FAILED: out
 * of memory. */
enum result order_amounts_convert(struct order_amounts *amounts, struct decimal rate,
                                  struct verdict *verdict) AMSYNC_MUST_USE;

void order_amounts_free(struct order_amounts **amounts);

#endif
