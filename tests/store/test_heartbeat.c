#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/heartbeat.h"

#define PROGRAMS 4

static int
open_one(void **state)
{
    (void)test_empty(state);
    *state = test_open();
    return 0;
}

static int
close_one(void **state)
{
    struct database *database = *state;

    database_close(&database);
    return 0;
}

static struct heartbeat
new_program(void)
{
    struct heartbeat program = {.host = "host", .program = "0.1.0"};

    assert_int_equal(uuid_v4(&program.instance), RESULT_OK);
    return program;
}

static void
beat(struct database *database, const struct heartbeat *program, bool accepting)
{
    struct error err;

    assert_ok(heartbeat_beat(database, program, accepting, &err), err);
}

static int64_t
gap_lines(void)
{
    return test_int64("SELECT count(*) FROM amsync.connector_log WHERE entity = 'service'"
                      " AND status = 'waiting'");
}

static json_t *
gaps_since(struct database *database, int64_t unix_ms)
{
    json_t *gaps = NULL;
    struct error err;

    assert_ok(accepting_gaps(database, unix_ms, &gaps, &err), err);
    return gaps;
}

static void
a_heart_beats_and_stops(void **state)
{
    struct heartbeat program = new_program();
    json_t *running = NULL;
    struct error err;

    bool started = true;

    assert_ok(service_was_started(*state, &started, &err), err);
    assert_false(started);
    beat(*state, &program, false);
    assert_ok(programs_running(*state, &running, &err), err);
    assert_int_equal(json_array_size(running), 1);
    assert_string_equal(json_object_text(json_array_get(running, 0), "host"), "host");
    assert_true(json_is_false(json_object_get(json_array_get(running, 0), "accepting")));
    json_decref(running);
    beat(*state, &program, true);
    assert_ok(programs_running(*state, &running, &err), err);
    assert_true(json_is_true(json_object_get(json_array_get(running, 0), "accepting")));
    json_decref(running);
    assert_ok(heartbeat_stop(*state, &program, &err), err);
    assert_ok(service_was_started(*state, &started, &err), err);
    assert_true(started);
    assert_ok(programs_running(*state, &running, &err), err);
    assert_int_equal(json_array_size(running), 0);
    json_decref(running);
    assert_int_equal(gap_lines(), 0);
}

static void
a_gap_is_told_once_and_kept(void **state)
{
    struct heartbeat before = new_program();
    struct heartbeat after = new_program();
    struct error err;

    beat(*state, &before, true);
    assert_ok(heartbeat_stop(*state, &before, &err), err);
    test_execute(*state, "UPDATE amsync.heartbeat SET beat_at = now() - interval '24 minutes'");
    json_t *gaps = gaps_since(*state, 0);
    assert_int_equal(json_array_size(gaps), 1);
    assert_true(json_is_null(json_object_get(json_array_get(gaps, 0), "to")));
    json_decref(gaps);

    /* What runs without accepting does not end it. */
    beat(*state, &after, false);
    assert_int_equal(gap_lines(), 0);
    beat(*state, &after, true);
    beat(*state, &after, true);
    assert_int_equal(gap_lines(), 1);
    char *message = test_text("SELECT message FROM amsync.connector_log");
    char *expected = test_text(
        "SELECT 'Not accepting from ' || CASE WHEN began_at::date = ended_at::date THEN ''"
        "        ELSE to_char(began_at AT TIME ZONE 'UTC', 'YYYY-MM-DD ') END"
        " || to_char(began_at AT TIME ZONE 'UTC', 'HH24:MI') || ' to '"
        " || to_char(ended_at AT TIME ZONE 'UTC', 'HH24:MI')"
        " || ' UTC; press Send All on Process Push Notifications (SM502000) before '"
        " || to_char((began_at + interval '2 days') AT TIME ZONE 'UTC', 'FMDay HH24:MI') || ' UTC'"
        " FROM amsync.accepting_gap");
    assert_string_equal(message, expected);
    free(message);
    free(expected);

    gaps = gaps_since(*state, clock_unix_ms() - 3600000);
    assert_int_equal(json_array_size(gaps), 1);
    assert_non_null(json_object_text(json_array_get(gaps, 0), "to"));
    json_decref(gaps);
    gaps = gaps_since(*state, clock_unix_ms() + 3600000);
    assert_int_equal(json_array_size(gaps), 0);
    json_decref(gaps);
}

