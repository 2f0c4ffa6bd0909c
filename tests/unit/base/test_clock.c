#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY_MS INT64_C(86400000)

static void
times_are_written(void **state)
{
    (void)state;
    static const struct {
        int64_t unix_ms;
        const char *expected;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-1000, "1969-12-31T23:59:59.000Z"},
        {1742567507810, "2025-03-21T14:31:47.810Z"},
        {1709164800000, "2024-02-29T00:00:00.000Z"},
        {-62135596800000, "0001-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0001-01-01T00:00:00.000Z"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct timestamp_buffer buffer;

        assert_string_equal(timestamp_format_rfc3339(cases[i].unix_ms, &buffer), cases[i].expected);
    }
}

static void
times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t expected;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2025-03-21T14:31:47.81Z", 1742567507810},
        {"2025-03-21t14:31:47.810999999z", 1742567507810},
        {"2025-03-21 14:31:47.81Z", 1742567507810},
        {"2025-03-21T15:31:47.81+01:00", 1742567507810},
        {"2025-03-21T09:01:47.81-05:30", 1742567507810},
        {"2025-03-22T00:00:00.000+00:00", 1742601600000},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"1969-12-31T23:59:59.999Z", -1},
        {"0001-01-01T00:00:00Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t unix_ms = 7;

        assert_int_equal(timestamp_parse_rfc3339(cases[i].text, &unix_ms), RESULT_OK);
        assert_true(unix_ms == cases[i].expected);
    }
}

static void
what_is_no_time_is_rejected(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "now",
        "2025-03-21",
        "2025-03-21T14:31:47",
        "2025-03-21T14:31Z",
        "2025-3-21T14:31:47Z",
        "25-03-21T14:31:47Z",
        "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2025-04-31T00:00:00Z",
        "2025-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:61Z",
        "2025-01-01T00:00:00.Z",
        "2025-01-01T00:00:00+24:00",
        "2025-01-01T00:00:00+01:60",
        "2025-01-01T00:00:00+0100",
        "2025-01-01T00:00:00+1",
        "2025-01-01T00:00:00Z ",
        "2025-01-01T00:00:00ZZ",
        " 2025-01-01T00:00:00Z",
        "2025-01-01_00:00:00Z",
        "-025-01-01T00:00:00Z",
        "2025-01-01T-1:00:00Z",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t unix_ms = 7;

        assert_int_equal(timestamp_parse_rfc3339(texts[i], &unix_ms), RESULT_REJECTED);
        assert_true(unix_ms == 7);
    }

    int64_t unix_ms;

    assert_int_equal(timestamp_parse_rfc3339(NULL, &unix_ms), RESULT_REJECTED);
}

/* A prime step, so that every month, leap year and time of day is met. */
static void
every_written_time_is_read_back(void **state)
{
    (void)state;
    for (int64_t unix_ms = -62135596800000; unix_ms <= 253402300799999;
         unix_ms += 5 * DAY_MS + 34567891) {
        struct timestamp_buffer buffer;
        int64_t back = 0;

        assert_int_equal(timestamp_parse_rfc3339(timestamp_format_rfc3339(unix_ms, &buffer), &back),
                         RESULT_OK);
        assert_true(back == unix_ms);
    }
}

static void
durations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t expected_ms;
    } cases[] = {
        {"90s", 90000},   {"15m", 900000},
        {"2h", 7200000},  {"7d", 7 * DAY_MS},
        {"1s", 1000},     {"36500d", 36500 * DAY_MS},
        {"007m", 420000}, {"3153600000s", 36500 * DAY_MS},
    };
    static const char *const bad[] = {
        "",
        "s",
        "5",
        "0s",
        "-1s",
        "+1s",
        "1.5h",
        "1 h",
        " 1h",
        "1h ",
        "1w",
        "1ms",
        "36501d",
        "3153600001s",
        "1H",
        "1hh",
        "xs",
        "--1s",
        "99999999999999999999999999999999999999s",
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t duration_ms = 7;

        assert_int_equal(duration_parse(cases[i].text, &duration_ms), RESULT_OK);
        assert_true(duration_ms == cases[i].expected_ms);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t duration_ms = 7;

        assert_int_equal(duration_parse(bad[i], &duration_ms), RESULT_REJECTED);
        assert_true(duration_ms == 7);
    }

    int64_t duration_ms;

    assert_int_equal(duration_parse(NULL, &duration_ms), RESULT_REJECTED);
}

static void
clocks_are_the_systems(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t unix_ms = clock_unix_ms();
    int64_t after = ((int64_t)time(NULL) + 1) * 1000;
    int64_t first = clock_boottime_ms();

    assert_true(unix_ms >= before && unix_ms <= after);
    assert_true(first > 0);
    assert_true(clock_boottime_ms() >= first);
}

static void
test_moments_name_the_day_unless_it_is_today(void **state)
{
    const int64_t now = INT64_C(1742567507810); /* Friday 2025-03-21T14:31:47.810Z */
    const int64_t hour = INT64_C(3600000);
    struct timestamp_buffer buffer;

    (void)state;
    assert_string_equal(moment_format(now, now, &buffer), "14:31");
    assert_string_equal(moment_format(now - 14 * hour, now, &buffer), "00:31");
    assert_string_equal(moment_format(now - 15 * hour, now, &buffer), "2025-03-20 23:31");
    assert_string_equal(moment_format(now + 10 * hour, now, &buffer), "2025-03-22 00:31");
    assert_string_equal(moment_format(now - 365 * 24 * hour, now, &buffer), "2024-03-21 14:31");
    assert_string_equal(weekday_format(now, &buffer), "Friday 14:31");
    assert_string_equal(weekday_format(now + 48 * hour, &buffer), "Sunday 14:31");
    assert_string_equal(weekday_format(-1, &buffer), "Wednesday 23:59");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_name_the_day_unless_it_is_today),
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(what_is_no_time_is_rejected),
        cmocka_unit_test(every_written_time_is_read_back),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(clocks_are_the_systems),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
