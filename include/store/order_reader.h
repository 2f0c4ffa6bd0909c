/*
 * Reading orders with everything known of them; for work_claim and work_read.
 */
#ifndef AMSYNC_STORE_ORDER_READER_H
#define AMSYNC_STORE_ORDER_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/work.h"

/* Reads orders into `orders`, `count` of them in the order of `ids`; owned by the caller. An order
 * that cannot be read (gone, or its stored contents are unreadable) is NULL. Claim, revision and
 * what else belongs to the work are left 0. Fails as database_query. */
enum result orders_read(struct database *database, const int64_t *ids, size_t count,
                        struct claimed_order **orders, struct error *err) AMSYNC_MUST_USE;

#endif
