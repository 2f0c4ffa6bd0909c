#include "http/metrics_page.h"

#include "http/metrics_text.h"

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

static const struct metric BUILD_INFO = {
    .name = "amsync_build_info",
    .type = METRIC_GAUGE,
    .help = "The program that runs; always 1.",
    .labels = {"version", "compiler"},
};
static const struct metric NOTIFICATIONS = {
    .name = "amsync_notifications_total",
    .type = METRIC_COUNTER,
    .help = "Requests to the webhook listener, by what became of them.",
    .labels = {"kind", "result"},
};
static const struct metric PREVIOUS_SECRET = {
    .name = "amsync_previous_secret_used_total",
    .type = METRIC_COUNTER,
    .help = "Requests with AMSYNC_WEBHOOK_SECRET_PREVIOUS.",
};
static const struct metric ACKNOWLEDGE = {
    .name = "amsync_acknowledge_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "From a complete notification to its 202 or 200.",
};
static const struct metric BATCH_ROWS = {
    .name = "amsync_batch_rows",
    .type = METRIC_HISTOGRAM,
    .help = "Notifications that were committed together.",
};
static const struct metric RECONNECTS = {
    .name = "amsync_database_reconnects_total",
    .type = METRIC_COUNTER,
    .help = "Connections to PostgreSQL that were made anew after they broke.",
    .labels = {"connection"},
};
static const struct metric MAGENTO_REQUESTS = {
    .name = "amsync_magento_requests_total",
    .type = METRIC_COUNTER,
    .help = "Requests to Magento, by what came of them.",
    .labels = {"call", "outcome"},
};
static const struct metric MAGENTO_SECONDS = {
    .name = "amsync_magento_request_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "How long requests to Magento took.",
    .labels = {"call"},
};

static void
write_gauge(struct buffer *page, const char *name, const char *help, uint64_t value,
            uint64_t per_unit)
{
    const struct metric metric = {
        .name = name,
        .type = METRIC_GAUGE,
        .help = help,
        .per_unit = per_unit,
    };

    metrics_text_announce(page, &metric);
    metrics_text_sample(page, &metric, NULL, value);
}

static void
write_build(struct buffer *page)
{
    static const char *const values[] = {AMSYNC_VERSION, COMPILER};

    metrics_text_announce(page, &BUILD_INFO);
    metrics_text_sample(page, &BUILD_INFO, values, 1);
}

static void
write_ingest(struct buffer *page, const struct ingest_metrics *metrics)
{
    metrics_text_announce(page, &NOTIFICATIONS);
    for (unsigned kind = 0; kind < NOTIFICATION_KIND_COUNT; kind++) {
        for (unsigned result = 0; result < NOTIFICATION_RESULT_COUNT; result++) {
            const char *values[] = {
                notification_kind_label(kind),
                notification_result_label((enum notification_result)result),
            };

            metrics_text_sample(page, &NOTIFICATIONS, values,
                                counter_read(&metrics->notifications[kind][result]));
        }
    }
    metrics_text_announce(page, &PREVIOUS_SECRET);
    metrics_text_sample(page, &PREVIOUS_SECRET, NULL, counter_read(&metrics->previous_secret_used));
    metrics_text_announce(page, &ACKNOWLEDGE);
    metrics_text_histogram(page, &ACKNOWLEDGE, NULL, &metrics->acknowledge_us);
    metrics_text_announce(page, &BATCH_ROWS);
    metrics_text_histogram(page, &BATCH_ROWS, NULL, &metrics->batch_rows);
}

static void
write_reconnects(struct buffer *page, const struct metrics *metrics)
{
    const struct {
        const char *connection;
        const struct counter *counter;
    } reconnects[] = {
        {"ingest", &metrics->ingest.reconnects},
        {"intake", &metrics->intake_reconnects},
        {"claimer", &metrics->sync.claimer_reconnects},
        {"finisher", &metrics->sync.finisher_reconnects},
        {"housekeeping", &metrics->housekeeping_reconnects},
        {"heartbeat", &metrics->heartbeat_reconnects},
    };

    metrics_text_announce(page, &RECONNECTS);
    for (size_t i = 0; i < sizeof(reconnects) / sizeof(reconnects[0]); i++)
        metrics_text_sample(page, &RECONNECTS, &reconnects[i].connection,
                            counter_read(reconnects[i].counter));
}

