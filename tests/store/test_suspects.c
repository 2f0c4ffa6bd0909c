#include "intake_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/replay.h"
#include "store/suspects.h"

#define ORDERS 8
#define POISON 5 /* among them, from 0 */

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

    test_execute(database, "DROP TRIGGER IF EXISTS poison ON amsync.document");
    database_close(&database);
    return 0;
}

/* Whoever merges the order POISON meets what the PL/pgSQL statement does. */
static void
poison_does(struct database *database, const char *statement)
{
    char sql[1024];

    (void)snprintf(sql, sizeof(sql),
                   "CREATE OR REPLACE FUNCTION amsync.poison() RETURNS trigger LANGUAGE plpgsql"
                   " AS $$ BEGIN IF NEW.number = 'POISON' THEN %s; END IF; RETURN NEW; END $$;"
                   "CREATE OR REPLACE TRIGGER poison BEFORE INSERT ON amsync.document"
                   " FOR EACH ROW EXECUTE FUNCTION amsync.poison()",
                   statement);
    test_execute(database, sql);
}

static void
raise_in_poison(struct database *database, const char *sqlstate)
{
    char statement[64];

    (void)snprintf(statement, sizeof(statement), "RAISE SQLSTATE '%s'", sqlstate);
    poison_does(database, statement);
}

static void
queue_orders(int count, int poison)
{
    for (int i = 0; i < count; i++) {
        char number[16];
        char body[512];

        (void)snprintf(number, sizeof(number), "SO%d", i);
        (void)snprintf(body, sizeof(body),
                       "{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":5,"
                       "\"Inserted\":[{\"OrderType\":\"SO\",\"OrderNbr\":\"%s\","
                       "\"Status\":\"Open\"}]}",
                       i == poison ? "POISON" : number);
        test_queue(DOCUMENT_ORDER, "C", body);
    }
}

static void
suspects_are_due(struct database *database)
{
    test_execute(database, "UPDATE amsync.intake_queue SET due_at = clock_timestamp()"
                           " WHERE attempts > 0");
}

static int64_t
orders_taken_in(void)
{
    return test_int64("SELECT count(*) FROM amsync.document_body");
}

static int64_t
lines_of(const char *status)
{
    char sql[256];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM amsync.connector_log WHERE entity = 'notification'"
                   " AND company = 'C' AND status = '%s'",
                   status);
    return test_int64(sql);
}

static void
what_may_be_its_fault_is_put_off_and_the_others_go_through(void **state)
{
    static const char *const sqlstates[] = {"57014", "53200", "XX000", "P0001"};

    for (size_t i = 0; i < sizeof(sqlstates) / sizeof(sqlstates[0]); i++) {
        (void)test_empty(NULL);
        raise_in_poison(*state, sqlstates[i]);
        queue_orders(ORDERS, POISON);
        assert_int_equal(test_take_in_all(*state, 64), ORDERS);
        assert_int_equal(orders_taken_in(), ORDERS - 1);
        assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue WHERE attempts = 2"
                                    " AND due_at > clock_timestamp() + interval '10 s'"),
                         1);
        assert_int_equal(lines_of("retrying"), 1);
    }
}

static void
a_statement_that_takes_too_long_is_such_a_fault(void **state)
{
    struct error err;

    poison_does(*state, "PERFORM pg_sleep(600)");
    queue_orders(2, 1);
    assert_ok(database_set_timeout(*state, 1500, &err), err);
    assert_int_equal(test_take_in_all(*state, 64), 2);
    assert_int_equal(orders_taken_in(), 1);
    assert_int_equal(test_int64("SELECT attempts FROM amsync.intake_queue"), 2);
}

static void
what_concerns_everything_is_nobodys_fault(void **state)
{
    static const struct {
        const char *sqlstate;
        enum result result;
    } faults[] = {{"53100", RESULT_RETRY},
                  {"25006", RESULT_RETRY},
                  {"55P03", RESULT_RETRY},
                  {"42501", RESULT_FAILED}};
    const struct intake_options options = {
        .settle_ms = 250, .max_notifications = 64, .max_bytes = (size_t)8 << 20};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct intake_report report;
        struct error err;

        (void)test_empty(NULL);
        raise_in_poison(*state, faults[i].sqlstate);
        queue_orders(ORDERS, POISON);
        assert_int_equal(intake_run_once(*state, &options, &report, &err), faults[i].result);
        assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue WHERE attempts = 0"),
                         ORDERS);
        assert_int_equal(orders_taken_in(), 0);
    }
}

