#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/database_keep.h"

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

/* PostgreSQL's process for a connection, which has the settings of one that is kept. */
static int64_t
assert_set_up(struct database *database)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *row = NULL;
    struct error err;

    assert_ok(database_query(database,
                             "SELECT current_setting('enable_seqscan'), current_setting('jit'),"
                             " pg_backend_pid()",
                             NULL, &row, &err),
              err);
    assert_string_equal(row_text(row, 0, 0), "off");
    assert_string_equal(row_text(row, 0, 1), "off");
    return row_int64(row, 0, 2);
}

static void
end_session(struct database *other, struct database *database)
{
    struct error err;

    test_execute(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = '" NAME "'");
    assert_int_equal(database_query(database, "SELECT 1", NULL, NULL, &err), RESULT_RETRY);
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
    int64_t first = assert_set_up(database);
    assert_ok(database_keep(&keep, &database, &err), err);
    assert_int_equal(assert_set_up(database), first);
    assert_int_equal(counter_read(&reconnects), 0);

    end_session(other, database);
    assert_ok(database_keep(&keep, &database, &err), err);
    assert_int_not_equal(assert_set_up(database), first);
    assert_int_equal(counter_read(&reconnects), 1);
}

/* What a session is set up with: without the right to, a new connection stands and is none. */
#define SET_CONFIG "pg_catalog.set_config(text, text, boolean)"

static void
a_connection_that_cannot_be_set_up_is_none(void **state)
{
    AMSYNC_CLEANUP(database_close) struct database *other = test_open();
    AMSYNC_CLEANUP(database_close) struct database *database = NULL;
    struct counter reconnects = {0};
    struct database_keep keep = keep_of(&reconnects);
    char url[512];
    struct error err;

    (void)state;
    (void)snprintf(url, sizeof(url), "%s?user=limited&password=p", keep.url);
    keep.url = url;
    test_execute(other, "CREATE ROLE limited LOGIN PASSWORD 'p'");
    assert_ok(database_keep(&keep, &database, &err), err);

    test_execute(other, "REVOKE EXECUTE ON FUNCTION " SET_CONFIG " FROM public");
    end_session(other, database);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(database_keep(&keep, &database, &err), RESULT_FAILED);
        assert_non_null(strstr(err.text, "permission denied for function set_config"));
    }
    test_execute(other, "GRANT EXECUTE ON FUNCTION " SET_CONFIG " TO public");
    assert_ok(database_keep(&keep, &database, &err), err);
    (void)assert_set_up(database);
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
        cmocka_unit_test(a_connection_that_cannot_be_set_up_is_none),
        cmocka_unit_test(a_server_that_cannot_be_reached_leaves_nothing_to_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
