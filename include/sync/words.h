/*
 * Pieces of the sentences that merchants read. Pure; any thread.
 */
#ifndef AMSYNC_SYNC_WORDS_H
#define AMSYNC_SYNC_WORDS_H

#include "base/decimal.h"
#include "base/error.h"
#include "store/work.h"

/* Large enough for an amount with its currency, a quantity with its unit, 40 characters of UTF-8. */
struct words {
    char text[192];
};

/* A value, cut after 40 characters. */
struct words words_value(const char *value);

/* "127.50 USD"; without a currency "127.50". */
struct words words_amount(struct decimal amount, const char *currency);

/* "3 EA", "2.5 BOX"; without a unit "3". */
struct words words_quantity(struct decimal quantity, const char *uom);

/* A value as an argument of a command in a shell: as it is, or in single quotes. Long ones are cut.
 */
struct words words_argument(const char *value);

/* The document as people call it: "SO005555", "Shipment 000068 of SO005555",
 * "Invoice INV000046 of SO005555". */
struct words words_document(const struct claimed_order *order, size_t document);

#endif
