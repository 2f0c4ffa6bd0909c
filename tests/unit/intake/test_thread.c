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
    assert_int_equal(intake_rest_ms(20, 0), 140);
    assert_int_equal(intake_rest_ms(20, 200), 140);
    assert_int_equal(intake_rest_ms(20, 201), 0);
    assert_int_equal(intake_rest_ms(20, INT64_MAX), 0);
}

static void
it_never_rests_for_long(void **state)
{
    (void)state;
    assert_int_equal(intake_rest_ms(0, 0), 0);
    assert_int_equal(intake_rest_ms(100, 0), 500);
    assert_int_equal(intake_rest_ms(60000, 0), 500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taking_in_rests_while_notifications_come_in_crowds),
        cmocka_unit_test(it_never_rests_for_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
