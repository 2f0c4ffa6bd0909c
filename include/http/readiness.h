/*
 * Whether this program can take notifications now: what /readyz and /healthz answer. Everyone who
 * knows a part of it says so here. Any thread may call.
 */
#ifndef AMSYNC_HTTP_READINESS_H
#define AMSYNC_HTTP_READINESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* A write proves the database writable for this long; ingest writes at least every 5 s. */
#define READINESS_WRITE_VALID_MS 15000

/* Set up with readiness_init, outlives its users; changed only by the functions below. */
struct readiness {
    atomic_bool schema_current;
    atomic_bool draining;
    atomic_bool written;            /* the last write succeeded */
    atomic_int_fast64_t written_ms; /* clock_boottime_ms of the last write that succeeded */
    pthread_mutex_t mutex;          /* for both below */
    char why_not_writable[ERROR_TEXT_BYTES];
    char why_not_current[ERROR_TEXT_BYTES];
};

struct readiness_view {
    bool ready; /* all of the below in order */
    bool database_writable;
    bool schema_current;
    bool draining;
    char reason[ERROR_TEXT_BYTES]; /* for the operator; "" when ready, or without more to say */
};

/* Not ready: nothing written yet, schema not yet looked at. */
void readiness_init(struct readiness *readiness);

/* A transaction was committed, seen at `now_ms` (clock_boottime_ms). */
void readiness_written(struct readiness *readiness, int64_t now_ms);

/* The last write failed or the connection is gone; `why` is copied. */
void readiness_not_writable(struct readiness *readiness, const char *why);

/* The schema is one that this program can work with, or not, and why (copied). */
void readiness_schema_current(struct readiness *readiness);
void readiness_schema_not_current(struct readiness *readiness, const char *why);

/* The program is about to stop; for good. */
void readiness_drain(struct readiness *readiness);

struct readiness_view readiness_look(struct readiness *readiness, int64_t now_ms);

#endif
