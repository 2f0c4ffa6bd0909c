#include "magento/metrics.h"

void
magento_metrics_init(struct magento_metrics *metrics)
{
    *metrics = (struct magento_metrics){0};
    for (size_t call = 0; call < MAGENTO_CALL_COUNT; call++)
        histogram_init(&metrics->durations_us[call], &histogram_of_seconds);
}

void
magento_metrics_count(struct magento_metrics *metrics, enum magento_call call,
                      enum magento_outcome outcome, int64_t duration_us)
{
    counter_add(&metrics->requests[call][outcome], 1);
    histogram_observe(&metrics->durations_us[call], (uint64_t)duration_us);
}
