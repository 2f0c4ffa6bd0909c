/*
 * What intake had to say of a notification, for one that no order came of. The main thread.
 */
#ifndef AMSYNC_CLI_ORDER_REMARKS_H
#define AMSYNC_CLI_ORDER_REMARKS_H

#include <jansson.h>

#include "base/error.h"
#include "store/arrivals.h"
#include "store/database.h"

/* Reads the notification once more, as intake does, without keeping anything: an array of sentences
 * without a full stop, none if nothing was wrong with it. The caller owns it. Fails as
 * database_query. */
AMSYNC_MUST_USE enum result order_remarks_read(struct database *database,
                                               const struct stored_notification *notification,
                                               json_t **ret_remarks, struct error *err);

#endif
