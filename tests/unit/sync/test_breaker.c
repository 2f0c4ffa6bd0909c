#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/breaker.h"

static struct breaker
opened_at(int64_t now_ms)
{
    struct breaker breaker;

    breaker_init(&breaker, 3, 1000, 4000);
    assert_false(breaker_failed(&breaker, now_ms, 0));
    assert_false(breaker_failed(&breaker, now_ms, 0));
    assert_true(breaker_failed(&breaker, now_ms, 0));
    return breaker;
}

static void
it_opens_after_failures_in_a_row(void **state)
{
    (void)state;
    struct breaker breaker;

    breaker_init(&breaker, 3, 1000, 4000);
    for (int i = 0; i < 10; i++) {
        assert_false(breaker_failed(&breaker, 0, 0));
        assert_false(breaker_failed(&breaker, 0, 0));
        assert_false(breaker_succeeded(&breaker));
        assert_true(breaker_enter(&breaker, 0));
    }
    breaker = opened_at(0);
    assert_false(breaker_enter(&breaker, 0));
    assert_int_equal(breaker_wait_ms(&breaker, 400), 600);
}

static void
one_probe_is_let_through(void **state)
{
    (void)state;
    struct breaker breaker = opened_at(0);

    assert_false(breaker_enter(&breaker, 999));
    assert_int_equal(breaker_wait_ms(&breaker, 1000), 0);
    assert_true(breaker_enter(&breaker, 1000));
    assert_false(breaker_enter(&breaker, 1000));
    assert_false(breaker_enter(&breaker, 1999));
    /* A probe that never reports is followed by another. */
    assert_true(breaker_enter(&breaker, 2000));
}

static void
a_probe_that_works_closes_it(void **state)
{
    (void)state;
    struct breaker breaker = opened_at(0);

    assert_true(breaker_enter(&breaker, 1000));
    assert_true(breaker_succeeded(&breaker));
    assert_true(breaker_enter(&breaker, 1001));
    assert_true(breaker_enter(&breaker, 1001));
    assert_int_equal(breaker_wait_ms(&breaker, 1001), 0);
    assert_false(breaker_failed(&breaker, 1002, 0));
}

static void
probes_that_fail_come_at_doubling_distances(void **state)
{
    (void)state;
    static const unsigned expected_ms[] = {2000, 4000, 4000};
    struct breaker breaker = opened_at(0);
    int64_t now_ms = 1000;

    for (size_t i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++) {
        assert_true(breaker_enter(&breaker, now_ms));
        assert_false(breaker_failed(&breaker, now_ms, 0));
        assert_int_equal(breaker_wait_ms(&breaker, now_ms), expected_ms[i]);
        now_ms += expected_ms[i];
    }
}

static void
what_was_on_its_way_does_not_put_the_probe_off(void **state)
{
    (void)state;
    struct breaker breaker = opened_at(0);

    assert_false(breaker_failed(&breaker, 900, 0));
    assert_int_equal(breaker_wait_ms(&breaker, 900), 100);
}

static void
retry_after_puts_the_probe_off(void **state)
{
    (void)state;
    struct breaker breaker;

    breaker_init(&breaker, 1, 1000, 4000);
    assert_true(breaker_failed(&breaker, 0, 30000));
    assert_false(breaker_enter(&breaker, 29999));
    assert_true(breaker_enter(&breaker, 30000));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_after_failures_in_a_row),
        cmocka_unit_test(one_probe_is_let_through),
        cmocka_unit_test(a_probe_that_works_closes_it),
        cmocka_unit_test(probes_that_fail_come_at_doubling_distances),
        cmocka_unit_test(what_was_on_its_way_does_not_put_the_probe_off),
        cmocka_unit_test(retry_after_puts_the_probe_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
