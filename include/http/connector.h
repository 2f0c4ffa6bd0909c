/*
 * Connecting to PostgreSQL on a helper thread, since name look-up and authentication block. One
 * attempt at a time; the event loop asks for it and later takes what came of it.
 */
#ifndef AMSYNC_HTTP_CONNECTOR_H
#define AMSYNC_HTTP_CONNECTOR_H

#include <libpq-fe.h>
#include <stdint.h>

#include "base/error.h"

struct connector;

/*
 * Starts the thread, which does nothing yet. `database_url` is copied; `statement_timeout_ms` is
 * for inbox_prepare; `wakeup_fd` is a wakeup of the caller's, sent to when an attempt is over.
 * RESULT_FAILED: out of memory, descriptors or threads.
 */
AMSYNC_MUST_USE enum result connector_start(const char *database_url, unsigned statement_timeout_ms,
                                            int wakeup_fd, struct connector **ret_connector,
                                            struct error *err);

/* Asks for an attempt in `delay_ms`; ignored while one is on its way or not taken. The caller's
 * thread. */
void connector_request(struct connector *connector, unsigned delay_ms);

/*
 * Takes the outcome of the last attempt. The caller's thread.
 * RESULT_OK: a non-blocking connection that is prepared for the inbox, for the caller to finish.
 * RESULT_NONE: no attempt is over. RESULT_RETRY: it failed; `err` says why.
 */
AMSYNC_MUST_USE enum result connector_take(struct connector *connector, PGconn **ret_connection,
                                           struct error *err);

/* Breaks off an attempt whose server went silent after connecting; to be called every second or so
 * until the attempt is over. The caller's thread. */
void connector_expire(struct connector *connector, int64_t now_ms);

/* Ends the thread and finishes a connection that nobody took. Waits for an attempt that is under way,
 * which may take as long as database_connect may. NULL is fine. */
void connector_stop(struct connector **connector);

#endif
