/*
 * One connection to PostgreSQL, used synchronously. A struct database belongs to one thread at a
 * time. Whatever it does ends within its time-out, also when the server hangs.
 *
 * What PostgreSQL reports becomes a result:
 *   RESULT_RETRY     the connection is gone, a time-out, a deadlock, disk full, read-only, too many
 *                    connections, a partition that is missing: the same may succeed later
 *   RESULT_REJECTED  a value is at fault (SQLSTATE classes 22, 23 and 54)
 *   RESULT_FAILED    everything else: a defect, a missing right, a missing table; out of memory
 * The text has the SQLSTATE and, where one can be given, a clue; never the connection string.
 */
#ifndef AMSYNC_STORE_DATABASE_H
#define AMSYNC_STORE_DATABASE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/query_params.h"

#define DATABASE_TIMEOUT_MS 30000

struct database;

/* A raw, non-blocking connection for an asynchronous user (store/inbox), set up as database_open's
 * are: UTC, UTF-8, time-outs, no JIT, commits that wait for the disk. To be closed with PQfinish.
 * Blocks for at most about ten seconds an address, and then for `timeout_ms` and a little more. Fails
 * as database_open. Any thread. */
enum result database_connect(const char *url, const char *application_name, unsigned timeout_ms,
                             PGconn **ret_connection, struct error *err) AMSYNC_MUST_USE;

/* `url`: libpq's connection string or URI; copied. `timeout_ms` bounds each statement.
 * RESULT_REJECTED: `url` is neither. RESULT_RETRY: the server cannot be reached or refuses; the text
 * says which. The caller closes it. */
enum result database_open(const char *url, const char *application_name, unsigned timeout_ms,
                          struct database **ret_database, struct error *err) AMSYNC_MUST_USE;

/* Nothing happens to NULL. An open transaction is rolled back by the server. */
void database_close(struct database **database);

/* False once the connection broke, or was hung up on: everything is RESULT_RETRY until
 * database_reconnect. */
bool database_is_connected(const struct database *database);

/* Connects anew; how long to wait between attempts is the caller's matter. Not within a
 * transaction that still lives. RESULT_RETRY as database_open, else as database_query where the new
 * session cannot be set up; then it is hung up on. */
enum result database_reconnect(struct database *database, struct error *err) AMSYNC_MUST_USE;

/* Has every statement use an index where there is one, now and after database_reconnect. For those
 * who work through queues: whether a queue is empty or holds a million rows when a statement is
 * planned, or was when the table was last analyzed, says nothing of when it is executed. Fails as
 * database_query, and is then made up for by database_reconnect. */
enum result database_avoid_scans(struct database *database, struct error *err) AMSYNC_MUST_USE;

/* Of PostgreSQL, as 150004; 0 if the connection is broken. */
int database_server_version(const struct database *database);

/* The SQLSTATE with which the last statement failed, "" if it did not or the connection broke; a
 * rollback leaves it. Valid until the next statement. */
const char *database_sqlstate(const struct database *database);

/* Whether the last statement failed because it took longer than its time-out: the server can be
 * reached, but has too much to do for that. */
bool database_took_too_long(const struct database *database);

/* Bounds each further statement, here and in the server. Fails as database_query. */
enum result database_set_timeout(struct database *database, unsigned timeout_ms,
                                 struct error *err) AMSYNC_MUST_USE;

/* Bounds how long each further statement waits for a lock, until the connection is made anew; then it
 * fails with 55P03, RESULT_RETRY. 0: only as the statement is bounded, as at first. Fails as
 * database_query. */
enum result database_set_lock_timeout(struct database *database, unsigned timeout_ms,
                                      struct error *err) AMSYNC_MUST_USE;

/* SQLSTATE lock_not_available. */
#define SQLSTATE_NO_LOCK "55P03"

/* Runs one statement, prepared at its first use on a connection. `sql` must have static storage: it
 * is known by its address. `params` may be NULL for none. Rows come as text; the caller frees
 * `ret_result` (may be NULL if nobody wants it) with PQclear. */
enum result database_query(struct database *database, const char *sql, struct query_params *params,
                           PGresult **ret_result, struct error *err) AMSYNC_MUST_USE;

/* Runs SQL text without parameters as it is, several statements if it has them: migrations, and what
 * cannot be prepared. `sql` is not made of input. */
enum result database_execute(struct database *database, const char *sql,
                             struct error *err) AMSYNC_MUST_USE;

/* Transactions. Begin asserts that none is open. Whatever commit returns, none is open afterwards;
 * RESULT_RETRY of commit may mean that it took effect. Rollback cannot fail: a connection that does
 * not even roll back is closed. */
enum result database_begin(struct database *database, struct error *err) AMSYNC_MUST_USE;
enum result database_commit(struct database *database, struct error *err) AMSYNC_MUST_USE;
void database_rollback(struct database *database);
bool database_in_transaction(const struct database *database);

/* Runs `body` in a transaction: RESULT_OK commits, anything else rolls back and is returned. After
 * a deadlock or serialization failure it is all done again, up to five times. None is open
 * afterwards. */
typedef enum result (*database_body)(struct database *database, void *argument, struct error *err);
enum result database_transaction(struct database *database, database_body body, void *argument,
                                 struct error *err) AMSYNC_MUST_USE;

/* For `AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;` */
static inline void
cleanup_pgresult(PGresult **result)
{
    PQclear(*result);
}

/* Values of a row: text is NULL for SQL NULL and lives as long as the result; numbers are 0 and bool
 * is false for SQL NULL. */
const char *row_text(const PGresult *result, int row, int column);
int64_t row_int64(const PGresult *result, int row, int column);
int32_t row_int32(const PGresult *result, int row, int column);
bool row_bool(const PGresult *result, int row, int column);

/* What a failed result (NULL: no answer came) of a connection means, for asynchronous users. */
enum result database_result(const PGconn *connection, const PGresult *result, struct error *err);

#endif
