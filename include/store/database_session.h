/*
 * What every session of PostgreSQL goes through; for store/database. The thread that owns the
 * connection.
 */
#ifndef AMSYNC_STORE_DATABASE_SESSION_H
#define AMSYNC_STORE_DATABASE_SESSION_H

#include <libpq-fe.h>

#include "base/error.h"

#define SQLSTATE_BYTES 6

/* Makes the connection non-blocking; UTC, time-outs, no JIT, commits that wait for the disk. Fails as
 * database_query. */
enum result database_session_setup(PGconn *connection, unsigned timeout_ms,
                                   struct error *err) AMSYNC_MUST_USE;

/* Waits for the answer to what was sent over a non-blocking connection, a little longer than
 * `timeout_ms`: the last result (freed by the caller; `ret_result` may be NULL), or the first error.
 * Its SQLSTATE goes to `sqlstate`, which is else left alone. Hangs up on what does not end: then
 * libpq says that the connection is bad or, out of memory, that it is still active. Fails as
 * database_query. */
enum result database_collect(PGconn *connection, unsigned timeout_ms, char sqlstate[SQLSTATE_BYTES],
                             PGresult **ret_result, struct error *err) AMSYNC_MUST_USE;

/* Ends a connection, so that libpq sees it as broken. */
void database_hang_up(PGconn *connection);

/* RESULT_RETRY, with why the connection could not be made. */
enum result database_refused(const PGconn *connection, struct error *err);

#endif
