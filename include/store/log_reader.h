/*
 * Reading the connector log. All functions: the thread that owns `database`. They fail as
 * database_query.
 */
#ifndef AMSYNC_STORE_LOG_READER_H
#define AMSYNC_STORE_LOG_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

struct log_filter {
    const char *const *statuses; /* any of them; 0 of them: all */
    size_t status_count;
    const char *entity;            /* NULL: all */
    const char *company;           /* NULL: all */
    const char *const *order_nbrs; /* any of them; 0 of them: all */
    size_t order_nbr_count;
    int64_t since_unix_ms; /* 0: from the beginning */
    int32_t limit;         /* the newest that many */
    bool bodies;           /* with what was sent to Magento and what it answered */
};

/* The newest lines that pass the filter, oldest first: an array of objects with id, at, company,
 * entity, action, status, order_type, order_nbr, document_nbr, magento_nbr, message, http_status,
 * attempt, duration_ms, and with `bodies` request_body and answer_body; null where a line has none.
 * The caller owns it. */
enum result log_read(struct database *database, const struct log_filter *filter, json_t **ret_lines,
                     struct error *err) AMSYNC_MUST_USE;

struct log_follower;

/* Follows the log from what log_read has returned on. Lines are numbered when they are written and
 * seen when they are committed, so a smaller number can come later: the follower looks back over a
 * while and returns each line once. `seen` (from log_read) is borrowed for the call. */
enum result log_follower_new(const json_t *seen, struct log_follower **ret_follower,
                             struct error *err) AMSYNC_MUST_USE;
void log_follower_free(struct log_follower **follower);

/* What is new, oldest first; may be empty. `filter->since_unix_ms` and `limit` do not matter here. */
enum result log_follow(struct database *database, struct log_follower *follower,
                       const struct log_filter *filter, json_t **ret_lines,
                       struct error *err) AMSYNC_MUST_USE;

#endif
