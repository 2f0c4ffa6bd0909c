/*
 * One request and what becomes of it: received, waiting, worked on, ended. Used by sim/server.c
 * only; everything happens on the server's thread.
 */
#ifndef AMSYNC_SIM_EXCHANGE_H
#define AMSYNC_SIM_EXCHANGE_H

#include "sim/server.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct exchange;

/* The exchanges whose connection is suspended, by when they are due. Zero-initialised is empty. */
struct exchange_queue {
    struct exchange *first;
    struct exchange *last;
};

/* NULL without memory. The handler and the queue must outlive the exchange. */
struct exchange *exchange_new(const struct server_handler *handler, struct exchange_queue *queue,
                              const char *target);

/* Tells the handler to release its part. */
void exchange_free(struct exchange *exchange);

/* libmicrohttpd's access handler, call by call: headers, pieces of the body, all received. */
enum MHD_Result exchange_proceed(struct exchange *exchange, struct MHD_Connection *connection,
                                 const char *method, const char *data, size_t *size);

/* Milliseconds until the first is due, 0 if it is overdue, -1 if none waits. */
int64_t exchange_queue_timeout(const struct exchange_queue *queue);

/* Goes on with those that are due, also when their client has gone meanwhile. */
void exchange_queue_run(struct exchange_queue *queue);

/* Resumes all of them, to be closed without an answer. */
void exchange_queue_abandon(struct exchange_queue *queue);

#endif
