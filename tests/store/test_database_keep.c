#include "support.h"

#include "store/database_keep.h"

#include "base/cleanup.h"

#define NAME "kept by a test"

static struct database_keep
keep_of(struct counter *reconnects)
{
    return (struct database_keep){
        .url = test_database_url(),
        .application_name = NAME,
        .timeout_ms = 20000,
        .reconnects = reconnects,
    };
}

/* PostgreSQL's process for a connection that avoids scans. */
static int64_t
assert_scans_avoided(struct database *database)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *row = NULL;
    struct error err;

    assert_ok(database_query(database, "SELECT current_setting('enable_seqscan'), pg_backend_pid()",
                             NULL, &row, &err),
              err);
    assert_string_equal(row_text(row, 0, 0), "off");
    return row_int64(row, 0, 1);
}

static void
a_connection_is_made_once_and_anew_when_it_broke(void **state)
{
    AMSYNC_CLEANUP(database_close) struct database *other = test_open();
    AMSYNC_CLEANUP(database_close) struct database *database = NULL;
    struct counter reconnects = {0};
    struct database_keep keep = keep_of(&reconnects);
    struct error err;

    (void)state;
    assert_ok(database_keep(&keep, &database, &err), err);
    int64_t first = assert_scans_avoided(database);
    assert_ok(database_keep(&keep, &database, &err), err);
    assert_int_equal(assert_scans_avoided(database), first);
    assert_int_equal(counter_read(&reconnects), 0);

    test_execute(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = '" NAME "'");
    assert_int_equal(database_query(database, "SELECT 1", NULL, NULL, &err), RESULT_RETRY);
    assert_ok(database_keep(&keep, &database, &err), err);
    assert_int_not_equal(assert_scans_avoided(database), first);
    assert_int_equal(counter_read(&reconnects), 1);
}

static void
a_server_that_cannot_be_reached_leaves_nothing_to_close(void **state)
{
    struct database *database = NULL;
    struct counter reconnects = {0};
    struct database_keep keep = keep_of(&reconnects);
    struct error err;

    (void)state;
    keep.url = "host=127.0.0.1 port=1 dbname=amsync";
    assert_int_equal(database_keep(&keep, &database, &err), RESULT_RETRY);
    assert_null(database);
    assert_int_equal(counter_read(&reconnects), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_made_once_and_anew_when_it_broke),
        cmocka_unit_test(a_server_that_cannot_be_reached_leaves_nothing_to_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
