#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "http/metrics_text.h"

#define TEXT_BYTES 4096

static const struct metric PLAIN = {.name = "a_total", .type = METRIC_COUNTER, .help = "How many."};

static void
test_a_metric_is_announced(void **state)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_BYTES);

    (void)state;
    metrics_text_announce(&text, &PLAIN);
    metrics_text_sample(&text, &PLAIN, NULL, 17);
    assert_string_equal(buffer_text(&text), "# HELP a_total How many.\n"
                                            "# TYPE a_total counter\n"
                                            "a_total 17\n");
}

static void
test_labels_are_escaped(void **state)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_BYTES);
    const struct metric metric = {
        .name = "a", .type = METRIC_GAUGE, .help = "", .labels = {"one", "two"}};

    (void)state;
    metrics_text_sample(&text, &metric, (const char *const[]){"a \"b\" c\\d\ne", ""}, 0);
    assert_string_equal(buffer_text(&text), "a{one=\"a \\\"b\\\" c\\\\d\\ne\",two=\"\"} 0\n");
}

static void
test_fractions_are_exact(void **state)
{
    static const struct {
        uint64_t value;
        uint64_t per_unit;
        const char *shown;
    } cases[] = {
        {0, 1000, "a 0\n"},
        {1, 1000, "a 0.001\n"},
        {1500, 1000, "a 1.5\n"},
        {2000, 1000, "a 2\n"},
        {1764111999123, 1000, "a 1764111999.123\n"},
        {10, 1000000, "a 0.00001\n"},
        {UINT64_MAX, 1, "a 18446744073709551615\n"},
        {UINT64_MAX, 1000000, "a 18446744073709.551615\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_BYTES);
        const struct metric metric = {.name = "a", .per_unit = cases[i].per_unit};

        metrics_text_sample(&text, &metric, NULL, cases[i].value);
        assert_string_equal(buffer_text(&text), cases[i].shown);
    }
}

static void
test_buckets_add_up(void **state)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_BYTES);
    const struct histogram_scale scale = {
        .per_unit = 1000, .bound_count = 2, .bounds = {500, 2000}};
    const struct metric metric = {
        .name = "a_seconds", .type = METRIC_HISTOGRAM, .help = "", .labels = {"call"}};
    const char *ship = "ship";
    struct histogram histogram;

    (void)state;
    histogram_init(&histogram, &scale);
    histogram_observe(&histogram, 100);
    histogram_observe(&histogram, 500);
    histogram_observe(&histogram, 501);
    histogram_observe(&histogram, 9000);
    metrics_text_histogram(&text, &metric, &ship, &histogram);
    assert_string_equal(buffer_text(&text), "a_seconds_bucket{call=\"ship\",le=\"0.5\"} 2\n"
                                            "a_seconds_bucket{call=\"ship\",le=\"2\"} 3\n"
                                            "a_seconds_bucket{call=\"ship\",le=\"+Inf\"} 4\n"
                                            "a_seconds_sum{call=\"ship\"} 10.101\n"
                                            "a_seconds_count{call=\"ship\"} 4\n");
}

static void
test_a_histogram_without_labels(void **state)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_BYTES);
    const struct histogram_scale scale = {.per_unit = 1, .bound_count = 1, .bounds = {8}};
    const struct metric metric = {.name = "rows", .type = METRIC_HISTOGRAM, .help = ""};
    struct histogram histogram;

    (void)state;
    histogram_init(&histogram, &scale);
    histogram_observe(&histogram, 8);
    metrics_text_histogram(&text, &metric, NULL, &histogram);
    assert_string_equal(buffer_text(&text), "rows_bucket{le=\"8\"} 1\n"
                                            "rows_bucket{le=\"+Inf\"} 1\n"
                                            "rows_sum 8\n"
                                            "rows_count 1\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_metric_is_announced),
        cmocka_unit_test(test_labels_are_escaped),
        cmocka_unit_test(test_fractions_are_exact),
        cmocka_unit_test(test_buckets_add_up),
        cmocka_unit_test(test_a_histogram_without_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
