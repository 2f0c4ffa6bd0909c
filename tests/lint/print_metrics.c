/* Prints what GET /metrics answers when everything is known, for metrics_table.py. */
#include <stdio.h>

#include "base/cleanup.h"
#include "http/metrics_page.h"

int
main(void)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer page = BUFFER_INITIAL(METRICS_PAGE_MAX_BYTES);
    const struct metrics_view view = {
        .gauges = {.valid = true},
        .pool_runs = true,
        .process = {.cpu_us = 1, .resident_bytes = 1, .open_fds = 1, .max_fds = 1},
    };
    struct metrics metrics;

    metrics_init(&metrics);
    metrics_page_write(&page, &metrics, &view);
    metrics_finish(&metrics);
    if (buffer_result(&page) != RESULT_OK)
        return 1;
    return fputs(buffer_text(&page), stdout) < 0 ? 1 : 0;
}