static void
write_magento(struct buffer *page, const struct magento_metrics *metrics)
{
    metrics_text_announce(page, &MAGENTO_REQUESTS);
    for (unsigned call = 0; call < MAGENTO_CALL_COUNT; call++) {
        for (unsigned outcome = 0; outcome < MAGENTO_OUTCOME_COUNT; outcome++) {
            const char *values[] = {
                magento_call_name((enum magento_call)call),
                magento_outcome_name((enum magento_outcome)outcome),
            };

            metrics_text_sample(page, &MAGENTO_REQUESTS, values,
                                counter_read(&metrics->requests[call][outcome]));
        }
    }
    metrics_text_announce(page, &MAGENTO_SECONDS);
    for (unsigned call = 0; call < MAGENTO_CALL_COUNT; call++) {
        const char *name = magento_call_name((enum magento_call)call);

        metrics_text_histogram(page, &MAGENTO_SECONDS, &name, &metrics->durations_us[call]);
    }
}

static void
write_pool(struct buffer *page, const struct pool_status *pool)
{
    write_gauge(page, "amsync_magento_breaker_open",
                "1 while nothing is sent to Magento but a probe.", pool->magento_stopped, 1);
    write_gauge(page, "amsync_magento_rights_missing",
                "Kinds of calls that are left out since Magento's integration lacks the right.",
                pool->rights_missing, 1);
    write_gauge(page, "amsync_orders_in_work", "Orders that this process works on.", pool->claimed,
                1);
}

static void
write_gauges(struct buffer *page, const struct gauges *gauges)
{
    write_gauge(page, "amsync_orders_due", "Orders that are due and wait for their turn.",
                (uint64_t)gauges->orders_due, 1);
    write_gauge(page, "amsync_orders_oldest_due_age_seconds",
                "For how long the first of them has been due.", (uint64_t)gauges->oldest_due_age_ms,
                1000);
    write_gauge(page, "amsync_orders_waiting",
                "Orders of which something waits for a person or for another document.",
                (uint64_t)gauges->orders_waiting, 1);
    write_gauge(page, "amsync_orders_retrying", "Orders of which something is to be tried again.",
                (uint64_t)gauges->orders_retrying, 1);
    write_gauge(page, "amsync_orders_stuck",
                "Orders of which something was tried AMSYNC_MAX_ATTEMPTS times or more.",
                (uint64_t)gauges->orders_stuck, 1);
    write_gauge(page, "amsync_orders_failed", "Orders of which something failed.",
                (uint64_t)gauges->orders_failed, 1);
    write_gauge(page, "amsync_intake_queue_notifications",
                "Notifications that were accepted and are not merged into orders yet.",
                (uint64_t)gauges->intake_queue, 1);
    write_gauge(page, "amsync_intake_queue_oldest_age_seconds",
                "For how long the first of them has waited.",
                (uint64_t)gauges->oldest_intake_age_ms, 1000);
}

static void
write_process(struct buffer *page, const struct process_facts *process, int64_t started_unix_ms)
{
    static const struct metric CPU = {
        .name = "process_cpu_seconds_total",
        .type = METRIC_COUNTER,
        .help = "Processor time used.",
        .per_unit = 1000000,
    };

    write_gauge(page, "process_start_time_seconds", "When the program started, in Unix time.",
                (uint64_t)started_unix_ms, 1000);
    if (process->cpu_us > 0) {
        metrics_text_announce(page, &CPU);
        metrics_text_sample(page, &CPU, NULL, process->cpu_us);
    }
    if (process->resident_bytes > 0)
        write_gauge(page, "process_resident_memory_bytes", "Memory in use.",
                    process->resident_bytes, 1);
    if (process->open_fds > 0)
        write_gauge(page, "process_open_fds", "Open files and sockets.", process->open_fds, 1);
    if (process->max_fds > 0)
        write_gauge(page, "process_max_fds", "How many may be open.", process->max_fds, 1);
}

void
metrics_page_write(struct buffer *page, const struct metrics *metrics,
                   const struct metrics_view *view)
{
    write_build(page);
    write_ingest(page, &metrics->ingest);
    if (view->gauges.valid)
        write_gauges(page, &view->gauges.gauges);
    write_gauge(page, "amsync_gauges_read_timestamp_seconds",
                "When what the database counts was last read, in Unix time; 0: not yet.",
                (uint64_t)view->gauges.read_unix_ms, 1000);
    if (view->pool_runs)
        write_pool(page, &view->pool);
    write_magento(page, &metrics->sync.magento);
    write_reconnects(page, metrics);
    write_process(page, &view->process, metrics->started_unix_ms);
}
