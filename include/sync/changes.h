/*
 * What Magento was told of an order, and what has changed since. Pure; any thread.
 *
 * {"lines": {"1": {"sku": , "qty": , "ext_price": }}, "order_total": , "freight": , "tax_total": ,
 *  "discount_total": , "currency": , "ship_via": , "bill_to": , "ship_to": }, all texts; what the
 * inquiry does not tell is left out and never counts as a change. With "commented", which is true or
 * missing, Magento was told of changes that this does not contain. "last" is the newest comment that
 * told of a change, "" for none; missing where that is not known. With "unsure", which is true or
 * missing, another may have been made since.
 */
#ifndef AMSYNC_SYNC_CHANGES_H
#define AMSYNC_SYNC_CHANGES_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "magento/entities.h"
#include "sync/model.h"

/* How the comment begins that tells Magento of a change. */
#define CHANGES_COMMENT_BEGINNING "Changed in Acumatica: "

/* As the order stands. NULL without memory; the caller owns it. */
json_t *changes_snapshot(const struct order_document *order) AMSYNC_MUST_USE;

/* As Magento was told of an order of ours that it has, though nobody recorded how it was made: its total,
 * quantities and addresses are those that it has. The rest is as in `sent`, what a create whose outcome
 * is unknown would have made of it; NULL: as the order stands. NULL without memory; the caller owns it. */
json_t *changes_snapshot_of_adopted(const json_t *sent, const struct order_document *order,
                                    const struct magento_order *magento) AMSYNC_MUST_USE;

/* The newest comment of the order that tells of a change; "" for none. Borrowed. */
const char *changes_last_told(const struct magento_order *magento);

/* Sets "last", and takes "unsure" away; false without memory. */
bool changes_set_last(json_t *snapshot, const char *comment) AMSYNC_MUST_USE;

/* A copy of what was sent, with "unsure". NULL without memory; the caller owns it. */
json_t *changes_unsure(const json_t *sent) AMSYNC_MUST_USE;

/* "line 2 (WIDGET-2): quantity 1 -> 3; order total 127.50 -> 147.50 USD". RESULT_NONE: nothing has
 * changed. RESULT_FAILED: out of memory. The caller owns the text. */
enum result changes_describe(const json_t *before, const json_t *now,
                             char **ret_text) AMSYNC_MUST_USE;

/* "the order is now: order total 147.50; line 2 (WIDGET-2): quantity 3, amount 30.00", for where nobody
 * knows what Magento was told last; cut where that is very long. NULL without memory; the caller owns it. */
char *changes_whole(const json_t *now) AMSYNC_MUST_USE;

#endif
