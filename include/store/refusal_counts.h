/*
 * How many requests were refused, by minute, kind and status: bounded, whatever is sent, and still
 * there after a restart. All functions: the thread that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_REFUSAL_COUNTS_H
#define AMSYNC_STORE_REFUSAL_COUNTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

/* Requests refused for the same reason. Texts are borrowed. */
struct refusal_count {
    const char *entity; /* order, shipment, invoice, or notification when its kind is not known */
    int http_status;
    uint64_t requests;
    const char *last_message; /* why the last of them was; valid UTF-8 */
};

/* Counts them in the minute that it is now. */
enum result refusal_counts_add(struct database *database, const struct refusal_count *counts,
                               size_t count, struct error *err) AMSYNC_MUST_USE;

/* What was refused from `since_unix_ms` on, the most frequent first: [{"http_status": , "requests": ,
 * "last_at": RFC 3339, "last_message": , "mended": }]. A minute counts as a whole if its last refusal
 * does. "mended": what the last was refused for was accepted since: a right secret, or the tenant or
 * the inquiry that its message names, among the last ARRIVALS_NOTIFICATIONS_MAX notifications; false
 * where a message names none. */
enum result refusal_counts_since(struct database *database, int64_t since_unix_ms,
                                 json_t **ret_counts, struct error *err) AMSYNC_MUST_USE;

/* Removes what is more than `retention_days` back. */
enum result refusal_counts_drop_old(struct database *database, unsigned retention_days,
                                    struct error *err) AMSYNC_MUST_USE;

#endif
