#include "intake_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "intake/crowd.h"
#include "intake/thread.h"

#define ENVELOPE "\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":"
#define LOG_TEXTS                                                                                  \
    "SELECT string_agg(status || ': ' || message, E'\\n' ORDER BY id)"                             \
    " FROM amsync.connector_log"
#define THREAD_DEADLINE_MS 60000

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

static void
assert_text(const char *sql, const char *expected)
{
    AMSYNC_CLEANUP(cleanup_free) char *found = test_text(sql);

    assert_string_equal(found, expected);
}

/* An order's notification with one line; `more` are further columns. */
static void
queue_order(const char *order_nbr, int64_t timestamp, const char *more)
{
    char body[1024];

    (void)snprintf(body, sizeof(body),
                   "{" ENVELOPE "%lld,\"Inserted\":[{\"OrderType\":\"SO\",\"OrderNbr\":\"%s\","
                   "\"LineNbr\":1,\"Warehouse\":\"MAIN\"%s}]}",
                   (long long)timestamp, order_nbr, more);
    test_queue(DOCUMENT_ORDER, "C", body);
}

static void
an_order_becomes_due_with_its_columns(void **state)
{
    queue_order("SO1", 638780593453014191,
                ",\"Customer\":\"C000003\",\"ShipVia\":\"UPS\",\"PaymentMethod\":\"CHECK\"");
    assert_int_equal(test_take_in_all(*state, 10), 1);
    assert_text(
        "SELECT concat_ws(' ', company, order_type, order_nbr, state, customer_id, ship_via,"
        " payment_method) FROM amsync.sales_order",
        "C SO SO1 pending C000003 UPS CHECK");
    assert_text("SELECT version || ' ' || array_to_string(warehouses, ',') FROM amsync.document",
                "2 MAIN");
    assert_text("SELECT body #>> '{header,ts}' FROM amsync.document_body", "638780593453014191");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE lane = 0"
                                " AND due_at BETWEEN clock_timestamp() - interval '20 s'"
                                " AND clock_timestamp() + interval '250 ms'"),
                     1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"), 0);
}

static void
only_what_changed_becomes_due(void **state)
{
    queue_order("SO1", 5, ",\"Status\":\"Open\"");
    assert_int_equal(test_take_in_all(*state, 10), 1);
    test_execute(*state, "DELETE FROM amsync.work");
    queue_order("SO1", 7, ",\"Status\":\"Open\",\"NoteID\":\"x\"");
    queue_order("SO1", 6, ",\"Status\":\"On Hold\"");
    assert_int_equal(test_take_in_all(*state, 1), 2);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 0);
    assert_int_equal(test_int64("SELECT version FROM amsync.document"), 2);
    assert_text("SELECT body #>> '{header,f,Status}' FROM amsync.document_body", "Open");
    assert_text("SELECT string_agg(status, ' ' ORDER BY id) FROM amsync.connector_log",
                "received unchanged superseded");
}

static void
an_order_in_magento_is_due_at_once(void **state)
{
    queue_order("SO1", 5, ",\"Status\":\"Open\"");
    assert_int_equal(test_take_in_all(*state, 10), 1);
    test_execute(*state, "DELETE FROM amsync.work; UPDATE amsync.sales_order SET"
                         " magento_entity_id = 7");
    queue_order("SO1", 6, ",\"Status\":\"Completed\"");
    assert_int_equal(test_take_in_all(*state, 10), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE lane = 1"
                                " AND due_at <= clock_timestamp()"),
                     1);
}

