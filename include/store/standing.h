/*
 * How many orders, shipments and invoices are not in Magento for which reason. The thread that owns
 * `database`.
 */
#ifndef AMSYNC_STORE_STANDING_H
#define AMSYNC_STORE_STANDING_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

struct database;

/* Reasons named of each state; the rest is only counted. */
#define STANDING_REASONS_MAX 5

/* Counted at most, of each state. */
#define STANDING_DOCUMENTS_MAX 10000

/* {"waiting": {"documents": , "reasons": [{"reason": , "documents": , "order_nbr": ,
 * "kind": , "number": }]}, "failed": , "retrying": }, the most frequent reason first, each with an
 * order, shipment or invoice that has it, and its order; a state that none is
 * in is left out. Of "retrying" only those that have been tried `max_attempts` times. Fails as
 * database_query. */
enum result documents_standing(struct database *database, int64_t max_attempts,
                               json_t **ret_standing, struct error *err) AMSYNC_MUST_USE;

#endif
