/*
 * Merging a batch of notifications into documents, within the transaction that took them.
 */
#ifndef AMSYNC_INTAKE_BATCH_H
#define AMSYNC_INTAKE_BATCH_H

#include "base/error.h"
#include "intake/captions.h"
#include "store/documents.h"

struct database;

/* After a row was removed whose other half may come in another notification, its order is looked at
 * no sooner than this. */
#define INTAKE_HALF_MS 10000

/*
 * Reads the notifications, opens the documents they are about, merges, saves what changed, makes its
 * orders due (those not in Magento after `settle_ms`), notes enabled customers and writes the
 * connector log. The caller commits. Fails as database_query; RESULT_REJECTED: a value of one of the
 * notifications is at fault. The thread that owns `database`.
 */
enum result batch_take_in(struct database *database, const struct notification_batch *batch,
                          const struct captions *captions, unsigned settle_ms,
                          struct error *err) AMSYNC_MUST_USE;

#endif
