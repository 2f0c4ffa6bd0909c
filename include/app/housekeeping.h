/*
 * The housekeeping thread: partitions and retention, the refused lines of the connector log, making
 * orders due after a change of preferences or mappings, and reading the gauges. It owns one connection
 * and reconnects by itself.
 */
#ifndef AMSYNC_APP_HOUSEKEEPING_H
#define AMSYNC_APP_HOUSEKEEPING_H

#include "app/refused_lines.h"
#include "base/error.h"
#include "base/settings.h"
#include "http/metrics.h"
#include "http/readiness.h"

struct housekeeping;

struct housekeeping_options {
    const struct settings *settings; /* outlives the thread */
    struct readiness *readiness;     /* outlives the thread; told of the schema */
    struct refused_lines *refused;   /* outlives the thread */
    struct gauge_board *gauges;      /* outlives the thread; where they are put */
    struct counter *reconnects;      /* outlives the thread */
    void *context;
    void (*orders_due)(void *context); /* some orders were made due; must not wait */
};

/* RESULT_FAILED: no thread could be started. */
AMSYNC_MUST_USE enum result housekeeping_start(const struct housekeeping_options *options,
                                               struct housekeeping **ret_housekeeping,
                                               struct error *err);

/* Writes what is left to write and ends the thread. NULL is fine. */
void housekeeping_stop(struct housekeeping **housekeeping);

#endif
