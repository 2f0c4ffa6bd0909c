/*
 * What GET /metrics answers. docs/metrics.md says the same to people; a test compares them.
 */
#ifndef AMSYNC_HTTP_METRICS_PAGE_H
#define AMSYNC_HTTP_METRICS_PAGE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "http/metrics.h"
#include "http/process_facts.h"
#include "sync/pool.h"

#define METRICS_PAGE_MAX_BYTES ((size_t)1024 * 1024)

/* What is not counted, as it is at one moment. */
struct metrics_view {
    struct gauge_view gauges;
    bool pool_runs;
    struct pool_status pool; /* if it runs */
    struct process_facts process;
};

/* Writes the whole page; what is not known is left out. Pure apart from the counters. */
void metrics_page_write(struct buffer *page, const struct metrics *metrics,
                        const struct metrics_view *view);

#endif
