/*
 * Taking notifications in: from the queue into documents, a batch in one transaction.
 */
#ifndef AMSYNC_INTAKE_RUN_H
#define AMSYNC_INTAKE_RUN_H

#include <stddef.h>

#include "base/error.h"

struct database;

struct intake_options {
    unsigned settle_ms;       /* after which orders that are not in Magento are due */
    size_t max_notifications; /* of a batch, at least 1 */
    size_t max_bytes;         /* of their bodies, about */
};

struct intake_report {
    size_t notifications;   /* that left the queue, or were put off */
    struct error complaint; /* a field mapping that means nothing; "" for none */
};

/*
 * Takes one batch, and one suspect that is due (store/suspects.h): merges its rows, makes the orders
 * that changed due, and says in the connector log what came and what could not be used. If the batch
 * may be at fault for a failure (a value, a time-out, memory, a defect) it is halved until the culprit
 * stands alone. A value's culprit leaves the queue with a `failed` line, any other becomes a suspect,
 * and the others are taken in by this call or the next.
 * RESULT_NONE: there is nothing to take. RESULT_RETRY, RESULT_FAILED: not everything was taken. No
 * transaction is open before or after. The thread that owns `database`.
 */
enum result intake_run_once(struct database *database, const struct intake_options *options,
                            struct intake_report *ret_report, struct error *err) AMSYNC_MUST_USE;

#endif
