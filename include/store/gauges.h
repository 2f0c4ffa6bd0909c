/*
 * How much there is to do and what needs attention, as the database has it.
 */
#ifndef AMSYNC_STORE_GAUGES_H
#define AMSYNC_STORE_GAUGES_H

#include <stdint.h>

#include "base/error.h"

struct database;

/* Nothing is counted beyond this, so that reading takes no longer however much there is. */
#define GAUGES_COUNT_MAX 10000

/* Counts of orders count each order once, whichever of its documents is in that state. Ages are 0
 * when there is nothing. */
struct gauges {
    int64_t orders_due; /* due now, and nobody works on them */
    int64_t oldest_due_age_ms;
    int64_t orders_waiting;
    int64_t orders_retrying;
    int64_t orders_stuck; /* those of them that have failed `max_attempts` times or more */
    int64_t orders_failed;
    int64_t intake_queue;         /* notifications that are not taken in yet */
    int64_t oldest_intake_age_ms; /* since it was received, or replayed */
};

/* Reads all of them in one statement. The thread that owns `database`. Fails as database_query. */
enum result gauges_read(struct database *database, int64_t max_attempts, struct gauges *ret_gauges,
                        struct error *err) AMSYNC_MUST_USE;

#endif
