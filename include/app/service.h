/*
 * `amsync serve`: everything that runs, started and stopped in order.
 */
#ifndef AMSYNC_APP_SERVICE_H
#define AMSYNC_APP_SERVICE_H

#include "base/error.h"
#include "base/settings.h"

struct service;

/* Checks the schema, then starts every part: accepting last. Blocks the signals that end a program
 * in all threads, this one included. The main thread.
 * RESULT_REJECTED: the schema is not this program's, or an address cannot be listened on.
 * RESULT_RETRY: the database cannot be reached. RESULT_FAILED: no memory, no threads. */
AMSYNC_MUST_USE enum result service_start(const struct settings *settings,
                                          struct service **ret_service, struct error *err);

/* Waits for SIGTERM or SIGINT. */
void service_wait(struct service *service);

/* Not ready from now on; finishes the requests under way, gives claims back and ends all threads,
 * within AMSYNC_SHUTDOWN_MS. NULL is fine. */
void service_stop(struct service **service);

#endif
