/*
 * The thread that keeps the heartbeat, with a connection of its own: whatever else waits, for a lock
 * that a backup holds for example, a program that accepts must be seen to.
 */
#ifndef AMSYNC_APP_HEART_H
#define AMSYNC_APP_HEART_H

#include "base/counter.h"
#include "base/error.h"
#include "http/readiness.h"

struct heart;

struct heart_options {
    const char *database_url;    /* outlives the thread */
    struct readiness *readiness; /* outlives the thread; tells whether it accepts */
    struct counter *reconnects;  /* outlives the thread */
};

/* RESULT_FAILED: no thread could be started. */
AMSYNC_MUST_USE enum result heart_start(const struct heart_options *options,
                                        struct heart **ret_heart, struct error *err);

/* Says that the program has stopped, and ends the thread. NULL is fine. */
void heart_stop(struct heart **heart);

#endif
