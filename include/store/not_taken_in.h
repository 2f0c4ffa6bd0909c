/*
 * Notifications that could not be taken in, as `amsync check` shows them: JSON, owned by the caller.
 * The thread that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_NOT_TAKEN_IN_H
#define AMSYNC_STORE_NOT_TAKEN_IN_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

struct database;

/* Shown at most, of each list. */
#define NOT_TAKEN_IN_MAX 5

/* Those under suspicion that have been tried alone: [{"id": , "attempts": , "due_at": }], the oldest
 * first; "attempts" with it alone. */
enum result suspects_list(struct database *database, json_t **ret_list,
                          struct error *err) AMSYNC_MUST_USE;

/* What the connector log says of notifications that failed since a time: [{"message": ,
 * "notification": , "lasts": }], the newest first, what was said repeatedly once. "notification" is
 * the id of one that was set aside as a whole, else null. "lasts": rows of an inquiry could not be
 * used, and of its notifications, among the last ARRIVALS_NOTIFICATIONS_MAX of all, none that came
 * later has been taken in without that. */
enum result failed_notifications_list(struct database *database, int64_t since_unix_ms,
                                      json_t **ret_list, struct error *err) AMSYNC_MUST_USE;

#endif