static void
a_half_waits_for_its_other_half(void **state)
{
    static const char removal[] = "{" ENVELOPE "6,\"Deleted\":[{\"OrderType\":\"SO\","
                                  "\"OrderNbr\":\"SO1\",\"LineNbr\":1}]}";

    queue_order("SO1", 5, ",\"Status\":\"Open\"");
    assert_int_equal(test_take_in_all(*state, 10), 1);
    test_execute(*state, "DELETE FROM amsync.work");
    test_queue(DOCUMENT_ORDER, "C", removal);
    assert_int_equal(test_take_in_all(*state, 10), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"
                                " WHERE due_at > clock_timestamp() + interval '1 s'"
                                " AND due_at <= clock_timestamp() + interval '10 s'"),
                     1);

    /* Both halves in one batch are whole. */
    (void)test_empty(NULL);
    queue_order("SO1", 5, ",\"Status\":\"Open\"");
    test_queue(DOCUMENT_ORDER, "C", removal);
    queue_order("SO1", 6, ",\"Status\":\"Open\"");
    assert_int_equal(test_take_in_all(*state, 10), 3);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"
                                " WHERE due_at <= clock_timestamp() + interval '1 s'"),
                     1);
}

static void
a_customer_is_enabled_by_the_last_word(void **state)
{
    static const char CUSTOMERS[] =
        "SELECT string_agg(customer_id || '=' || enabled, ' ' ORDER BY customer_id)"
        " FROM amsync.customer";

    queue_order("SO1", 9, ",\"Customer\":\"C1\",\"CustomerEnabled\":true");
    queue_order("SO2", 8, ",\"Customer\":\"C1\",\"CustomerEnabled\":false");
    queue_order("SO3", 8, ",\"Customer\":\"C2\",\"CustomerEnabled\":\"True\"");
    queue_order("SO4", 8, ",\"Customer\":\"C3\",\"CustomerEnabled\":\"perhaps\"");
    queue_order("SO5", 8, ",\"CustomerEnabled\":true");
    queue_order("SO6", 8, ",\"Customer\":\"C6\"");
    assert_int_equal(test_take_in_all(*state, 10), 6);
    assert_text(CUSTOMERS, "C1=true C2=true");

    /* A person's word stands until an order says something else than before. */
    test_execute(*state, "UPDATE amsync.customer SET enabled = false WHERE customer_id = 'C1'");
    queue_order("SO1", 10, ",\"Customer\":\"C1\",\"CustomerEnabled\":true,\"Status\":\"Open\"");
    queue_order("SO3", 10, ",\"Customer\":\"C2\",\"CustomerEnabled\":false");
    assert_int_equal(test_take_in_all(*state, 10), 2);
    assert_text(CUSTOMERS, "C1=false C2=false");
}

static void
a_culprit_stands_alone(void **state)
{
    char order_nbr[16];

    test_execute(*state, "ALTER TABLE amsync.document ADD CONSTRAINT no_poison"
                         " CHECK (number <> 'POISON')");
    for (int i = 0; i < 21; i++) {
        (void)snprintf(order_nbr, sizeof(order_nbr), "SO%d", i);
        queue_order(i == 13 ? "POISON" : order_nbr, 5, "");
    }
    assert_int_equal(test_take_in_all(*state, 64), 21);
    test_execute(*state, "ALTER TABLE amsync.document DROP CONSTRAINT no_poison");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document WHERE version = 2"), 20);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log"
                                " WHERE status = 'received'"),
                     20);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log WHERE"
                                " status = 'failed' AND entity = 'notification' AND company = 'C'"
                                " AND message LIKE 'notification % cannot be taken in: %'"),
                     1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"), 0);
}

static void
an_unreadable_notification_is_said_and_passed_by(void **state)
{
    test_queue(DOCUMENT_ORDER, "C", "[]");
    queue_order("SO1", 5, "");
    assert_int_equal(test_take_in_all(*state, 10), 2);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document"), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log WHERE status = 'failed'"
                                " AND message LIKE 'notification % cannot be taken in: the body is"
                                " an array, it must be an object'"),
                     1);
}

