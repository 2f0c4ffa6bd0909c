/*
 * What tells amsync's orders, shipments and invoices apart in Magento. Pure; any thread.
 * plan_increment_id and plan_ext_order_id (sync/plan.h) belong to it.
 */
#ifndef AMSYNC_SYNC_IDENTITY_H
#define AMSYNC_SYNC_IDENTITY_H

#include <stdbool.h>

#include "base/error.h"
#include "magento/entities.h"
#include "store/work.h"

/* What the marker of an order begins with. */
#define IDENTITY_ORDER_MARKER "Acumatica order "

/* "Acumatica order SO SO005555", "Acumatica shipment 000068", "Acumatica Invoice INV000046": a whole
 * comment, by which it is found again. NULL without memory; the caller owns it. */
char *identity_marker(const struct claimed_document *document) AMSYNC_MUST_USE;

/* Whether Magento's order carries this order's ext_order_id, to the letter (Magento itself compares
 * without case and trailing blanks). RESULT_NONE: it does not. RESULT_FAILED: out of memory. */
enum result identity_matches(const struct claimed_order *order,
                             const struct magento_order *magento) AMSYNC_MUST_USE;

#endif
