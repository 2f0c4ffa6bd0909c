/* 202 means kept, whatever happens to the database, to the batch, or to the program. */
#include "client.h"
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static void
post_number(const struct service *service, unsigned number, struct response *ret_response)
{
    char *body = order_notification(number);

    post_once(service->address, ORDERS, SECRET, body, ret_response);
    free(body);
}

static void
expect_kept(size_t count)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%zu", count);
    assert_string_equal(test_query("SELECT count(*) FROM amsync.notification"), text);
}

static void
test_kept_as_sent(void **state)
{
    struct service service;
    struct response response;
    char *body = order_notification(7);

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    post_once(service.address, SHIPMENTS, SECRET, body, &response);
    assert_int_equal(response.status, 202);
    assert_string_equal(response.body, "{\"status\":\"accepted\"}");
    assert_string_equal(test_query("SELECT body FROM amsync.notification"), body);
    assert_string_equal(
        test_query("SELECT concat_ws(' ', kind, company, query, acumatica_timestamp)"
                   " FROM amsync.notification"),
        "shipment Acme AMSync-Orders 638780593453014191");
    assert_string_equal(test_query("SELECT count(*) FROM amsync.intake_queue"), "1");
    free(body);
    service_stop(&service);
}

static void
test_duplicates(void **state)
{
    struct service service;
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    post_number(&service, 1, &response);
    assert_int_equal(response.status, 202);
    post_number(&service, 1, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "{\"status\":\"duplicate\"}");
    post_number(&service, 2, &response);
    assert_int_equal(response.status, 202);
    expect_kept(2);
    assert_int_equal(atomic_load(&service.kept), 2);
    service_stop(&service);
}

static bool
insert_waits_for_a_lock(void *context)
{
    (void)context;
    return strcmp(test_query("SELECT count(*) FROM pg_locks WHERE NOT granted"), "0") != 0;
}

static void
lock_notifications(void)
{
    (void)test_query("BEGIN");
    (void)test_query("LOCK TABLE amsync.notification IN SHARE MODE");
}

/* PostgreSQL refuses one row for good. While the first one waits for a lock the others gather, so
 * that they leave in one statement. */
static void
test_one_guilty_among_64(void **state)
{
    enum { COUNT = 64, GUILTY = 41 };
    struct service service;
    struct client clients[COUNT];
    struct response response;
    size_t refusals;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    (void)test_query("ALTER TABLE amsync.notification ADD CONSTRAINT innocent"
                     " CHECK (body NOT LIKE '%SO000041%')");
    refusals = service_refusals(&service);
    lock_notifications();
    for (unsigned i = 0; i < COUNT; i++) {
        char *body = order_notification(i);
        client_open(&clients[i], service.address);
        assert_true(client_post(&clients[i], ORDERS, SECRET, body));
        free(body);
        if (i == 0)
            wait_until(insert_waits_for_a_lock, NULL, "the first batch is on its way");
    }
    (void)test_query("COMMIT");
    for (unsigned i = 0; i < COUNT; i++) {
        client_receive(&clients[i], &response);
        assert_int_equal(response.status, i == GUILTY ? 400 : 202);
        client_close(&clients[i]);
    }
    expect_kept(COUNT - 1);
    assert_int_equal(service_refusals(&service), refusals + 1);
    (void)test_query("ALTER TABLE amsync.notification DROP CONSTRAINT innocent");
    service_stop(&service);
}

/* The statement does not return in time: 503, and a resend is safe. */
static void
test_commit_deadline(void **state)
{
    struct service service;
    struct client client;
    struct response response;
    char *body = order_notification(1);

    (void)state;
    service_start(&service, &(struct service_wishes){.commit_deadline_ms = 300});
    test_clear();
    lock_notifications();
    client_open(&client, service.address);
    assert_true(client_post(&client, ORDERS, SECRET, body));
    client_receive(&client, &response);
    assert_int_equal(response.status, 503);
    assert_true(response_has_line(&response, "Retry-After: 5"));
    (void)test_query("COMMIT");
    do {
        assert_true(client_post(&client, ORDERS, SECRET, body));
        client_receive(&client, &response);
    } while (response.status == 503);
    assert_true(response.status == 202 || response.status == 200);
    expect_kept(1);
    client_close(&client);
    free(body);
    service_stop(&service);
}

