#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/metrics_page.h"

static void
assert_line(const struct buffer *page, const char *line)
{
    char whole[128];

    (void)snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (strstr(buffer_text(page), whole) == NULL)
        fail_msg("no line %s", line);
}

static void
test_counters_are_under_their_labels(void **state)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer page = BUFFER_INITIAL(METRICS_PAGE_MAX_BYTES);
    const struct metrics_view view = {
        .pool_runs = true,
        .pool = {.claimed = 5, .magento_stopped = true, .rights_missing = 2},
        .process = {.cpu_us = 1500000, .resident_bytes = 7, .open_fds = 8, .max_fds = 9},
    };
    struct metrics metrics;

    (void)state;
    metrics_init(&metrics);
    metrics.started_unix_ms = 1764111999500;
    counter_add(&metrics.ingest.notifications[DOCUMENT_SHIPMENT][NOTIFICATION_DUPLICATE], 3);
    counter_add(&metrics.ingest.notifications[NOTIFICATION_KIND_UNKNOWN][NOTIFICATION_MALFORMED],
                4);
    counter_add(&metrics.ingest.previous_secret_used, 6);
    counter_add(&metrics.sync.finisher_reconnects, 1);
    magento_metrics_count(&metrics.sync.magento, CALL_TRACK, MAGENTO_REFUSED, 250001);
    metrics_page_write(&page, &metrics, &view);
    metrics_finish(&metrics);
    assert_line(&page, "amsync_notifications_total{kind=\"shipment\",result=\"duplicate\"} 3");
    assert_line(&page, "amsync_notifications_total{kind=\"unknown\",result=\"malformed\"} 4");
    assert_line(&page, "amsync_previous_secret_used_total 6");
    assert_line(&page, "amsync_database_reconnects_total{connection=\"finisher\"} 1");
    assert_line(&page, "amsync_database_reconnects_total{connection=\"claimer\"} 0");
    assert_line(&page, "amsync_magento_requests_total{call=\"track\",outcome=\"refused\"} 1");
    assert_line(&page, "amsync_magento_request_seconds_bucket{call=\"track\",le=\"0.25\"} 0");
    assert_line(&page, "amsync_magento_request_seconds_bucket{call=\"track\",le=\"0.5\"} 1");
    assert_line(&page, "amsync_orders_in_work 5");
    assert_line(&page, "amsync_magento_breaker_open 1");
    assert_line(&page, "amsync_magento_rights_missing 2");
    assert_line(&page, "process_start_time_seconds 1764111999.5");
    assert_line(&page, "process_cpu_seconds_total 1.5");
    assert_line(&page, "process_open_fds 8");
}

/* What is not known is left out, with its announcement. */
static void
test_nothing_is_made_up(void **state)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer page = BUFFER_INITIAL(METRICS_PAGE_MAX_BYTES);
    const struct metrics_view view = {.gauges = {.read_unix_ms = 1764111999000}};
    struct metrics metrics;

    (void)state;
    metrics_init(&metrics);
    metrics_page_write(&page, &metrics, &view);
    metrics_finish(&metrics);
    assert_line(&page, "amsync_gauges_read_timestamp_seconds 1764111999");
    assert_null(strstr(buffer_text(&page), "amsync_orders_"));
    assert_null(strstr(buffer_text(&page), "amsync_intake_"));
    assert_null(strstr(buffer_text(&page), "amsync_magento_breaker_open"));
    assert_null(strstr(buffer_text(&page), "process_open_fds"));
}

static void
test_gauges_that_grow_old_are_not_shown(void **state)
{
    const struct gauges gauges = {.orders_due = 3};
    struct gauge_board board;

    (void)state;
    gauge_board_init(&board);
    assert_false(gauge_board_look(&board, 0).valid);
    assert_int_equal(gauge_board_look(&board, 0).read_unix_ms, 0);
    gauge_board_put(&board, &gauges, 1000, 1764111999000);
    assert_true(gauge_board_look(&board, 1000 + GAUGE_BOARD_VALID_MS).valid);
    assert_int_equal(gauge_board_look(&board, 1000).gauges.orders_due, 3);
    assert_false(gauge_board_look(&board, 1001 + GAUGE_BOARD_VALID_MS).valid);
    assert_int_equal(gauge_board_look(&board, 99000).read_unix_ms, 1764111999000);
    gauge_board_finish(&board);
}

static void
test_the_process_is_known(void **state)
{
    struct process_facts facts = process_facts_read();

    (void)state;
    assert_in_range(facts.resident_bytes, 1 << 16, (uint64_t)1 << 40);
    assert_in_range(facts.open_fds, 3, facts.max_fds);
}

static void
test_each_status_has_its_result(void **state)
{
    static const struct {
        unsigned status;
        const char *label;
    } cases[] = {
        {0, "incomplete"},     {200, "duplicate"},    {202, "accepted"},
        {400, "malformed"},    {401, "unauthorized"}, {403, "unknown_company"},
        {404, "unknown_path"}, {405, "wrong_method"}, {413, "too_large"},
        {415, "wrong_type"},   {503, "unavailable"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(notification_result_label(notification_result_of(cases[i].status)),
                            cases[i].label);
    assert_int_equal(sizeof(cases) / sizeof(cases[0]), NOTIFICATION_RESULT_COUNT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_are_under_their_labels),
        cmocka_unit_test(test_nothing_is_made_up),
        cmocka_unit_test(test_gauges_that_grow_old_are_not_shown),
        cmocka_unit_test(test_the_process_is_known),
        cmocka_unit_test(test_each_status_has_its_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
