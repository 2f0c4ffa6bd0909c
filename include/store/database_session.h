/*
 * What every new session of PostgreSQL goes through; for store/database. Any thread.
 */
#ifndef AMSYNC_STORE_DATABASE_SESSION_H
#define AMSYNC_STORE_DATABASE_SESSION_H

#include <libpq-fe.h>

#include "base/error.h"

/* UTC, time-outs, commits that wait for the disk. Fails as database_query. */
enum result database_session_setup(PGconn *connection, unsigned timeout_ms,
                                   struct error *err) AMSYNC_MUST_USE;

/* RESULT_RETRY, with why the connection could not be made. */
enum result database_refused(const PGconn *connection, struct error *err);

#endif
