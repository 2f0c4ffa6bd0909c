/*
 * Queries whose answer PostgreSQL makes as JSON.
 */
#ifndef AMSYNC_STORE_QUERY_JSON_H
#define AMSYNC_STORE_QUERY_JSON_H

#include <jansson.h>

#include "base/error.h"
#include "store/query_params.h"

struct database;

/* Runs a statement that returns one row with one value, which is JSON; the caller owns it. As
 * database_query, and fails so. The thread that owns `database`. */
enum result query_json(struct database *database, const char *sql, struct query_params *params,
                       json_t **ret_json, struct error *err) AMSYNC_MUST_USE;

#endif