/* However often: the tries are for what it does itself. */
static void
a_try_that_fails_by_nobodys_fault_is_given_back(void **state)
{
    static const char *const sqlstates[] = {"53100", "55P03", "42501", "40P01"};
    const struct intake_options options = {
        .settle_ms = 250, .max_notifications = 64, .max_bytes = (size_t)8 << 20};
    struct intake_report report;
    struct error err;

    queue_orders(1, 0);
    raise_in_poison(*state, "57014");
    assert_int_equal(test_take_in_all(*state, 64), 1);
    for (size_t i = 0; i < sizeof(sqlstates) / sizeof(sqlstates[0]); i++) {
        raise_in_poison(*state, sqlstates[i]);
        suspects_are_due(*state);
        assert_int_not_equal(intake_run_once(*state, &options, &report, &err), RESULT_OK);
        assert_int_equal(test_int64("SELECT attempts FROM amsync.intake_queue"
                                    " WHERE due_at < clock_timestamp() + interval '31 s'"),
                         2);
    }
    assert_int_equal(lines_of("failed"), 0);
    test_execute(*state, "DROP TRIGGER poison ON amsync.document");
    suspects_are_due(*state);
    assert_int_equal(test_take_in_all(*state, 64), 1);
    assert_int_equal(orders_taken_in(), 1);
}

static void
after_its_tries_it_is_set_aside_and_can_be_replayed(void **state)
{
    AMSYNC_CLEANUP(cleanup_free) char *message = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *id = NULL;
    struct error err;
    size_t queued = 0;

    raise_in_poison(*state, "57014");
    queue_orders(ORDERS, POISON);
    assert_int_equal(test_take_in_all(*state, 64), ORDERS);
    for (int tries = 2; tries <= SUSPECT_TRIES_MAX; tries++) {
        suspects_are_due(*state);
        assert_int_equal(test_take_in_all(*state, 64), 1);
        assert_int_equal(test_int64("SELECT attempts FROM amsync.intake_queue"), tries + 1);
    }
    assert_int_equal(lines_of("retrying"), SUSPECT_TRIES_MAX);
    assert_int_equal(lines_of("failed"), 0);
    suspects_are_due(*state);
    assert_int_equal(test_take_in_all(*state, 64), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"), 0);
    assert_int_equal(lines_of("failed"), 1);
    message = test_text("SELECT message FROM amsync.connector_log WHERE status = 'failed'");
    id = test_text("SELECT id FROM amsync.notification WHERE body LIKE '%POISON%'");
    assert_non_null(strstr(message, "amsync replay --notification "));
    assert_non_null(strstr(message, id));

    test_execute(*state, "DROP TRIGGER poison ON amsync.document");
    assert_ok(replay_notification(*state, id, &queued, &err), err);
    assert_int_equal(queued, 1);
    assert_int_equal(test_take_in_all(*state, 64), 1);
    assert_int_equal(orders_taken_in(), ORDERS);
}

/* What begins each try is committed before it, so that a crash is not forgotten. */
static void
a_try_that_never_ends_counts(void **state)
{
    struct error err;
    int64_t id = 0;
    bool exhausted = true;

    queue_orders(1, -1);
    assert_int_equal(suspect_begin(*state, &id, &exhausted, &err), RESULT_NONE);
    assert_ok(suspects_note(*state, 64, &err), err);
    for (int tries = 1; tries <= SUSPECT_TRIES_MAX; tries++) {
        suspects_are_due(*state);
        assert_ok(suspect_begin(*state, &id, &exhausted, &err), err);
        assert_false(exhausted);
        assert_int_equal(suspect_begin(*state, &id, &exhausted, &err), RESULT_NONE);
    }
    suspects_are_due(*state);
    assert_ok(suspect_begin(*state, &id, &exhausted, &err), err);
    assert_true(exhausted);
}

static void
the_innocent_are_taken_in_one_by_one(void **state)
{
    struct error err;

    queue_orders(ORDERS, -1);
    assert_ok(suspects_note(*state, ORDERS - 2, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue WHERE attempts = 1"),
                     ORDERS - 2);
    assert_int_equal(test_take_in_all(*state, 64), ORDERS);
    assert_int_equal(orders_taken_in(), ORDERS);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_may_be_its_fault_is_put_off_and_the_others_go_through),
        TEST(a_statement_that_takes_too_long_is_such_a_fault),
        TEST(what_concerns_everything_is_nobodys_fault),
        TEST(a_try_that_fails_by_nobodys_fault_is_given_back),
        TEST(after_its_tries_it_is_set_aside_and_can_be_replayed),
        TEST(a_try_that_never_ends_counts),
        TEST(the_innocent_are_taken_in_one_by_one),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
