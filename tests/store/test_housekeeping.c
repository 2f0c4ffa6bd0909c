#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "store/housekeeping.h"
#include "store/magento_identity.h"

static int
open_one(void **state)
{
    (void)test_migrate(state);
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

/* Partitions of 2020-01-01 of both tables, as they were made then. */
static void
make_old_partitions(struct database *database)
{
    test_execute(database,
                 "CREATE TABLE amsync.notification_p20200101 (LIKE amsync.notification INCLUDING "
                 "CONSTRAINTS);"
                 "ALTER TABLE amsync.notification ATTACH PARTITION amsync.notification_p20200101"
                 " FOR VALUES FROM ('2020-01-01') TO ('2020-01-02');"
                 "CREATE TABLE amsync.connector_log_p20200101 (LIKE amsync.connector_log INCLUDING "
                 "CONSTRAINTS);"
                 "ALTER TABLE amsync.connector_log ATTACH PARTITION amsync.connector_log_p20200101"
                 " FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')");
}

static int64_t
old_tables(void)
{
    return test_int64("SELECT count(*) FROM pg_class WHERE relname ~ '_p20200101$'"
                      " AND relkind = 'r'");
}

static size_t
drop_old(struct database *database)
{
    struct error err;
    size_t dropped = 99;

    assert_ok(partitions_drop_old(database, 90, &dropped, &err), err);
    return dropped;
}

static void
missing_partitions_are_made_and_the_rest_is_left_alone(void **state)
{
    struct error err;

    test_execute(*state, "DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || max(oid::regclass::text)"
                         " FROM pg_class WHERE relname ~ '^notification_p[0-9]+$'"
                         " AND relkind = 'r'); END $$");
    assert_int_equal(test_int64("SELECT count(*) FROM pg_inherits"
                                " WHERE inhparent = 'amsync.notification'::regclass"),
                     8);
    assert_ok(partitions_ensure(*state, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM pg_inherits"
                                " WHERE inhparent = 'amsync.notification'::regclass"),
                     9);
    /* Rows find their way to each day and get their number from the parent. */
    test_execute(*state,
                 "INSERT INTO amsync.connector_log (logged_on, entity, action, status, message)"
                 " SELECT (now() AT TIME ZONE 'UTC')::date + n, 'order', 'decide', 'failed', ''"
                 " FROM generate_series(-1, 7) AS n");
    assert_int_equal(test_int64("SELECT count(DISTINCT id) FROM amsync.connector_log"), 9);
}

static void
only_old_partitions_are_dropped(void **state)
{
    make_old_partitions(*state);
    assert_int_equal(drop_old(*state), 2);
    assert_int_equal(old_tables(), 0);
    assert_int_equal(drop_old(*state), 0);
    assert_int_equal(test_int64("SELECT count(*) FROM pg_inherits WHERE inhparent IN"
                                " ('amsync.notification'::regclass,"
                                "  'amsync.connector_log'::regclass)"),
                     18);
}

static void
notifications_not_taken_in_keep_their_day(void **state)
{
    make_old_partitions(*state);
    test_execute(*state, "INSERT INTO amsync.intake_queue VALUES (1, '2020-01-01', '')");
    assert_int_equal(drop_old(*state), 1);
    assert_int_equal(old_tables(), 1);
    test_execute(*state, "TRUNCATE amsync.intake_queue");
    assert_int_equal(drop_old(*state), 1);
    assert_int_equal(old_tables(), 0);
}

static void
an_interrupted_detachment_is_finished(void **state)
{
    struct database *reader = test_open();
    struct error err;

    make_old_partitions(*state);
    test_execute(reader, "BEGIN; SELECT count(*) FROM amsync.notification");
    assert_ok(database_set_timeout(*state, 500, &err), err);
    size_t dropped = 99;
    assert_int_equal(partitions_drop_old(*state, 90, &dropped, &err), RESULT_RETRY);
    assert_int_equal(test_int64("SELECT count(*) FROM pg_inherits WHERE inhdetachpending"), 1);
    test_execute(reader, "ROLLBACK");
    assert_ok(database_set_timeout(*state, 20000, &err), err);
    assert_true(drop_old(*state) >= 1);
    assert_int_equal(old_tables(), 0);
    assert_int_equal(test_int64("SELECT count(*) FROM pg_inherits WHERE inhdetachpending"), 0);
    database_close(&reader);
}

/* As pg_dump does for all the time that it runs. */
static void
a_backup_puts_the_dropping_off(void **state)
{
    struct database *dump = test_open();
    struct error err;
    size_t dropped = 99;

    make_old_partitions(*state);
    test_execute(dump, "BEGIN ISOLATION LEVEL REPEATABLE READ;"
                       " SELECT count(*) FROM amsync.notification, amsync.connector_log");
    for (int i = 0; i < 2; i++)
        assert_int_equal(partitions_drop_old(*state, 90, &dropped, &err), RESULT_NONE);
    assert_int_equal(old_tables(), 2);
    test_execute(dump, "ROLLBACK");
    assert_int_equal(drop_old(*state), 2);
    database_close(&dump);
}

static void
making_partitions_is_put_off_for_a_lock(void **state)
{
    struct database *other = test_open();
    struct error err;

    test_execute(*state, "DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || max(oid::regclass::text)"
                         " FROM pg_class WHERE relname ~ '^notification_p[0-9]+$'"
                         " AND relkind = 'r'); END $$");
    test_execute(other, "BEGIN; LOCK TABLE amsync.notification IN SHARE UPDATE EXCLUSIVE MODE");
    assert_int_equal(partitions_ensure(*state, &err), RESULT_NONE);
    test_execute(other, "ROLLBACK");
    assert_ok(partitions_ensure(*state, &err), err);
    database_close(&other);
}

static void
a_table_that_was_detached_before_a_crash_is_dropped(void **state)
{
    make_old_partitions(*state);
    test_execute(*state,
                 "ALTER TABLE amsync.notification DETACH PARTITION amsync.notification_p20200101");
    assert_int_equal(drop_old(*state), 2);
    assert_int_equal(old_tables(), 0);
}

static void
a_second_program_leaves_the_dropping_to_the_first(void **state)
{
    struct database *other = test_open();

    make_old_partitions(*state);
    test_execute(other, "SELECT pg_advisory_lock(x'616d7370617274'::bigint + 1)");
    assert_int_equal(drop_old(*state), 0);
    assert_int_equal(old_tables(), 2);
    database_close(&other);
}

static void
numbers_belong_to_one_magento(void **state)
{
    struct error err;

    assert_int_equal(magento_identity_check(*state, "https://a.example", "default", &err),
                     RESULT_NONE);
    assert_ok(magento_identity_remember(*state, "https://a.example", "default", 1, &err), err);
    assert_ok(magento_identity_remember(*state, "https://a.example", "default", 1, &err), err);
    assert_ok(magento_identity_check(*state, "https://a.example/", "default", &err), err);
    assert_int_equal(magento_identity_check(*state, "https://b.example", "default", &err),
                     RESULT_REJECTED);
    assert_non_null(strstr(err.text, "https://a.example"));
    assert_non_null(strstr(err.text, "https://b.example"));
    assert_int_equal(magento_identity_check(*state, "https://a.example", "french", &err),
                     RESULT_REJECTED);
    assert_int_equal(magento_identity_remember(*state, "https://a.example", "default", 2, &err),
                     RESULT_REJECTED);
    assert_int_equal(magento_identity_remember(*state, "https://b.example", "default", 1, &err),
                     RESULT_REJECTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(missing_partitions_are_made_and_the_rest_is_left_alone),
        TEST(only_old_partitions_are_dropped),
        TEST(notifications_not_taken_in_keep_their_day),
        TEST(an_interrupted_detachment_is_finished),
        TEST(a_backup_puts_the_dropping_off),
        TEST(making_partitions_is_put_off_for_a_lock),
        TEST(a_table_that_was_detached_before_a_crash_is_dropped),
        TEST(a_second_program_leaves_the_dropping_to_the_first),
        TEST(numbers_belong_to_one_magento),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
