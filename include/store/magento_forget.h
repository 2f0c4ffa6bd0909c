/*
 * Orders go to another shop: what the former one has given them is forgotten, and they are decided
 * anew. The thread that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_MAGENTO_FORGET_H
#define AMSYNC_STORE_MAGENTO_FORGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

#define MAGENTO_FORGET_BATCH 200

/* How many orders have a number of the shop. */
enum result magento_forget_count(struct database *database, int64_t *ret_orders,
                                 struct error *err) AMSYNC_MUST_USE;

/* Whether a program runs, be it that it accepts or still publishes while it stops, as its heartbeat
 * tells: it has said so within the last 20 seconds and has not stopped. */
enum result service_is_running(struct database *database, bool *ret_running,
                               struct error *err) AMSYNC_MUST_USE;

/* A walk over the orders; all zero at first. */
struct forget_walk {
    int64_t after_id;
    size_t orders;
};

/* Forgets the numbers of the next MAGENTO_FORGET_BATCH orders at most, with their lines, shipments
 * and invoices and what was settled as done, and makes the orders due; in a transaction of its own.
 * RESULT_NONE: there are no more. */
enum result magento_forget_some(struct database *database, struct forget_walk *walk,
                                struct error *err) AMSYNC_MUST_USE;

/* At the end: forgets which shop it was, and notes in the connector log that `orders` are to go to
 * another. */
enum result magento_forget_shop(struct database *database, size_t orders,
                                struct error *err) AMSYNC_MUST_USE;

#endif
