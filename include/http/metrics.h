/*
 * Everything that is counted while the program serves. One is made by app/service; each part is
 * handed to its owner, who alone changes it. Any thread reads.
 */
#ifndef AMSYNC_HTTP_METRICS_H
#define AMSYNC_HTTP_METRICS_H

#include <stdint.h>

#include "base/counter.h"
#include "http/gauge_board.h"
#include "http/ingest_metrics.h"
#include "sync/metrics.h"

struct metrics {
    struct ingest_metrics ingest;
    struct counter intake_reconnects;
    struct sync_metrics sync;
    struct counter housekeeping_reconnects;
    struct counter heartbeat_reconnects;
    struct gauge_board gauges; /* housekeeping's */
    int64_t started_unix_ms;
};

/* All zero, started now. */
void metrics_init(struct metrics *metrics);
void metrics_finish(struct metrics *metrics);

#endif
