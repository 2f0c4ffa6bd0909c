/*
 * A small write that shows whether the database takes commits: for the readiness of a program that
 * has had nothing to keep for a while. It goes to the write-ahead log and to no table. Without
 * waiting, on an asynchronous connection; the thread that owns it.
 */
#ifndef AMSYNC_STORE_WRITE_CHECK_H
#define AMSYNC_STORE_WRITE_CHECK_H

#include <libpq-fe.h>

#include "base/error.h"

/* Sends it. RESULT_RETRY: the connection is unusable. */
AMSYNC_MUST_USE enum result write_check_send(PGconn *connection, struct error *err);

/* The same with a larger one, for after rows could not be written: a full disk still takes small
 * ones. About as much as a notification is written to a table, and rolled back. */
AMSYNC_MUST_USE enum result write_check_send_room(PGconn *connection, struct error *err);

/* To be called once PQconsumeInput has said so and PQisBusy is 0. RESULT_OK: committed.
 * RESULT_RETRY: it was not; the database is away, full or read-only, and `err` says so. */
AMSYNC_MUST_USE enum result write_check_finish(PGconn *connection, struct error *err);

#endif
