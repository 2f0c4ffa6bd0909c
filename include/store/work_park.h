/*
 * Setting an order aside whose handling keeps crashing; for work_claim.
 */
#ifndef AMSYNC_STORE_WORK_PARK_H
#define AMSYNC_STORE_WORK_PARK_H

#include <stdint.h>

#include "base/error.h"

struct database;

/* The crash that made the order be handled alone, and three more while it was. */
#define WORK_CRASHES_MAX 3

/* The order and what is queued of it become `failed: its handling crashed`, with a line in the
 * connector log, if `claim` still holds; it has nothing to do any more until something new comes or
 * a person asks. Fails as database_query. */
enum result work_park(struct database *database, int64_t sales_order_id, const char *claim,
                      struct error *err) AMSYNC_MUST_USE;

#endif
