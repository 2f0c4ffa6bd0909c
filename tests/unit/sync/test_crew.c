/* Claiming ahead and recording outcomes together, without threads and without a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "sync/crew.h"

#define RECORD_MS 10 /* what crew_take_outcomes waits at most once there is one */

struct scene {
    struct settings settings;
    struct sync_metrics metrics;
    struct crew crew;
};

static int
set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    scene->settings.workers = 8;
    assert_int_equal(crew_init(&scene->crew, &scene->settings, &scene->metrics), RESULT_OK);
    scene->crew.running = 1;
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;

    crew_finish(&scene->crew);
    free(scene);
    return 0;
}

static struct outcome *
an_outcome(void)
{
    struct claimed_order *order = calloc(1, sizeof(*order));

    assert_non_null(order);
    struct outcome *outcome = outcome_new(order);
    assert_non_null(outcome);
    return outcome;
}

/* As if so many orders ended in each PACE_MS, for a minute whatever happens. */
static void
set_pace(struct crew *crew, size_t orders)
{
    crew->pace = (struct pace){.since_ms = clock_boottime_ms() + 60000, .orders = orders};
}

/* How many are recorded together, and after how long. */
static size_t
take(struct crew *crew, int64_t *ret_waited_ms)
{
    struct outcome *outcomes[CREW_BATCH_MAX];
    int64_t began_ms = clock_boottime_ms();
    size_t count = crew_take_outcomes(crew, outcomes);

    *ret_waited_ms = clock_boottime_ms() - began_ms;
    for (size_t i = 0; i < count; i++)
        outcome_free(&outcomes[i]);
    return count;
}

static void
others_are_waited_for_while_many_end(void **state)
{
    struct crew *crew = &((struct scene *)*state)->crew;
    int64_t waited_ms;

    crew_count_claimed(crew, 20);
    set_pace(crew, 100); /* five in RECORD_MS */
    for (int i = 0; i < 4; i++)
        crew_add_outcome(crew, an_outcome(), false);
    assert_int_equal(take(crew, &waited_ms), 4);
    assert_true(waited_ms >= RECORD_MS);
}

/* The waits that there are not would each be RECORD_MS: of a hundred hardly one takes that long. */
static void
nothing_is_waited_for_that_will_not_come(void **state)
{
    struct crew *crew = &((struct scene *)*state)->crew;
    static const struct {
        size_t pace;
        size_t outstanding;
        size_t outcomes;
        bool stopping;
    } cases[] = {
        {39, 20, 1, false},  /* one in RECORD_MS */
        {100, 20, 5, false}, /* as many as will come */
        {100, 1, 1, false},  /* all that are outstanding */
        {100, 20, 1, true},  /* what is unbegun is given back */
        {10000, 128, CREW_BATCH_MAX, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t long_waits = 0;

        crew->outstanding = cases[i].outstanding;
        crew->stopping = cases[i].stopping;
        for (int times = 0; times < 100; times++) {
            int64_t waited_ms;

            set_pace(crew, cases[i].pace);
            for (size_t n = 0; n < cases[i].outcomes; n++)
                crew_add_outcome(crew, an_outcome(), false);
            assert_int_equal(take(crew, &waited_ms), cases[i].outcomes);
            long_waits += waited_ms >= RECORD_MS;
        }
        assert_true(long_waits < 90);
    }
}

static void
what_asked_nothing_of_magento_is_recorded_together_but_claims_none_ahead(void **state)
{
    struct crew *crew = &((struct scene *)*state)->crew;
    int64_t waited_ms;

    crew_count_claimed(crew, 3);
    crew_add_outcome(crew, an_outcome(), false);
    assert_int_equal(crew->asked_pace.ended, 0);
    crew_add_outcome(crew, an_outcome(), true);
    assert_int_equal(crew->asked_pace.ended, 1);
    assert_int_equal(crew->pace.ended, 2);
    assert_int_equal(take(crew, &waited_ms), 2);
    crew_count_recorded(crew, 2, 0);
    assert_int_equal(crew->asked_pace.ended, 1);
    assert_int_equal(crew_outstanding(crew), 1);
}

static void
as_many_are_claimed_ahead_as_end_after_calls(void **state)
{
    struct crew *crew = &((struct scene *)*state)->crew;

    set_pace(crew, 100);
    assert_int_equal(crew_wait_for_room(crew, CREW_ROOM_SOME, 0), 2 * 8);
    crew->asked_pace = crew->pace;
    assert_int_equal(crew_wait_for_room(crew, CREW_ROOM_SOME, 0), 8 + 100);
    crew->asked_pace.orders = 1000;
    assert_int_equal(crew_wait_for_room(crew, CREW_ROOM_SOME, 0), 16 * 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(others_are_waited_for_while_many_end),
        TEST(nothing_is_waited_for_that_will_not_come),
        TEST(what_asked_nothing_of_magento_is_recorded_together_but_claims_none_ahead),
        TEST(as_many_are_claimed_ahead_as_end_after_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
