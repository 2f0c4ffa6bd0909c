#include "support.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/replay.h"

#define HOUR_MS 3600000

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

/* 2,500 notifications of now, and none queued. */
static void
keep_notifications(struct database *database)
{
    test_execute(
        database,
        "INSERT INTO amsync.notification (received_on, kind, company, query,"
        " notification_id, acumatica_timestamp, body, dedup)"
        " SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date, 'order', 'A', 'Q',"
        "  'id-' || n / 2, n, '{}', sha256(n::text::bytea) FROM generate_series(1, 2500) n");
}

static int64_t
queued(void)
{
    return test_int64("SELECT count(*) FROM amsync.intake_queue");
}

static void
what_was_received_since_then_is_queued_in_batches(void **state)
{
    struct replay_walk walk;
    struct error err;
    enum result result;
    size_t calls = 0;

    keep_notifications(*state);
    test_execute(*state, "INSERT INTO amsync.intake_queue SELECT id, received_on, dedup"
                         " FROM amsync.notification ORDER BY id LIMIT 3");
    assert_ok(replay_start(*state, clock_unix_ms() - HOUR_MS, &walk, &err), err);
    while ((result = replay_some(*state, &walk, &err)) == RESULT_OK) {
        calls++;
        assert_in_range(queued(), 1, calls * REPLAY_BATCH);
    }
    assert_int_equal(result, RESULT_NONE);
    assert_int_equal(calls, 3);
    assert_int_equal(walk.queued, 2497);
    assert_int_equal(queued(), 2500);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"
                                " JOIN amsync.notification USING (id, received_on, dedup)"),
                     2500);
}

static void
what_was_received_before_stays(void **state)
{
    struct replay_walk walk;
    struct error err;

    keep_notifications(*state);
    assert_int_equal(replay_start(*state, clock_unix_ms() + HOUR_MS, &walk, &err), RESULT_NONE);
    test_execute(*state, "UPDATE amsync.notification SET received_at = now() - interval '2 hours'"
                         " WHERE acumatica_timestamp <> 7");
    assert_ok(replay_start(*state, clock_unix_ms() - HOUR_MS, &walk, &err), err);
    assert_ok(replay_some(*state, &walk, &err), err);
    assert_int_equal(replay_some(*state, &walk, &err), RESULT_NONE);
    assert_int_equal(walk.queued, 1);
    assert_int_equal(queued(), 1);
}

static void
one_notification_is_found_by_either_id(void **state)
{
    struct error err;
    size_t count = 0;
    char *id;

    keep_notifications(*state);
    id = test_text("SELECT id FROM amsync.notification WHERE acumatica_timestamp = 100");
    assert_ok(replay_notification(*state, id, &count, &err), err);
    assert_int_equal(count, 1);
    assert_ok(replay_notification(*state, id, &count, &err), err);
    assert_int_equal(count, 0);
    assert_ok(replay_notification(*state, "id-200", &count, &err), err);
    assert_int_equal(count, 2);
    assert_int_equal(queued(), 3);
    assert_int_equal(replay_notification(*state, "id-9999", &count, &err), RESULT_NONE);
    assert_int_equal(replay_notification(*state, "999999999", &count, &err), RESULT_NONE);
    free(id);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_received_since_then_is_queued_in_batches, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(what_was_received_before_stays, open_one, close_one),
        cmocka_unit_test_setup_teardown(one_notification_is_found_by_either_id, open_one,
                                        close_one),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
