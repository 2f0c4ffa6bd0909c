/*
 * Which order may be linked to the Magento order that it names; settled by the claimer, since workers
 * hold no connection to PostgreSQL.
 */
#ifndef AMSYNC_SYNC_LINKS_H
#define AMSYNC_SYNC_LINKS_H

#include <stddef.h>

#include "base/error.h"
#include "store/work.h"

struct database;

/* Takes, for each claimed order that is not in Magento and names an order there, that number, or notes
 * in the order who has it. An order whose body cannot be read is passed by: its plan says so. Fails as
 * work_take_link. */
enum result links_take(struct database *database, struct claimed_order *const *orders, size_t count,
                       struct error *err) AMSYNC_MUST_USE;

#endif
