#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "sync/retry.h"

static void
delays_double_from_two_seconds_to_an_hour(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(1, 100, 0, 0), 2000);
    assert_int_equal(retry_delay_ms(2, 100, 0, 0), 4000);
    assert_int_equal(retry_delay_ms(11, 100, 0, 0), 2048000);
    assert_int_equal(retry_delay_ms(12, 100, 0, 0), 3600000);
    assert_int_equal(retry_delay_ms(INT_MAX, INT64_MAX, 0, 0), 3600000);
    assert_int_equal(retry_delay_ms(0, 100, 0, 0), 2000);
}

static void
what_is_stuck_is_tried_hourly(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(3, 4, 0, 0), 8000);
    assert_int_equal(retry_delay_ms(4, 4, 0, 0), 3600000);
}

static void
jitter_takes_away_up_to_a_quarter(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(1, 12, 0, UINT32_MAX), 1500);
    assert_int_equal(retry_jitter_ms(1000, 0), 1000);
    assert_int_equal(retry_jitter_ms(1000, UINT32_MAX), 750);
    assert_int_equal(retry_jitter_ms(0, UINT32_MAX), 0);
    assert_int_equal(retry_jitter_ms(UINT_MAX, UINT32_MAX), UINT_MAX - UINT_MAX / 4);
}

static void
retry_after_is_respected_and_capped(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(1, 12, 7000, UINT32_MAX), 7000);
    assert_int_equal(retry_delay_ms(1, 12, 1000, 0), 2000);
    assert_int_equal(retry_delay_ms(1, 12, UINT_MAX, 0), 3600000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_from_two_seconds_to_an_hour),
        cmocka_unit_test(what_is_stuck_is_tried_hourly),
        cmocka_unit_test(jitter_takes_away_up_to_a_quarter),
        cmocka_unit_test(retry_after_is_respected_and_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
