#include "http/metrics.h"

#include "base/clock.h"

void
metrics_init(struct metrics *metrics)
{
    *metrics = (struct metrics){.started_unix_ms = clock_unix_ms()};
    ingest_metrics_init(&metrics->ingest);
    magento_metrics_init(&metrics->sync.magento);
    gauge_board_init(&metrics->gauges);
}

void
metrics_finish(struct metrics *metrics)
{
    gauge_board_finish(&metrics->gauges);
}
