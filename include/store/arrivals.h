/*
 * What has arrived from Acumatica, for those who look for what has not. All functions: the thread
 * that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_ARRIVALS_H
#define AMSYNC_STORE_ARRIVALS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/document_kind.h"

struct database;

/* Looked through, newest first: so many lines of the connector log, so many notifications. */
#define ARRIVALS_LINES_MAX 500000
#define ARRIVALS_NOTIFICATIONS_MAX 20000

/* The last notification of each kind that was taken in: {"order": {"at": RFC 3339, "number": },
 * "shipment": , "invoice": }, null where none has come within ARRIVALS_LINES_MAX. That it is taken in
 * again (replay) is no arrival: "at" is not after the newest notification of that kind was received. */
enum result last_arrivals(struct database *database, json_t **ret_arrivals,
                          struct error *err) AMSYNC_MUST_USE;

/* A notification as it is stored. */
struct stored_notification {
    int64_t id;
    int64_t received_unix_ms;
    enum document_kind kind;
    bool waits; /* to be taken in */
    char *query;
    char *body;
};

/* The newest notification of the last ARRIVALS_NOTIFICATIONS_MAX in which `number` is a value, up to
 * spaces after it; of `company`, NULL: of any. The caller frees it. RESULT_NONE: there is none. */
enum result stored_notification_find(struct database *database, const char *company,
                                     const char *number,
                                     struct stored_notification **ret_notification,
                                     struct error *err) AMSYNC_MUST_USE;
void stored_notification_free(struct stored_notification **notification);

#endif
