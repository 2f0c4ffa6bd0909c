#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/pace.h"

static void
nothing_has_ended_at_first(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 1000);
    assert_int_equal(pace_orders(&pace, 1000), 0);
    assert_int_equal(pace_orders(&pace, 1000 + PACE_MS), 0);
}

static void
it_follows_what_ends(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 0);
    pace_add(&pace, 30, 50);
    pace_add(&pace, 10, 150);
    assert_int_equal(pace_orders(&pace, PACE_MS - 1), 0);
    assert_int_equal(pace_orders(&pace, PACE_MS), 40);
    /* Until it has been counted anew. */
    assert_int_equal(pace_orders(&pace, (2 * PACE_MS) - 1), 40);
    assert_int_equal(pace_orders(&pace, 2 * PACE_MS), 0);
}

static void
what_ended_long_ago_does_not_count(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 0);
    pace_add(&pace, 100, 10);
    assert_int_equal(pace_orders(&pace, 100 * PACE_MS), 1);
    pace_add(&pace, 5, 200 * PACE_MS);
    assert_int_equal(pace_orders(&pace, 201 * PACE_MS), 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_has_ended_at_first),
        cmocka_unit_test(it_follows_what_ends),
        cmocka_unit_test(what_ended_long_ago_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