/* `orders` orders of `lines` lines each, in one notification. */
static void
queue_many(int orders, int lines)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer body = BUFFER_INITIAL((size_t)64 << 20);

    buffer_append_text(&body, "{" ENVELOPE "5,\"Inserted\":[");
    for (int i = 0; i < orders * lines; i++)
        buffer_append_format(&body,
                             "%s{\"OrderType\":\"SO\",\"OrderNbr\":\"SO%d\",\"Status\":\"Open\","
                             "\"LineNbr\":%d,\"InventoryID\":\"ITEM\",\"Quantity\":1.5}",
                             i == 0 ? "" : ",", i / lines, i % lines + 1);
    buffer_append_text(&body, "]}");
    assert_int_equal(buffer_result(&body), RESULT_OK);
    test_queue(DOCUMENT_ORDER, "C", buffer_text(&body));
}

static void
many_rows_go_through(void **state)
{
    queue_many(2500, 20);
    queue_many(1, 5000);
    assert_int_equal(test_take_in_all(*state, 1), 2);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 2500);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document_body,"
                                " LATERAL json_object_keys(body -> 'rows')"),
                     2499 * 20 + 5000);
}

static void
a_document_is_bounded(void **state)
{
    queue_many(1, 20001);
    queue_order("SO1", 5, "");
    assert_int_equal(test_take_in_all(*state, 10), 2);
    assert_text(LOG_TEXTS,
                "failed: SO0 failed: order, status Open, 20001 lines cannot be taken in: "
                "it has more than 20000 rows\nreceived: SO1 received: order, 1 line");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order"), 1);
}

