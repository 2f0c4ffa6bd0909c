/*
 * Trying documents again that failed, wait or are to be retried later. What failed is pending again,
 * under a new version, so that an outcome on its way cannot make it failed once more; the attempts
 * of all start anew. The thread that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_ORDER_RETRY_H
#define AMSYNC_STORE_ORDER_RETRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/document_kind.h"

struct database;

#define ORDERS_RETRY_BATCH 200

/* Within the caller's transaction: one order's documents that failed, wait or are retried. The
 * caller holds the order's row and makes it due. */
enum result documents_try_again(struct database *database, int64_t sales_order_id,
                                struct error *err) AMSYNC_MUST_USE;

/* A walk over the orders that have a document in `state`. */
struct retry_walk {
    enum document_state state; /* STATE_FAILED, STATE_WAITING or STATE_RETRYING */
    const char *company;       /* NULL: all */
    int64_t after_id;          /* 0 at first; moved by each call */
    size_t made_due;           /* 0 at first; added to by each call */
};

/* Makes the next ORDERS_RETRY_BATCH orders due, at most, in a transaction of its own. RESULT_NONE:
 * there are no more. */
enum result orders_retry_some(struct database *database, struct retry_walk *walk,
                              struct error *err) AMSYNC_MUST_USE;

#endif
