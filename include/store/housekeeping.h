/*
 * What keeps the database in order. All functions: the thread that owns `database`, outside a
 * transaction. They fail as database_query.
 *
 * Partitions: RESULT_NONE if another holds a lock, as a backup does on every table; what `err` says is
 * for somebody who waits for it. To be called again later.
 */
#ifndef AMSYNC_STORE_HOUSEKEEPING_H
#define AMSYNC_STORE_HOUSEKEEPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

/* Makes the partitions from yesterday to seven days ahead (UTC) that are missing, each apart and
 * then attached, so that nobody waits for it. Safe from several processes at once. */
enum result partitions_ensure(struct database *database, struct error *err) AMSYNC_MUST_USE;

/* Drops partitions of days more than `retention_days` back, finishing interrupted detachments of
 * before; notifications only when all of that day are taken in. `ret_dropped` counts them. */
enum result partitions_drop_old(struct database *database, unsigned retention_days,
                                size_t *ret_dropped, struct error *err) AMSYNC_MUST_USE;

#define REDUCE_SCAN 500

/* Looks at the next REDUCE_SCAN orders, by id. Of those that have been finished (completed or canceled
 * in Acumatica, or settled by a person, with nothing left to do) and unchanged for `retention_days`
 * only numbers, states and lines are kept: their documents' contents, what was sent, reasons, notes and
 * the customer are deleted. `after_id`: 0 at first, moved by each call. `ret_reduced` counts them.
 * RESULT_NONE: there are no more orders. */
enum result finished_orders_reduce(struct database *database, unsigned retention_days,
                                   int64_t *after_id, size_t *ret_reduced,
                                   struct error *err) AMSYNC_MUST_USE;

#define RULES_SWEEP_BATCH 500

/* Works on the oldest change of preferences, mappings or customers, if there is one: makes up to
 * RULES_SWEEP_BATCH of the orders due that it affects, and keeps how far it has come. Call again
 * until RESULT_NONE: no change is left (or another program is at it). A preference that affects no
 * order that was decided before, such as increment_prefix, is done at once. */
enum result rules_change_sweep(struct database *database, size_t *ret_made_due,
                               struct error *err) AMSYNC_MUST_USE;

#endif
