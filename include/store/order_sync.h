/*
 * A person asks for one order. The thread that owns `database`.
 */
#ifndef AMSYNC_STORE_ORDER_SYNC_H
#define AMSYNC_STORE_ORDER_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct database;

/* The "Sync order" button: makes the order due at once, and what failed of it is tried again.
 * `force` is remembered and passes the conditions by. RESULT_NONE: there is no such order.
 * Fails as database_query. */
enum result order_sync_now(struct database *database, int64_t sales_order_id, bool force,
                           struct error *err) AMSYNC_MUST_USE;

#endif
