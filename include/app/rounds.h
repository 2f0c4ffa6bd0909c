/*
 * A thread with a connection of its own to PostgreSQL that does something every second. It connects
 * anew by itself. A failure is logged when it begins, and when it is over.
 */
#ifndef AMSYNC_APP_ROUNDS_H
#define AMSYNC_APP_ROUNDS_H

#include "base/counter.h"
#include "base/error.h"

struct database;
struct rounds;

struct rounds_options {
    const char *name;            /* in log lines; static */
    const char *connection_name; /* for PostgreSQL; static */
    const char *database_url;    /* outlives the thread */
    struct counter *reconnects;  /* outlives the thread */
    void *context;
    /* Only while there is a connection; of what fails, `err` says why. On the thread. */
    enum result (*round)(void *context, struct database *database, struct error *err);
    /* Once at the end, if there is a connection then. */
    enum result (*end)(void *context, struct database *database, struct error *err);
};

/* RESULT_FAILED: no thread could be started. */
AMSYNC_MUST_USE enum result rounds_start(const struct rounds_options *options,
                                         struct rounds **ret_rounds, struct error *err);

/* Waits for the round that is under way, and for the end. NULL is fine. */
void rounds_stop(struct rounds **rounds);

#endif
