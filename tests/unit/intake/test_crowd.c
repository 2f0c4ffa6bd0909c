#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/crowd.h"

static void
few_notifications_are_no_crowd(void **state)
{
    struct intake_crowd crowd = {0};

    (void)state;
    intake_crowd_note(&crowd, 31, 5000);
    assert_true(intake_crowd_ends_ms(&crowd) < 5000);
    intake_crowd_note(&crowd, 32, 5000);
    assert_int_equal(intake_crowd_ends_ms(&crowd), 5020);
    intake_crowd_note(&crowd, 31, 5010);
    assert_int_equal(intake_crowd_ends_ms(&crowd), 5020);
}

static void
a_crowd_lasts_as_long_as_many_come_but_is_not_the_rule(void **state)
{
    struct intake_crowd crowd = {0};

    (void)state;
    for (int64_t now_ms = 5000; now_ms <= 34980; now_ms += 20) {
        intake_crowd_note(&crowd, 64, now_ms);
        assert_int_equal(intake_crowd_ends_ms(&crowd), now_ms + 20);
    }
    intake_crowd_note(&crowd, 64, 35000);
    assert_int_equal(intake_crowd_ends_ms(&crowd), 35000);
    intake_crowd_note(&crowd, 64, 35020);
    assert_int_equal(intake_crowd_ends_ms(&crowd), 35000);

    /* The next one, once that is over. */
    intake_crowd_note(&crowd, 64, 35041);
    assert_int_equal(intake_crowd_ends_ms(&crowd), 35061);
}

static void
taking_in_rests_a_multiple_of_its_work(void **state)
{
    const struct intake_crowd crowd = {.began_ms = 900, .last_ms = 1305};

    (void)state;
    assert_int_equal(intake_crowd_rest_until_ms(&crowd, 1000, 1010), 1310);
    assert_int_equal(intake_crowd_rest_until_ms(&crowd, 1000, 1000), 1000);
}

static void
it_rests_no_longer_than_the_crowd_lasts(void **state)
{
    struct intake_crowd crowd = {.began_ms = 900, .last_ms = 1010};

    (void)state;
    assert_int_equal(intake_crowd_rest_until_ms(&crowd, 1000, 1010), 1030);
    crowd.last_ms = 900;
    assert_int_equal(intake_crowd_rest_until_ms(&crowd, 1000, 1010), 920);
}

static void
it_never_rests_for_long(void **state)
{
    const struct intake_crowd crowd = {.began_ms = 60000, .last_ms = 70000};

    (void)state;
    assert_int_equal(intake_crowd_rest_until_ms(&crowd, 61000, 61100), 63100);
    assert_int_equal(intake_crowd_rest_until_ms(&crowd, 1000, 61000), 63000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_notifications_are_no_crowd),
        cmocka_unit_test(a_crowd_lasts_as_long_as_many_come_but_is_not_the_rule),
        cmocka_unit_test(taking_in_rests_a_multiple_of_its_work),
        cmocka_unit_test(it_rests_no_longer_than_the_crowd_lasts),
        cmocka_unit_test(it_never_rests_for_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
