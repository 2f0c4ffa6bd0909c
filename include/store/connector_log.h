/*
 * The connector log: what happened to every notification and document, in a merchant's words.
 */
#ifndef AMSYNC_STORE_CONNECTOR_LOG_H
#define AMSYNC_STORE_CONNECTOR_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

/* A line to write. Texts are borrowed; NULL (or 0 for numbers) leaves the column empty, except that
 * entity, action, status and message are required. The message is cut at 2,000 characters. */
struct log_line {
    int64_t sales_order_id;
    const char *company;
    const char *entity; /* order, shipment, invoice, notification, service */
    const char
        *action; /* receive, decide, create, link, hold, unhold, cancel, comment, ship, ... */
    const char *status; /* a state's name, or received, duplicate, superseded, unchanged, refused */
    const char *order_type;
    const char *order_nbr;
    const char *document_nbr;
    const char *magento_nbr;
    const char *message;
    int http_status;
    int attempt;
    int duration_ms;
    const char *request_body;
    const char *answer_body;
};

/* Writes the lines in their order, in one statement, within the caller's transaction if there is
 * one. Fails as database_query. */
enum result connector_log_append(struct database *database, const struct log_line *lines,
                                 size_t count, struct error *err) AMSYNC_MUST_USE;

/* The last line about the service where it says that nothing goes to Magento; the caller frees it.
 * RESULT_NONE: it says that orders go there, or there is none of the last days. Fails as
 * database_query. */
enum result connector_log_read_stop(struct database *database, char **ret_message,
                                    struct error *err) AMSYNC_MUST_USE;

#endif
