#include "support.h"

#include <stdio.h>

#include "store/gauges.h"
#include "store/replay.h"

#define MAX_ATTEMPTS 12

static const char ORDERS_SQL[] =
    "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
    " SELECT 'MyStore', 'SO', 'SO' || n FROM generate_series(1, 10) AS n;"
    "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
    " SELECT id, kind, '', order_nbr FROM amsync.sales_order, unnest(ARRAY['order', 'shipment'])"
    " AS kind";

static int
set_up(void **state)
{
    struct database *database = test_open();

    (void)test_empty(state);
    test_execute(database, ORDERS_SQL);
    *state = database;
    return 0;
}

static int
tear_down(void **state)
{
    struct database *database = *state;

    database_close(&database);
    return 0;
}

static struct gauges
read_gauges(struct database *database)
{
    struct gauges gauges = {0};
    struct error err = {0};

    assert_ok(gauges_read(database, MAX_ATTEMPTS, &gauges, &err), err);
    return gauges;
}

static void
with_nothing_to_do_all_are_zero(void **state)
{
    static const struct gauges zero;
    struct gauges gauges = read_gauges(*state);

    assert_memory_equal(&gauges, &zero, sizeof(zero));
}

static void
what_is_due_and_not_in_work_is_counted(void **state)
{
    test_execute(*state,
                 "INSERT INTO amsync.work (sales_order_id, due_at, turn_at, claim, lease_until,"
                 " lane) SELECT o.id, now() + t.due * interval '1 s', now(), t.claim::uuid,"
                 " now() + t.lease * interval '1 s', t.lane FROM (VALUES"
                 " (1, -100, NULL, NULL, 0), (2, -300, NULL, NULL, 1), (3, 3600, NULL, NULL, 0),"
                 " (4, -900, '7d4f1c0a-3a52-4b7e-9c1e-5f0e3c1b2a10', 60, 0),"
                 " (5, -200, '7d4f1c0a-3a52-4b7e-9c1e-5f0e3c1b2a10', -60, 1))"
                 " AS t (n, due, claim, lease, lane)"
                 " JOIN amsync.sales_order AS o ON o.order_nbr = 'SO' || t.n");

    struct gauges gauges = read_gauges(*state);

    assert_int_equal(gauges.orders_due, 3);
    assert_in_range(gauges.oldest_due_age_ms, 300000, 899999);
}

static void
set_state(struct database *database, const char *set, const char *where)
{
    char sql[256];

    (void)snprintf(sql, sizeof(sql), "UPDATE amsync.document SET %s WHERE %s", set, where);
    test_execute(database, sql);
}

static void
orders_are_counted_once_in_each_state(void **state)
{
    set_state(*state, "state = 'waiting'", "number IN ('SO1', 'SO2')");
    set_state(*state, "state = 'failed'", "number = 'SO2' AND kind = 'shipment'");
    set_state(*state, "state = 'retrying', attempts = 11", "number = 'SO3'");
    set_state(*state, "state = 'retrying', attempts = 11", "number = 'SO4'");
    set_state(*state, "state = 'published'", "number = 'SO5'");

    struct gauges gauges = read_gauges(*state);

    assert_int_equal(gauges.orders_waiting, 2);
    assert_int_equal(gauges.orders_failed, 1);
    assert_int_equal(gauges.orders_retrying, 2);
    assert_int_equal(gauges.orders_stuck, 0);
    set_state(*state, "attempts = 12", "number = 'SO4' AND kind = 'order'");
    assert_int_equal(read_gauges(*state).orders_stuck, 1);
}

static void
what_is_in_order_again_is_not_counted(void **state)
{
    set_state(*state, "state = 'waiting'", "number IN ('SO1', 'SO2')");
    set_state(*state, "state = 'published'", "number = 'SO1'");
    assert_int_equal(read_gauges(*state).orders_waiting, 1);
    test_execute(*state, "DELETE FROM amsync.sales_order WHERE order_nbr = 'SO2'");
    assert_int_equal(read_gauges(*state).orders_waiting, 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.attention"), 0);
}

static void
what_is_not_taken_in_is_counted(void **state)
{
    test_execute(*state,
                 "WITH n AS (INSERT INTO amsync.notification (received_on, received_at, kind,"
                 " company, query, notification_id, acumatica_timestamp, body, dedup)"
                 " SELECT (now() AT TIME ZONE 'UTC')::date, now() - age * interval '1 s', 'order',"
                 " 'MyStore', 'AMSync-Orders', '1', 1, '{}', decode(lpad(age::text, 4, '0'), 'hex')"
                 " FROM unnest(ARRAY[50, 40, 30]) AS age RETURNING id, received_on, dedup,"
                 " received_at)"
                 " INSERT INTO amsync.intake_queue (id, received_on, dedup, queued_at)"
                 " SELECT id, received_on, dedup, received_at FROM n");

    struct gauges gauges = read_gauges(*state);

    assert_int_equal(gauges.intake_queue, 3);
    assert_in_range(gauges.oldest_intake_age_ms, 50000, 3600000);
}

static void
what_is_replayed_waits_only_since_then(void **state)
{
    size_t queued = 0;
    struct error err;

    test_execute(*state,
                 "INSERT INTO amsync.notification (received_on, received_at, kind,"
                 " company, query, notification_id, acumatica_timestamp, body, dedup)"
                 " SELECT (now() AT TIME ZONE 'UTC')::date, now() - interval '6 days', 'order',"
                 " 'MyStore', 'AMSync-Orders', 'replayed', 1, '{}', '\\x01'");
    assert_ok(replay_notification(*state, "replayed", &queued, &err), err);
    assert_int_equal(queued, 1);

    struct gauges gauges = read_gauges(*state);

    assert_int_equal(gauges.intake_queue, 1);
    assert_in_range(gauges.oldest_intake_age_ms, 0, 3600000);
}

static void
counting_ends_somewhere(void **state)
{
    test_execute(*state,
                 "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
                 " SELECT 'MyStore', 'SO', 'M' || n FROM generate_series(1, 10005) AS n;"
                 "INSERT INTO amsync.work (sales_order_id, due_at, turn_at, lane)"
                 " SELECT id, now() - interval '1 s', now(), id % 2 FROM amsync.sales_order");
    assert_int_equal(read_gauges(*state).orders_due, GAUGES_COUNT_MAX);
}

/* An update of a column that any index names, be it in its predicate, is not HOT: each of the
 * indexes then gets an entry, for every order. */
static void
no_index_names_a_state(void **state)
{
    (void)state;
    assert_int_equal(test_int64("SELECT count(*) FROM pg_indexes WHERE schemaname = 'amsync'"
                                " AND tablename IN ('sales_order', 'document')"
                                " AND indexdef ~ '\\mstate\\M'"),
                     0);
    assert_int_equal(test_int64("SELECT count(*) FROM pg_indexes WHERE schemaname = 'amsync'"
                                " AND indexname = 'attention_state' AND indexdef ~ '\\mstate\\M'"),
                     1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_nothing_to_do_all_are_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_due_and_not_in_work_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orders_are_counted_once_in_each_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_in_order_again_is_not_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_taken_in_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_replayed_waits_only_since_then, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counting_ends_somewhere, set_up, tear_down),
        cmocka_unit_test(no_index_names_a_state),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
