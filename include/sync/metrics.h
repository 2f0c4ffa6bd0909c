/*
 * What the pool counts. Its threads count, any thread reads.
 */
#ifndef AMSYNC_SYNC_METRICS_H
#define AMSYNC_SYNC_METRICS_H

#include "base/counter.h"
#include "magento/metrics.h"

/* Set up with magento_metrics_init for `magento`, all else zero. */
struct sync_metrics {
    struct magento_metrics magento;
    struct counter claimer_reconnects;
    struct counter finisher_reconnects;
};

#endif