/* Runs SQL with the name of the tests' database in `$`, on a connection to another database, from
 * which the tests' can be shut. */
static void
run_from_outside(const char *sql_with_name)
{
    char sql[256];
    int before = (int)strcspn(sql_with_name, "$");
    PGconn *inside = test_database();
    PGconn *outside = PQsetdbLogin(PQhost(inside), PQport(inside), NULL, NULL, "postgres",
                                   PQuser(inside), PQpass(inside));

    assert_int_equal(PQstatus(outside), CONNECTION_OK);
    (void)snprintf(sql, sizeof(sql), "%.*s%s%s", before, sql_with_name, PQdb(inside),
                   sql_with_name + before + 1);
    PGresult *answer = PQexec(outside, sql);
    assert_true(PQresultStatus(answer) == PGRES_COMMAND_OK ||
                PQresultStatus(answer) == PGRES_TUPLES_OK);
    PQclear(answer);
    PQfinish(outside);
}

static bool
is_unready(void *context)
{
    struct service *service = context;

    return !readiness_look(&service->readiness, clock_boottime_ms()).ready;
}

static bool
is_ready_again(void *context)
{
    return !is_unready(context);
}

static void
test_database_away_and_back(void **state)
{
    struct service service;
    struct response response;
    unsigned number = 1;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    post_number(&service, number++, &response);
    assert_int_equal(response.status, 202);
    run_from_outside("ALTER DATABASE $ ALLOW_CONNECTIONS false");
    run_from_outside("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                     " WHERE datname = '$' AND application_name = 'amsync ingest'");
    wait_until(is_unready, &service, "ingest sees that the database is away");
    do
        post_number(&service, number, &response);
    while (response.status == 202);
    assert_int_equal(response.status, 503);
    assert_true(response_has_line(&response, "Retry-After: 5"));
    run_from_outside("ALTER DATABASE $ ALLOW_CONNECTIONS true");
    do
        post_number(&service, number, &response);
    while (response.status == 503);
    assert_int_equal(response.status, 202);
    expect_kept(number);
    service_stop(&service);
}

/* A connection that has gone while nothing was to be kept costs nobody a refusal. */
static void
test_lost_connection_is_replaced(void **state)
{
    struct service service;
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    for (unsigned i = 0; i < 5; i++) {
        (void)test_query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                         " WHERE application_name = 'amsync ingest'");
        wait_until(is_unready, &service, "ingest sees that its connection is gone");
        post_number(&service, i, &response);
        assert_int_equal(response.status, 202);
    }
    expect_kept(5);
    service_stop(&service);
}

/* Keeps posting until the answer is no longer `status`. */
static void
post_while(const struct service *service, unsigned number, int status, struct response *response)
{
    do
        post_number(service, number, response);
    while (response->status == status);
}

/* The server's process is there and does nothing: nothing is heard from it. */
static void
test_frozen_server(void **state)
{
    struct service service;
    struct response response;
    int64_t backend = 0;

    (void)state;
    service_start(&service, &(struct service_wishes){.commit_deadline_ms = 300});
    test_clear();
    assert_int_equal(parse_int64(test_query("SELECT pid FROM pg_stat_activity"
                                            " WHERE application_name = 'amsync ingest'"),
                                 1, INT32_MAX, &backend),
                     RESULT_OK);
    assert_int_equal(kill((pid_t)backend, SIGSTOP), 0);
    post_number(&service, 1, &response);
    assert_int_equal(response.status, 503);
    /* On a new connection; there, too, one may be kept whose sender was told 503, if it took long. */
    post_while(&service, 1, 503, &response);
    assert_true(response.status == 202 || response.status == 200);
    assert_int_equal(kill((pid_t)backend, SIGCONT), 0);
    post_number(&service, 1, &response);
    assert_int_equal(response.status, 200);
    expect_kept(1);
    service_stop(&service);
}

