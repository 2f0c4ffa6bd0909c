#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/thread.h"

static void
taking_in_rests_while_notifications_come_in_crowds(void **state)
{
    (void)state;
    assert_int_equal(intake_rest_until_ms(1000, 1010, 1305), 1310);
    assert_int_equal(intake_rest_until_ms(1000, 1000, 1305), 1000);
}

static void
it_rests_no_longer_than_the_crowd_lasts(void **state)
{
    (void)state;
    assert_int_equal(intake_rest_until_ms(1000, 1010, 1010), 1030);
    assert_int_equal(intake_rest_until_ms(1000, 1010, 900), 920);
    assert_int_equal(intake_rest_until_ms(1000, 1010, INT64_MIN), INT64_MIN + 20);
}

static void
it_never_rests_for_long(void **state)
{
    (void)state;
    assert_int_equal(intake_rest_until_ms(1000, 1100, 9000), 3100);
    assert_int_equal(intake_rest_until_ms(1000, 61000, 70000), 63000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taking_in_rests_while_notifications_come_in_crowds),
        cmocka_unit_test(it_rests_no_longer_than_the_crowd_lasts),
        cmocka_unit_test(it_never_rests_for_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
