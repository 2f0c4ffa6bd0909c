/*
 * Taking notifications in: from the queue into documents, a batch in one transaction.
 */
#ifndef AMSYNC_INTAKE_RUN_H
#define AMSYNC_INTAKE_RUN_H

#include <stddef.h>

#include "base/error.h"

struct database;

struct intake_options {
    unsigned settle_ms;       /* AMSYNC_SETTLE_MS */
    size_t max_notifications; /* of a batch, at least 1 */
    size_t max_bytes;         /* of their bodies, about */
};

struct intake_report {
    size_t notifications;   /* that left the queue */
    struct error complaint; /* a field mapping that means nothing; "" for none */
};

/*
 * Takes one batch: merges its rows, makes the orders that changed due, and says in the connector log
 * what came and what could not be used. If the database finds a value at fault, the batch is halved
 * until the culprit stands alone: that one leaves the queue with a `failed` line, and the others are
 * taken in by this call or the next.
 * RESULT_NONE: the queue is empty. RESULT_RETRY, RESULT_FAILED: nothing was taken. No transaction is
 * open before or after. The thread that owns `database`.
 */
enum result intake_run_once(struct database *database, const struct intake_options *options,
                            struct intake_report *ret_report, struct error *err) AMSYNC_MUST_USE;

#endif