static void
set_read_only(const char *value)
{
    char sql[128];

    (void)test_query("SET default_transaction_read_only = off"); /* here in any case */
    (void)snprintf(sql, sizeof(sql), "ALTER SYSTEM SET default_transaction_read_only = %s", value);
    (void)test_query(sql);
    (void)test_query("SELECT pg_reload_conf()");
}

/* As after a failover to a standby: the connection works, writing does not. */
static void
test_read_only_database(void **state)
{
    struct service service;
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    set_read_only("on");
    /* Also without any notification. */
    wait_until(is_unready, &service, "the small write is refused");
    post_number(&service, 1, &response);
    assert_int_equal(response.status, 503);
    set_read_only("off");
    post_while(&service, 1, 503, &response);
    assert_int_equal(response.status, 202);
    wait_until(is_ready_again, &service, "ingest is ready again");
    service_stop(&service);
}

struct sender {
    const char *address;
    unsigned first_number;
    unsigned accepted;
};

/* Sends one after the other until the connection ends. */
static void *
send_until_closed(void *argument)
{
    struct sender *sender = argument;
    struct client client;
    struct response response;

    client_open(&client, sender->address);
    for (;;) {
        char *body = order_notification(sender->first_number + sender->accepted);
        bool sent = client_post(&client, ORDERS, SECRET, body);
        free(body);
        if (sent)
            client_receive(&client, &response);
        if (!sent || response.status != 202)
            break;
        sender->accepted++;
    }
    client_close(&client);
    return NULL;
}

static bool
has_kept_some(void *context)
{
    struct service *service = context;

    return atomic_load(&service->kept) > 200;
}

/* Stopped under load: whatever was answered 202 is there. */
static void
test_stop_loses_nothing(void **state)
{
    enum { SENDERS = 16 };
    struct service service;
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    size_t accepted = 0;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.address = service.address, .first_number = i * 10000};
        assert_int_equal(pthread_create(&threads[i], NULL, send_until_closed, &senders[i]), 0);
    }
    wait_until(has_kept_some, &service, "some are kept");
    service_stop(&service);
    for (unsigned i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        accepted += senders[i].accepted;
    }
    const char *kept = test_query("SELECT count(*) FROM amsync.notification");
    int64_t kept_count = 0;
    assert_int_equal(parse_int64(kept, 0, INT64_MAX, &kept_count), RESULT_OK);
    /* An answer may be lost on its way, a notification not. */
    assert_true((size_t)kept_count >= accepted && (size_t)kept_count <= accepted + SENDERS);
    for (unsigned i = 0; i < SENDERS; i++) {
        char sql[256];
        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) >= %u FROM amsync.notification"
                       " WHERE body ~ 'SO%02u[0-9]{4}\"'",
                       senders[i].accepted, senders[i].first_number / 10000);
        assert_string_equal(test_query(sql), "t");
    }
}

/* A commit that hangs does not hold up the end for longer than was allowed. */
static void
test_stop_while_the_database_hangs(void **state)
{
    struct service service;
    struct client client;
    struct response response;
    char *body = order_notification(1);
    int64_t start_ms;

    (void)state;
    service_start(&service, &(struct service_wishes){.commit_deadline_ms = 60000});
    test_clear();
    lock_notifications();
    client_open(&client, service.address);
    assert_true(client_post(&client, ORDERS, SECRET, body));
    wait_until(insert_waits_for_a_lock, NULL, "the batch is on its way");
    start_ms = clock_boottime_ms();
    ingest_stop(&service.ingest, 200);
    assert_true(clock_boottime_ms() - start_ms < 20000);
    client_receive(&client, &response);
    assert_int_equal(response.status, 503);
    (void)test_query("COMMIT");
    client_close(&client);
    free(body);
    settings_finish(&service.settings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_as_sent),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_one_guilty_among_64),
        cmocka_unit_test(test_commit_deadline),
        cmocka_unit_test(test_database_away_and_back),
        cmocka_unit_test(test_lost_connection_is_replaced),
        cmocka_unit_test(test_frozen_server),
        cmocka_unit_test(test_read_only_database),
        cmocka_unit_test(test_stop_loses_nothing),
        cmocka_unit_test(test_stop_while_the_database_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
