/*
 * The orders that are kept from Magento, to see which of them a change of the rules brings over. The
 * thread that owns `database`.
 */
#ifndef AMSYNC_STORE_HELD_ORDERS_H
#define AMSYNC_STORE_HELD_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

/* Orders looked at by one step. */
#define HELD_ORDERS_STEP 1000

/* A walk over all orders, from the newest to the oldest. */
struct held_walk {
    const char *company;             /* of one only; NULL: all */
    const char *const *customer_ids; /* of these only; 0 of them: all */
    size_t customer_count;
    bool with_skipped;             /* besides those that wait */
    bool with_pending;             /* as all are while publishing is not on */
    int64_t before_id;             /* INT64_MAX at first; moved by each step */
    int64_t ids[HELD_ORDERS_STEP]; /* what the last step found, and how many */
    size_t count;
};

/* Looks at the next HELD_ORDERS_STEP orders, of which it finds those that are not in Magento and
 * wait, are skipped or pending; maybe none. RESULT_NONE: there are no more to look at. Fails as
 * database_query. */
enum result held_orders_step(struct database *database, struct held_walk *walk,
                             struct error *err) AMSYNC_MUST_USE;

#endif
