/* POST /V1/order/{id}/invoice. */
#ifndef AMSYNC_SIM_INVOICE_H
#define AMSYNC_SIM_INVOICE_H

#include "sim/shop.h"

/*
 * Invoices what the body says, or everything, and marks it paid, as it is with offline payment
 * methods. Amounts come from the order's items; the first invoice carries all of the freight.
 */
void invoice_create(struct call *call);

/* The same as a person in the admin does it. */
void invoice_by_hand(struct shop *shop, struct order *order, json_t *body, struct answer *answer);

#endif
