/*
 * Keeping notifications: one INSERT for all requests that wait (group commit), on an asynchronous
 * connection that the ingest loop owns. All functions: that loop's thread only.
 */
#ifndef AMSYNC_STORE_INBOX_H
#define AMSYNC_STORE_INBOX_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "store/document_kind.h"

#define INBOX_BATCH_MAX 256

enum inbox_verdict {
    INBOX_UNDECIDED, /* not answered yet */
    INBOX_ACCEPTED,  /* committed now */
    INBOX_DUPLICATE, /* the same kind and body was committed before, today */
    INBOX_REFUSED,   /* this row alone cannot be stored: a data error (SQLSTATE class 22 or 23) */
};

/* One notification to keep. All texts are the caller's and live until inbox_finish has returned. */
struct inbox_row {
    enum document_kind kind;
    const char *company;
    const char *query;
    const char *notification_id;
    int64_t acumatica_timestamp;
    const char *body; /* valid UTF-8 without NUL */
    size_t body_bytes;
    unsigned char dedup[SHA256_BYTES]; /* SHA-256 of the kind's name and the body */
    enum inbox_verdict verdict;        /* written by inbox_finish */
};

/* Prepares the statement on a fresh connection of database_connect (blocking; on the helper thread
 * that connects), which is non-blocking afterwards. Sets synchronous_commit and the statement
 * time-out of `timeout_ms` for the session. */
enum result inbox_prepare(PGconn *connection, unsigned timeout_ms,
                          struct error *err) AMSYNC_MUST_USE;

/* Sends the batch (1 to INBOX_BATCH_MAX rows) without waiting: PQflush must be called until it
 * returns 0, whenever the socket can be read (PQconsumeInput first) or written. In the same
 * statement each new row is queued for intake and each duplicate leaves a line in the connector log.
 * RESULT_RETRY: the connection is unusable; RESULT_FAILED: out of memory. */
enum result inbox_send(PGconn *connection, const struct inbox_row *rows, size_t count,
                       struct error *err) AMSYNC_MUST_USE;

/* To be called once PQconsumeInput has said so and PQisBusy is 0. Collects the whole answer and
 * writes each row's verdict.
 * RESULT_OK: every row is ACCEPTED or DUPLICATE, and committed.
 * RESULT_REJECTED: a data error, nothing committed: send halves; for a batch of one, its verdict is
 * INBOX_REFUSED.
 * RESULT_RETRY: connection lost, time-out, disk full, read-only ...: nothing is known to be kept.
 */
enum result inbox_finish(PGconn *connection, struct inbox_row *rows, size_t count,
                         struct error *err) AMSYNC_MUST_USE;

#endif
