#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/housekeeping.h"
#include "store/migrate.h"

#define PROGRAM "0.1.0"

static int
drop_schema(void **state)
{
    struct database *database = test_open();

    (void)state;
    test_execute(database, "DROP SCHEMA IF EXISTS amsync CASCADE");
    database_close(&database);
    return 0;
}

static void
migrating_twice_is_migrating_once(void **state)
{
    struct database *database = test_open();
    struct error err;
    size_t applied = 99;

    (void)state;
    assert_int_equal(migrate_check(database, PROGRAM, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "run amsync migrate"));
    assert_ok(migrate_run(database, PROGRAM, &applied, &err), err);
    assert_int_equal(applied, MIGRATION_COUNT);
    assert_ok(migrate_check(database, PROGRAM, &err), err);
    assert_ok(migrate_run(database, PROGRAM, &applied, &err), err);
    assert_int_equal(applied, 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.schema_migration"), MIGRATION_COUNT);
    database_close(&database);
}

static void *
migrate_in_thread(void *argument)
{
    struct database *database = NULL;
    struct error err;
    size_t *applied = argument;

    if (database_open(test_database_url(), "test", 20000, &database, &err) == RESULT_OK &&
        migrate_run(database, PROGRAM, applied, &err) != RESULT_OK)
        *applied = 1000;
    database_close(&database);
    return NULL;
}

static void
two_at_once_apply_everything_once(void **state)
{
    pthread_t threads[2];
    size_t applied[2] = {500, 500};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_thread, &applied[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(applied[0] + applied[1], MIGRATION_COUNT);
}

static void
a_changed_migration_is_refused(void **state)
{
    struct database *database = test_open();
    struct error err;
    size_t applied;

    (void)test_migrate(state);
    test_execute(database, "UPDATE amsync.schema_migration SET sha256 = repeat('0', 64)");
    assert_int_equal(migrate_check(database, PROGRAM, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "checksum"));
    assert_int_equal(migrate_run(database, PROGRAM, &applied, &err), RESULT_REJECTED);
    database_close(&database);
}

static void
a_missing_migration_is_named(void **state)
{
    struct database *database = test_open();
    struct error err;

    (void)test_migrate(state);
    test_execute(database, "DELETE FROM amsync.schema_migration");
    assert_int_equal(migrate_check(database, PROGRAM, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "lacks migration 1 (initial): run amsync migrate"));
    database_close(&database);
}

/* The schema as the first `count` migrations leave it. */
static void
migrate_only(struct database *database, size_t count)
{
    (void)test_migrate(NULL);
    test_execute(database,
                 "CREATE TEMPORARY TABLE applied (LIKE amsync.schema_migration INCLUDING ALL);"
                 "INSERT INTO pg_temp.applied SELECT * FROM amsync.schema_migration;"
                 "DROP SCHEMA amsync CASCADE; CREATE SCHEMA amsync;"
                 "CREATE TABLE amsync.schema_migration (LIKE pg_temp.applied INCLUDING ALL)");
    for (size_t i = 0; i < count; i++) {
        test_execute(database, MIGRATIONS[i].sql);
        test_execute(database, "INSERT INTO amsync.schema_migration SELECT * FROM pg_temp.applied"
                               " ORDER BY number OFFSET (SELECT count(*) FROM"
                               " amsync.schema_migration) LIMIT 1");
    }
}

static void
a_migration_gives_way_to_who_writes_behind_it(void **state)
{
    struct database *database = test_open();
    struct database *dump = test_open();
    struct error err;
    size_t applied = 0;

    (void)state;
    migrate_only(database, 1);
    test_execute(dump, "SET application_name = 'a backup'; BEGIN;"
                       " LOCK TABLE amsync.intake_queue IN ACCESS SHARE MODE");
    assert_int_equal(migrate_run(database, PROGRAM, &applied, &err), RESULT_NONE);
    assert_int_equal(applied, 1);
    assert_non_null(strstr(err.text, "migration 3 (intake_attempts): waiting for a lock"));
    assert_non_null(strstr(err.text, "(a backup)"));
    test_execute(dump, "ROLLBACK");
    assert_ok(migrate_run(database, PROGRAM, &applied, &err), err);
    assert_int_equal(applied, MIGRATION_COUNT - 2);
    database_close(&dump);
    database_close(&database);
}

static void
what_needed_attention_before_is_counted_after(void **state)
{
    struct database *database = test_open();
    struct error err;
    size_t applied = 0;

    (void)state;
    migrate_only(database, 1);
    test_execute(database,
                 "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
                 " VALUES ('MyStore', 'SO', 'SO1');"
                 "INSERT INTO amsync.document (sales_order_id, kind, type, number, state, attempts)"
                 " SELECT id, 'order', '', t.state, t.state, 3 FROM amsync.sales_order,"
                 " unnest(ARRAY['pending', 'waiting', 'retrying', 'failed', 'published'])"
                 " AS t (state)");
    assert_ok(migrate_run(database, PROGRAM, &applied, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.attention AS a JOIN amsync.document"
                                " AS d ON d.id = a.document_id AND d.state = a.state"
                                " WHERE a.attempts = 3"),
                     3);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.attention"), 3);
    database_close(&database);
}

static void
a_newer_schema_is_borne_unless_it_needs_a_newer_program(void **state)
{
    struct database *database = test_open();
    struct error err;

    (void)test_migrate(state);
    test_execute(database, "INSERT INTO amsync.schema_migration (number, name, sha256, min_program)"
                           " VALUES (9000, 'later', '', '0.1.0')");
    assert_ok(migrate_check(database, PROGRAM, &err), err);
    test_execute(database, "UPDATE amsync.schema_migration SET min_program = '0.10.0'"
                           " WHERE number = 9000");
    assert_int_equal(migrate_check(database, "0.9.9", &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "needs amsync 0.10.0 or newer"));
    assert_ok(migrate_check(database, "0.10.0", &err), err);
    assert_ok(migrate_check(database, "1.0.0", &err), err);
    database_close(&database);
}

static void
everything_has_a_comment(void **state)
{
    static const char SQL[] =
        "SELECT string_agg(c.relname || coalesce('.' || a.attname, ''), ', ')"
        " FROM pg_class AS c"
        " LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
        " AND NOT a.attisdropped AND c.relkind IN ('r', 'p')"
        " WHERE c.relnamespace = 'amsync'::regnamespace AND c.relkind IN ('r', 'p', 'S')"
        " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'i'"
        "                 AND c.relkind = 'S')"
        " AND (obj_description(c.oid, 'pg_class') IS NULL"
        "      OR (a.attnum IS NOT NULL AND col_description(c.oid, a.attnum) IS NULL))";

    (void)test_migrate(state);
    char *bare = test_text(SQL);
    assert_string_equal(bare, "");
    free(bare);
}

static void
partitions_reach_from_yesterday_to_a_week_ahead(void **state)
{
    (void)test_migrate(state);
    for (int parent = 0; parent < 2; parent++) {
        char *days =
            test_text(parent == 0 ? "SELECT count(*) || ' ' || min(relname) || ' ' || max(relname)"
                                    " FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid"
                                    " WHERE inhparent = 'amsync.notification'::regclass"
                                  : "SELECT count(*) || ' ' || min(relname) || ' ' || max(relname)"
                                    " FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid"
                                    " WHERE inhparent = 'amsync.connector_log'::regclass");
        char *expected =
            test_text(parent == 0 ? "SELECT '9 notification_p' || to_char(d - 1, 'YYYYMMDD')"
                                    " || ' notification_p' || to_char(d + 7, 'YYYYMMDD')"
                                    " FROM (SELECT (now() AT TIME ZONE 'UTC')::date) AS t (d)"
                                  : "SELECT '9 connector_log_p' || to_char(d - 1, 'YYYYMMDD')"
                                    " || ' connector_log_p' || to_char(d + 7, 'YYYYMMDD')"
                                    " FROM (SELECT (now() AT TIME ZONE 'UTC')::date) AS t (d)");
        assert_string_equal(days, expected);
        free(days);
        free(expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(migrating_twice_is_migrating_once, drop_schema),
        cmocka_unit_test_setup(two_at_once_apply_everything_once, drop_schema),
        cmocka_unit_test_setup(a_changed_migration_is_refused, drop_schema),
        cmocka_unit_test_setup(a_missing_migration_is_named, drop_schema),
        cmocka_unit_test_setup(a_newer_schema_is_borne_unless_it_needs_a_newer_program,
                               drop_schema),
        cmocka_unit_test_setup(a_migration_gives_way_to_who_writes_behind_it, drop_schema),
        cmocka_unit_test_setup(what_needed_attention_before_is_counted_after, drop_schema),
        cmocka_unit_test_setup(everything_has_a_comment, drop_schema),
        cmocka_unit_test_setup(partitions_reach_from_yesterday_to_a_week_ahead, drop_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
