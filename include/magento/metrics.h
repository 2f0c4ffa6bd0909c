/*
 * How many requests were made of Magento, what came of them, and how long they took. The clients
 * that share it count; any thread reads.
 */
#ifndef AMSYNC_MAGENTO_METRICS_H
#define AMSYNC_MAGENTO_METRICS_H

#include <stdint.h>

#include "base/counter.h"
#include "magento/answer.h"
#include "magento/call.h"

struct magento_metrics {
    struct counter requests[MAGENTO_CALL_COUNT][MAGENTO_OUTCOME_COUNT];
    struct histogram durations_us[MAGENTO_CALL_COUNT];
};

void magento_metrics_init(struct magento_metrics *metrics);

/* `outcome` is what the exchange by itself comes to: an answer that later turns out to lack what the
 * call needs has been counted as done. */
void magento_metrics_count(struct magento_metrics *metrics, enum magento_call call,
                           enum magento_outcome outcome, int64_t duration_us);

#endif