static void
what_acumatica_no_longer_keeps_is_said(void **state)
{
    struct heartbeat program = new_program();

    beat(*state, &program, true);
    test_execute(*state, "UPDATE amsync.heartbeat SET beat_at = now() - interval '50 hours'");
    beat(*state, &program, true);
    char *message = test_text("SELECT message FROM amsync.connector_log");
    assert_non_null(strstr(message, "at once: each is kept there for two days only, so save again "
                                    "what was changed before 20"));
    free(message);
}

static void
what_five_attempts_bridge_is_no_gap_nor_is_one_of_several_programs(void **state)
{
    struct heartbeat one = new_program();
    struct heartbeat other = new_program();

    beat(*state, &one, true);
    test_execute(*state, "UPDATE amsync.heartbeat SET beat_at = now() - interval '25 seconds'");
    beat(*state, &one, true);
    test_execute(*state, "UPDATE amsync.heartbeat SET beat_at = now() - interval '1 hour'");
    test_execute(*state, "INSERT INTO amsync.heartbeat (instance, host, program) VALUES"
                         " (gen_random_uuid(), 'b', '0.1.0')");
    test_execute(*state, "UPDATE amsync.heartbeat SET beat_at = now() WHERE host = 'b'");
    beat(*state, &other, true);
    assert_int_equal(gap_lines(), 0);
}

static void *
beat_in_thread(void *argument)
{
    struct database *database = NULL;
    struct heartbeat *program = argument;
    struct error err;

    if (database_open(test_database_url(), "test", 20000, &database, &err) != RESULT_OK ||
        heartbeat_beat(database, program, true, &err) != RESULT_OK)
        program->host = NULL;
    database_close(&database);
    return NULL;
}

static void
programs_that_start_together_tell_one_gap(void **state)
{
    struct heartbeat before = new_program();
    struct heartbeat programs[PROGRAMS];
    pthread_t threads[PROGRAMS];

    beat(*state, &before, true);
    test_execute(*state, "UPDATE amsync.heartbeat SET beat_at = now() - interval '1 hour'");
    for (size_t i = 0; i < PROGRAMS; i++)
        programs[i] = new_program();
    for (size_t i = 0; i < PROGRAMS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, beat_in_thread, &programs[i]), 0);
    for (size_t i = 0; i < PROGRAMS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_non_null(programs[i].host);
    }
    assert_int_equal(gap_lines(), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.heartbeat"), PROGRAMS + 1);
}

static void
old_programs_and_gaps_are_removed_but_the_last_beat_stays(void **state)
{
    struct heartbeat first = new_program();
    struct heartbeat last = new_program();
    struct error err;

    beat(*state, &first, true);
    beat(*state, &last, true);
    test_execute(*state, "UPDATE amsync.heartbeat SET alive_at = now() - interval '8 days',"
                         " beat_at = beat_at - interval '8 days';"
                         "INSERT INTO amsync.accepting_gap VALUES"
                         " (now() - interval '101 days', now() - interval '100 days'),"
                         " (now() - interval '81 days', now() - interval '80 days')");
    assert_ok(heartbeat_drop_old(*state, 90, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.heartbeat"), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.accepting_gap"), 1);
    beat(*state, &first, true);
    assert_int_equal(gap_lines(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_heart_beats_and_stops),
        TEST(a_gap_is_told_once_and_kept),
        TEST(what_acumatica_no_longer_keeps_is_said),
        TEST(what_five_attempts_bridge_is_no_gap_nor_is_one_of_several_programs),
        TEST(programs_that_start_together_tell_one_gap),
        TEST(old_programs_and_gaps_are_removed_but_the_last_beat_stays),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
