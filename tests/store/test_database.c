#include "support.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct database *
opened(void **state)
{
    return *state;
}

static int
open_one(void **state)
{
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

static void
values_of_every_type_come_back(void **state)
{
    static const char SQL[] =
        "SELECT $1, $2::int8, $3::int4, $4::bool, encode($5, 'hex'),"
        " extract(epoch FROM $6) * 1000 = 1700000000123, array_to_string($7, '|', 'NULL'),"
        " array_to_string($8, '|'), array_to_string($9, '|'), array_to_string($10, '|'),"
        " encode($11[2], 'hex'), cardinality($12), $13 IS NULL";
    struct query_params params = {0};
    PGresult *row = NULL;
    struct error err;

    params_text(&params, "it's \"quoted\"");
    params_int64(&params, INT64_MIN);
    params_int32(&params, -7);
    params_bool(&params, true);
    params_bytea(&params, "\0\xFF", 2);
    params_timestamp_ms(&params, INT64_C(1700000000123));
    params_text_array(&params);
    params_push_text(&params, "a,{}\"\\");
    params_push_null(&params);
    params_push_bytes(&params, "bcd", 2);
    params_int64_array(&params);
    params_push_int64(&params, INT64_MAX);
    params_push_int64(&params, -1);
    params_int32_array(&params);
    params_push_int32(&params, 12);
    params_bool_array(&params);
    params_push_bool(&params, false);
    params_push_bool(&params, true);
    params_bytea_array(&params);
    params_push_bytes(&params, "", 0);
    params_push_bytes(&params, "\x01\x02", 2);
    params_text_array(&params);
    params_text(&params, NULL);
    assert_ok(database_query(opened(state), SQL, &params, &row, &err), err);
    assert_string_equal(row_text(row, 0, 0), "it's \"quoted\"");
    assert_true(row_int64(row, 0, 1) == INT64_MIN);
    assert_int_equal(row_int32(row, 0, 2), -7);
    assert_true(row_bool(row, 0, 3));
    assert_string_equal(row_text(row, 0, 4), "00ff");
    assert_true(row_bool(row, 0, 5));
    assert_string_equal(row_text(row, 0, 6), "a,{}\"\\|NULL|bc");
    assert_string_equal(row_text(row, 0, 7), "9223372036854775807|-1");
    assert_string_equal(row_text(row, 0, 8), "12");
    assert_string_equal(row_text(row, 0, 9), "f|t");
    assert_string_equal(row_text(row, 0, 10), "0102");
    assert_int_equal(row_int32(row, 0, 11), 0);
    assert_true(row_bool(row, 0, 12));
    PQclear(row);
    query_params_free(&params);
}

static void
too_many_parameters_are_an_error_and_no_overflow(void **state)
{
    struct query_params params = {0};
    struct error err;

    for (int i = 0; i <= QUERY_PARAMS_MAX; i++)
        params_int32(&params, i);
    assert_int_equal(database_query(opened(state), "SELECT 1", &params, NULL, &err), RESULT_FAILED);
    query_params_free(&params);
}

static enum result
query(void **state, const char *sql, struct error *err)
{
    return database_query(opened(state), sql, NULL, NULL, err);
}

static void
errors_become_results_with_their_sqlstate(void **state)
{
    struct error err;

    assert_int_equal(query(state, "SELECT 1 / (random() * 0)::int", &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "22012"));
    assert_int_equal(query(state, "SELECT * FROM amsync.nothing_such", &err), RESULT_FAILED);
    assert_non_null(strstr(err.text, "run amsync migrate"));
    assert_int_equal(query(state, "SELECT nonsense(", &err), RESULT_FAILED);
    /* And the connection goes on. */
    assert_ok(query(state, "SELECT 1", &err), err);
}

static void
a_slow_statement_is_cut_off(void **state)
{
    struct error err;

    assert_ok(database_set_timeout(opened(state), 50, &err), err);
    assert_int_equal(query(state, "SELECT pg_sleep(60)", &err), RESULT_RETRY);
    assert_non_null(strstr(err.text, "57014"));
    assert_ok(query(state, "SELECT 1", &err), err);
}

static void
a_broken_connection_is_noticed_and_mended(void **state)
{
    struct database *other = test_open();
    struct error err;

    assert_ok(
        database_query(opened(state), "SET application_name = 'to be ended'", NULL, NULL, &err),
        err);
    test_execute(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = 'to be ended'");
    assert_int_equal(query(state, "SELECT 1", &err), RESULT_RETRY);
    assert_false(database_is_connected(opened(state)));
    assert_int_equal(query(state, "SELECT 1", &err), RESULT_RETRY);
    assert_ok(database_reconnect(opened(state), &err), err);
    /* Statements are prepared anew. */
    assert_ok(query(state, "SELECT 1", &err), err);
    database_close(&other);
}

static void
assert_scans_avoided(void **state)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *setting = NULL;
    struct error err;

    assert_ok(database_query(opened(state), "SELECT current_setting('enable_seqscan')", NULL,
                             &setting, &err),
              err);
    assert_string_equal(row_text(setting, 0, 0), "off");
}

static void
scans_are_avoided_in_a_new_session_too(void **state)
{
    struct error err;

    assert_ok(database_avoid_scans(opened(state), &err), err);
    assert_scans_avoided(state);
    assert_ok(database_reconnect(opened(state), &err), err);
    assert_scans_avoided(state);
}

static void
a_server_that_hangs_is_hung_up_on(void **state)
{
    PGresult *pid = NULL;
    struct error err;

    assert_ok(database_set_timeout(opened(state), 100, &err), err);
    assert_ok(database_query(opened(state), "SELECT pg_backend_pid()", NULL, &pid, &err), err);
    pid_t backend = (pid_t)row_int64(pid, 0, 0);
    PQclear(pid);
    assert_int_equal(kill(backend, SIGSTOP), 0);
    enum result result = query(state, "SELECT 1", &err);
    bool connected = database_is_connected(opened(state));
    assert_int_equal(kill(backend, SIGCONT), 0);
    assert_int_equal(result, RESULT_RETRY);
    assert_false(connected);
    assert_non_null(strstr(err.text, "has not answered"));
    assert_ok(database_reconnect(opened(state), &err), err);
    assert_ok(query(state, "SELECT 1", &err), err);
}

/* poll refuses to look at more sockets than the process may have open. */
static void
an_answer_that_cannot_be_waited_for_does_not_block_the_next_statement(void **state)
{
    struct rlimit limit;
    struct error err;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum result result = query(state, "SELECT pg_sleep(0.2)", &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(result, RESULT_FAILED);
    assert_non_null(strstr(err.text, "poll"));
    if (!database_is_connected(opened(state)))
        assert_ok(database_reconnect(opened(state), &err), err);
    assert_ok(query(state, "SELECT 1", &err), err);
}

/* A server that lets anybody in and then says nothing any more. */
static void *
let_in_and_fall_silent(void *argument)
{
    static const char welcome[] = "R\0\0\0\x08\0\0\0\0"
                                  "Z\0\0\0\x05I";
    int listener = *(int *)argument;
    char startup[1024];
    int client = accept(listener, NULL, NULL);

    if (client >= 0 && recv(client, startup, sizeof(startup), 0) > 0 &&
        send(client, welcome, sizeof(welcome) - 1, MSG_NOSIGNAL) > 0)
        while (recv(client, startup, sizeof(startup), 0) > 0)
            continue;
    if (client >= 0)
        (void)close(client);
    return NULL;
}

static void
a_server_that_falls_silent_after_the_login_is_hung_up_on(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    struct database *database = NULL;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t server;
    struct error err;
    char url[128];

    (void)state;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(pthread_create(&server, NULL, let_in_and_fall_silent, &listener), 0);
    (void)snprintf(url, sizeof(url),
                   "host=127.0.0.1 port=%d user=u password=p dbname=d sslmode=disable"
                   " gssencmode=disable",
                   ntohs(address.sin_port));
    assert_int_equal(database_open(url, "test", 100, &database, &err), RESULT_RETRY);
    assert_non_null(strstr(err.text, "has not answered"));
    assert_null(database);
    assert_int_equal(pthread_join(server, NULL), 0);
    (void)close(listener);
}

static void
more_than_the_sockets_hold_is_sent_and_answered(void **state)
{
    static char text[8 << 20];
    struct query_params params = {0};
    PGresult *answer = NULL;
    struct error err;

    memset(text, 'x', sizeof(text) - 1);
    params_text(&params, text);
    assert_ok(database_query(opened(state), "SELECT $1 || $1", &params, &answer, &err), err);
    assert_int_equal(PQgetlength(answer, 0, 0), 2 * (sizeof(text) - 1));
    PQclear(answer);
    query_params_free(&params);
}

static void
no_message_shows_the_password(void **state)
{
    static const char *const URLS[] = {
        "postgresql://u:s3cr3t@127.0.0.1:1/x",
        "postgresql://u:s3cr3t@[127.0.0.1/x",
        "host=127.0.0.1 port=1 password=s3cr3t nonsense=1",
        "password=s3cr3t nonsense",
        /* What is not percent-encoded becomes a host, a port or a database. */
        "postgresql://u:p@s3cr3t@127.0.0.1:1/x",
        "postgresql://u:s3cr3t/p@127.0.0.1:1/x",
        "postgresql://u:1/s3cr3t@127.0.0.1:1/x",
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(URLS) / sizeof(URLS[0]); i++) {
        struct database *database = NULL;
        enum result result = database_open(URLS[i], "test", 1000, &database, &err);
        assert_int_equal(result, i == 0 ? RESULT_RETRY : RESULT_REJECTED);
        assert_null(strstr(err.text, "s3cr3t"));
        assert_null(database);
    }
}

static enum result
insert_then(struct database *database, void *argument, struct error *err)
{
    enum result result =
        database_query(database, "INSERT INTO pg_temp.t VALUES (1)", NULL, NULL, err);

    return result == RESULT_OK ? *(enum result *)argument : result;
}

static void
a_transaction_commits_only_what_went_well(void **state)
{
    enum result wanted = RESULT_OK;
    PGresult *count = NULL;
    struct error err;

    test_execute(opened(state), "CREATE TEMPORARY TABLE t (a int)");
    assert_ok(database_transaction(opened(state), insert_then, &wanted, &err), err);
    wanted = RESULT_NONE;
    assert_int_equal(database_transaction(opened(state), insert_then, &wanted, &err), RESULT_NONE);
    assert_false(database_in_transaction(opened(state)));
    assert_ok(database_query(opened(state), "SELECT count(*) FROM pg_temp.t", NULL, &count, &err),
              err);
    assert_int_equal(row_int64(count, 0, 0), 1);
    PQclear(count);
}

/* The first time it raises what PostgreSQL raises for a deadlock. */
static enum result
meets_a_deadlock_once(struct database *database, void *argument, struct error *err)
{
    int *calls = argument;

    if (++*calls == 1)
        return database_execute(
            database, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$", err);
    return RESULT_OK;
}

static void
a_transaction_is_repeated_after_a_deadlock(void **state)
{
    int calls = 0;
    struct error err;

    assert_ok(database_transaction(opened(state), meets_a_deadlock_once, &calls, &err), err);
    assert_int_equal(calls, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_of_every_type_come_back, open_one, close_one),
        cmocka_unit_test_setup_teardown(too_many_parameters_are_an_error_and_no_overflow, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(errors_become_results_with_their_sqlstate, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(a_slow_statement_is_cut_off, open_one, close_one),
        cmocka_unit_test_setup_teardown(a_broken_connection_is_noticed_and_mended, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(scans_are_avoided_in_a_new_session_too, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(a_server_that_hangs_is_hung_up_on, open_one, close_one),
        cmocka_unit_test_setup_teardown(
            an_answer_that_cannot_be_waited_for_does_not_block_the_next_statement, open_one,
            close_one),
        cmocka_unit_test(a_server_that_falls_silent_after_the_login_is_hung_up_on),
        cmocka_unit_test_setup_teardown(more_than_the_sockets_hold_is_sent_and_answered, open_one,
                                        close_one),
        cmocka_unit_test(no_message_shows_the_password),
        cmocka_unit_test_setup_teardown(a_transaction_commits_only_what_went_well, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(a_transaction_is_repeated_after_a_deadlock, open_one,
                                        close_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