/* Waits until the query says so, as long as the deadline allows. */
static void
wait_for(const char *sql, int64_t expected)
{
    int64_t deadline = clock_boottime_ms() + THREAD_DEADLINE_MS;

    while (test_int64(sql) != expected) {
        if (clock_boottime_ms() > deadline)
            fail_msg("%s: not %lld", sql, (long long)expected);
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

/* The intake thread counts, the test reads once that thread has ended. */
static void
count_batch(void *context)
{
    (*(int *)context)++;
}

static void
the_thread_takes_in_and_connects_anew(void **state)
{
    static const char DOCUMENTS[] = "SELECT count(*) FROM amsync.document";
    const struct intake_options options = {
        .settle_ms = 250, .max_notifications = 64, .max_bytes = (size_t)8 << 20};
    int batches = 0;
    const struct intake_callbacks callbacks = {.context = &batches, .taken_in = count_batch};
    struct counter reconnects = {0};
    struct intake_thread *thread = NULL;
    struct error err;

    (void)state;
    assert_ok(
        intake_thread_start(test_database_url(), &options, &callbacks, &reconnects, &thread, &err),
        err);
    queue_order("SO1", 5, "");
    intake_wake(thread, 1);
    wait_for(DOCUMENTS, 1);

    /* Nobody wakes it: it looks by itself. */
    queue_order("SO2", 5, "");
    wait_for(DOCUMENTS, 2);

    assert_int_equal(test_int64("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                " WHERE application_name = 'amsync intake'"),
                     1);
    queue_order("SO3", 5, "");
    wait_for(DOCUMENTS, 3);
    intake_thread_stop(&thread);
    assert_null(thread);
    assert_int_equal(batches, 3);
    assert_int_equal(counter_read(&reconnects), 1);
    wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'amsync intake'", 0);
}

/* Has the thread believe that notifications come in a crowd, until told to end. */
struct crowd {
    struct intake_thread *thread;
    atomic_bool over;
};

static void *
come_in_crowds(void *context)
{
    struct crowd *crowd = context;

    while (!atomic_load(&crowd->over)) {
        intake_wake(crowd->thread, 64);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return NULL;
}

/* How much later the order is due than it was taken in. */
static int64_t
settles_for_ms(const char *order_nbr)
{
    char sql[256];
    int64_t deadline = clock_boottime_ms() + THREAD_DEADLINE_MS;
    int64_t settles_for;

    (void)snprintf(sql, sizeof(sql),
                   "SELECT (1000 * extract(epoch FROM w.due_at - o.first_seen_at))::int8"
                   " FROM amsync.sales_order AS o JOIN amsync.work AS w ON w.sales_order_id = o.id"
                   " WHERE o.order_nbr = '%s'",
                   order_nbr);
    while ((settles_for = test_int64(sql)) == 0 && clock_boottime_ms() < deadline)
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return settles_for;
}

/* The rest that follows may keep from it what belongs to it. */
static void
during_a_crowd_it_rests_and_orders_settle_for_longer(void **state)
{
    const struct intake_options options = {
        .settle_ms = 250, .max_notifications = 1, .max_bytes = (size_t)8 << 20};
    int batches = 0;
    const struct intake_callbacks callbacks = {.context = &batches, .taken_in = count_batch};
    struct counter reconnects = {0};
    struct crowd crowd = {0};
    pthread_t sender;
    int64_t settles_for = 0;
    int64_t deadline;
    struct error err;

    (void)state;
    assert_ok(intake_thread_start(test_database_url(), &options, &callbacks, &reconnects,
                                  &crowd.thread, &err),
              err);
    queue_order("SO0", 5, "");
    assert_in_range(settles_for_ms("SO0"), 250, 250 + INTAKE_REST_MAX_MS - 1);

    assert_int_equal(pthread_create(&sender, NULL, come_in_crowds, &crowd), 0);
    deadline = clock_boottime_ms() + THREAD_DEADLINE_MS;
    /* On a machine that is busy there may be no crowd for a moment. */
    for (int i = 1; settles_for < 250 + INTAKE_REST_MAX_MS && clock_boottime_ms() < deadline; i++) {
        char order_nbr[16];

        (void)snprintf(order_nbr, sizeof(order_nbr), "SO%d", i);
        queue_order(order_nbr, 5, "");
        settles_for = settles_for_ms(order_nbr);
    }
    assert_true(settles_for >= 250 + INTAKE_REST_MAX_MS);
    /* It rests: otherwise each would be taken in before the next comes. */
    for (int64_t waiting = 0; waiting < 5;
         waiting = test_int64("SELECT count(*) FROM amsync.intake_queue")) {
        assert_true(clock_boottime_ms() < deadline);
        queue_order("SO0", clock_boottime_ms(), "");
    }
    atomic_store(&crowd.over, true);
    (void)pthread_join(sender, NULL);
    intake_thread_stop(&crowd.thread);
}

static void
the_thread_stops_while_it_cannot_connect(void **state)
{
    const struct intake_options options = {.max_notifications = 64, .max_bytes = 1 << 20};
    int batches = 0;
    const struct intake_callbacks callbacks = {.context = &batches, .taken_in = count_batch};
    struct counter reconnects = {0};
    struct intake_thread *thread = NULL;
    struct error err;

    (void)state;
    assert_ok(intake_thread_start("host=127.0.0.1 port=1 user=nobody dbname=none", &options,
                                  &callbacks, &reconnects, &thread, &err),
              err);
    intake_thread_stop(&thread);
    intake_thread_stop(&thread);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_order_becomes_due_with_its_columns, open_one, close_one),
        cmocka_unit_test_setup_teardown(only_what_changed_becomes_due, open_one, close_one),
        cmocka_unit_test_setup_teardown(an_order_in_magento_is_due_at_once, open_one, close_one),
        cmocka_unit_test_setup_teardown(a_half_waits_for_its_other_half, open_one, close_one),
        cmocka_unit_test_setup_teardown(a_customer_is_enabled_by_the_last_word, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(a_culprit_stands_alone, open_one, close_one),
        cmocka_unit_test_setup_teardown(an_unreadable_notification_is_said_and_passed_by, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(many_rows_go_through, open_one, close_one),
        cmocka_unit_test_setup_teardown(a_document_is_bounded, open_one, close_one),
        cmocka_unit_test_setup_teardown(the_thread_takes_in_and_connects_anew, open_one, close_one),
        cmocka_unit_test_setup_teardown(during_a_crowd_it_rests_and_orders_settle_for_longer,
                                        open_one, close_one),
        cmocka_unit_test_setup_teardown(the_thread_stops_while_it_cannot_connect, open_one,
                                        close_one),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
