#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/crowd.h"

#define SETTLE_MS 250

/* For how long a pass that begins then has its orders settle. */
static unsigned
settles_for_ms(const struct intake_crowd *crowd, int64_t now_ms)
{
    struct intake_passes passes = {0};

    return intake_pass_begin(&passes, crowd, SETTLE_MS, now_ms);
}

/* Until when is rested after the first pass, if it was from then to then. */
static int64_t
rests_until_ms(const struct intake_crowd *crowd, int64_t began_ms, int64_t ended_ms)
{
    struct intake_passes passes = {0};

    (void)intake_pass_begin(&passes, crowd, SETTLE_MS, began_ms);
    intake_pass_end(&passes, SETTLE_MS, ended_ms);
    return intake_rest_until_ms(&passes, crowd);
}

static void
few_notifications_are_no_crowd(void **state)
{
    struct intake_crowd crowd = {0};

    (void)state;
    for (int64_t now_ms = 5000; now_ms < 6000; now_ms += 10) {
        intake_crowd_note(&crowd, 31, now_ms);
        assert_int_equal(settles_for_ms(&crowd, now_ms), SETTLE_MS);
    }
    for (int64_t now_ms = 6000; now_ms < 6200; now_ms += 10) {
        intake_crowd_note(&crowd, 32, now_ms);
        assert_int_equal(settles_for_ms(&crowd, now_ms),
                         now_ms < 6100 ? SETTLE_MS : SETTLE_MS + INTAKE_REST_MAX_MS);
    }
}

static void
bursts_are_no_crowd(void **state)
{
    struct intake_crowd crowd = {0};

    (void)state;
    for (int64_t now_ms = 5000; now_ms < 60000; now_ms += 300) {
        intake_crowd_note(&crowd, 64, now_ms);
        intake_crowd_note(&crowd, 64, now_ms + 10);
        assert_int_equal(settles_for_ms(&crowd, now_ms + 10), SETTLE_MS);
    }
}

static void
a_crowd_bears_a_lapse_and_ends_after_a_longer_one(void **state)
{
    struct intake_crowd crowd = {.lasted_ms = 100, .last_ms = 5000};

    (void)state;
    assert_int_equal(settles_for_ms(&crowd, 5250), SETTLE_MS + INTAKE_REST_MAX_MS);
    assert_int_equal(settles_for_ms(&crowd, 5251), SETTLE_MS);
    intake_crowd_note(&crowd, 64, 5250);
    assert_int_equal(settles_for_ms(&crowd, 5250), SETTLE_MS + INTAKE_REST_MAX_MS);
    intake_crowd_note(&crowd, 64, 5501);
    assert_int_equal(settles_for_ms(&crowd, 5501), SETTLE_MS);
}

static void
what_lasts_too_long_is_the_rule_and_no_crowd(void **state)
{
    struct intake_crowd crowd = {.lasted_ms = 29960, .last_ms = 5000};

    (void)state;
    /* Of a lapse only as much counts as a commit takes. */
    intake_crowd_note(&crowd, 64, 5200);
    assert_int_equal(settles_for_ms(&crowd, 5200), SETTLE_MS + INTAKE_REST_MAX_MS);
    intake_crowd_note(&crowd, 64, 5220);
    assert_int_equal(settles_for_ms(&crowd, 5220), SETTLE_MS);
    assert_int_equal(rests_until_ms(&crowd, 5220, 5230), 5230);
    intake_crowd_note(&crowd, 64, 5470);
    assert_int_equal(settles_for_ms(&crowd, 5470), SETTLE_MS);
}

static void
taking_in_rests_a_multiple_of_its_work(void **state)
{
    const struct intake_crowd crowd = {.lasted_ms = 500, .last_ms = 1305};

    (void)state;
    assert_int_equal(rests_until_ms(&crowd, 1100, 1110), 1325);
    assert_int_equal(rests_until_ms(&crowd, 1100, 1105), 1255);
    assert_int_equal(rests_until_ms(&crowd, 1100, 1100), 1100);
}

static void
it_rests_no_longer_than_the_crowd_lasts(void **state)
{
    struct intake_crowd crowd = {.lasted_ms = 500, .last_ms = 1010};

    (void)state;
    assert_int_equal(rests_until_ms(&crowd, 1000, 1010), 1030);
    crowd.last_ms = 981;
    assert_int_equal(rests_until_ms(&crowd, 1000, 1010), 1001);
}

static void
it_never_rests_for_long(void **state)
{
    const struct intake_crowd crowd = {.lasted_ms = 500, .last_ms = 70000};

    (void)state;
    assert_int_equal(rests_until_ms(&crowd, 61000, 61100), 63100);
    assert_int_equal(rests_until_ms(&crowd, 1000, 61000), 63000);
}

static void
it_does_not_rest_while_orders_settle_that_were_not_given_longer(void **state)
{
    struct intake_crowd crowd = {0};
    struct intake_passes passes = {0};

    (void)state;
    assert_int_equal(intake_pass_begin(&passes, &crowd, SETTLE_MS, 1000), SETTLE_MS);
    crowd = (struct intake_crowd){.lasted_ms = 100, .last_ms = 1005};
    intake_pass_end(&passes, SETTLE_MS, 1010);
    assert_int_equal(intake_rest_until_ms(&passes, &crowd), 1010);

    /* Those of the first pass settle until 1260. */
    for (int64_t now_ms = 1010; now_ms < 1300; now_ms += 10) {
        assert_int_equal(intake_pass_begin(&passes, &crowd, SETTLE_MS, now_ms),
                         SETTLE_MS + INTAKE_REST_MAX_MS);
        intake_crowd_note(&crowd, 64, now_ms + 10);
        intake_pass_end(&passes, SETTLE_MS, now_ms + 10);
        assert_int_equal(intake_rest_until_ms(&passes, &crowd),
                         now_ms + 10 < 1260 ? now_ms + 10 : now_ms + 30);
    }
}

static void
who_wants_nothing_to_settle_has_that_in_a_crowd_too(void **state)
{
    const struct intake_crowd crowd = {.lasted_ms = 500, .last_ms = 1305};
    struct intake_passes passes = {0};

    (void)state;
    assert_int_equal(intake_pass_begin(&passes, &crowd, 0, 1000), 0);
    intake_pass_end(&passes, 0, 1010);
    assert_int_equal(intake_rest_until_ms(&passes, &crowd), 1310);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_notifications_are_no_crowd),
        cmocka_unit_test(bursts_are_no_crowd),
        cmocka_unit_test(a_crowd_bears_a_lapse_and_ends_after_a_longer_one),
        cmocka_unit_test(what_lasts_too_long_is_the_rule_and_no_crowd),
        cmocka_unit_test(taking_in_rests_a_multiple_of_its_work),
        cmocka_unit_test(it_rests_no_longer_than_the_crowd_lasts),
        cmocka_unit_test(it_never_rests_for_long),
        cmocka_unit_test(it_does_not_rest_while_orders_settle_that_were_not_given_longer),
        cmocka_unit_test(who_wants_nothing_to_settle_has_that_in_a_crowd_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
