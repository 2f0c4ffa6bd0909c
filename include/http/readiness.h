/*
 * Whether this program can take notifications now: what /readyz and /healthz answer. Everyone who
 * knows a part of it says so here. Any thread may call.
 */
#ifndef AMSYNC_HTTP_READINESS_H
#define AMSYNC_HTTP_READINESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A write proves the database writable for this long; ingest writes at least every 5 s. */
#define READINESS_WRITE_VALID_MS 15000

/* Set up with readiness_init, outlives its users; changed only by the functions below. */
struct readiness {
    atomic_bool schema_current;
    atomic_bool draining;
    atomic_bool written;            /* the last write succeeded */
    atomic_int_fast64_t written_ms; /* clock_boottime_ms of the last write that succeeded */
};

struct readiness_view {
    bool ready; /* all of the below in order */
    bool database_writable;
    bool schema_current;
    bool draining;
};

/* Not ready: nothing written yet, schema not yet looked at. */
void readiness_init(struct readiness *readiness);

/* A transaction was committed, seen at `now_ms` (clock_boottime_ms). */
void readiness_written(struct readiness *readiness, int64_t now_ms);

/* The last write failed or the connection is gone. */
void readiness_not_writable(struct readiness *readiness);

/* Whether the schema is one that this program can work with. */
void readiness_set_schema_current(struct readiness *readiness, bool current);

/* The program is about to stop; for good. */
void readiness_drain(struct readiness *readiness);

struct readiness_view readiness_look(const struct readiness *readiness, int64_t now_ms);

#endif
