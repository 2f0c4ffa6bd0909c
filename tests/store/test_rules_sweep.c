#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/documents.h"
#include "store/housekeeping.h"
#include "store/rules_edit.h"

/*
 * The orders of each test, by number: state, customer, ship via, payment method, and whether Magento
 * has it. S: skipped, W: waiting, F: failed, P: published.
 */
static const char ORDERS_SQL[] =
    "INSERT INTO amsync.sales_order (company, order_type, order_nbr, state, customer_id, ship_via,"
    " payment_method, magento_entity_id) VALUES"
    " ('A', 'SO', 'S1', 'skipped', 'C1', 'UPS', 'CHECK', NULL),"
    " ('A', 'SO', 'S2', 'skipped', 'C2', 'UPS', 'CHECK', NULL),"
    " ('A', 'SO', 'W1', 'waiting', 'C1', 'UPS', 'CHECK', NULL),"
    " ('A', 'SO', 'W2', 'waiting', 'C2', 'fedex', 'WIRE', NULL),"
    " ('A', 'SO', 'W3', 'waiting', 'C3', NULL, NULL, NULL),"
    " ('A', 'SO', 'F1', 'failed', 'C1', 'UPS', 'CHECK', NULL),"
    " ('A', 'SO', 'P1', 'published', 'C1', 'UPS', 'CHECK', 11),"
    " ('A', 'SO', 'P2', 'waiting', 'C1', 'UPS', 'CHECK', 12),"
    " ('B', 'SO', 'S3', 'skipped', 'C1', 'UPS', 'CHECK', NULL)";

static int
open_one(void **state)
{
    (void)test_empty(state);
    *state = test_open();
    test_execute(*state, ORDERS_SQL);
    test_execute(*state, "INSERT INTO amsync.document (sales_order_id, kind, type, number, state)"
                         " SELECT id, 'order', order_type, order_nbr, state"
                         " FROM amsync.sales_order");
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
sweep_all(struct database *database)
{
    struct error err;
    size_t made_due;
    enum result result;

    while ((result = rules_change_sweep(database, &made_due, &err)) == RESULT_OK)
        assert_true(made_due <= RULES_SWEEP_BATCH);
    if (result != RESULT_NONE)
        fail_msg("%s", err.text);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.rules_change"), 0);
}

static void
change(struct database *database, const char *company, const char *kind, const char *value)
{
    struct query_params params = {0};
    struct error err;

    params_text(&params, company);
    params_text(&params, kind);
    params_text(&params, value);
    assert_ok(database_query(database,
                             "INSERT INTO amsync.rules_change (company, kind, value)"
                             " VALUES ($1, $2, $3)",
                             &params, NULL, &err),
              err);
    query_params_free(&params);
}

/* Sweeps, and compares what is due. */
static void
assert_due(struct database *database, const char *expected)
{
    sweep_all(database);
    char *due = test_text("SELECT string_agg(order_nbr, ' ' ORDER BY order_nbr)"
                          " FROM amsync.work JOIN amsync.sales_order ON id = sales_order_id"
                          " WHERE due_at <= clock_timestamp()");
    assert_string_equal(due, expected);
    free(due);
    test_execute(database, "TRUNCATE amsync.work");
}

static void
a_customer_frees_its_own_orders_of_its_company(void **state)
{
    change(*state, "A", "customer", "C1");
    assert_due(*state, "S1 W1");
    change(*state, "A", "customer", "C9");
    assert_due(*state, "");
}

/* A claim that has read the order and is not committed yet looks like this from outside. */
static void
an_order_that_is_due_is_looked_at_again(void **state)
{
    test_execute(*state, "UPDATE amsync.sales_order SET state = 'pending'"
                         " WHERE order_nbr IN ('S1', 'S2')");
    test_execute(*state, "INSERT INTO amsync.work (sales_order_id, due_at, turn_at)"
                         " SELECT id, now() - interval '1 second', now() FROM amsync.sales_order"
                         " WHERE order_nbr IN ('S1', 'S2')");
    change(*state, "A", "customer", "C1");
    sweep_all(*state);
    assert_int_equal(test_int64("SELECT revision FROM amsync.work JOIN amsync.sales_order"
                                " ON id = sales_order_id WHERE order_nbr = 'S1'"),
                     2);
    assert_int_equal(test_int64("SELECT revision FROM amsync.work JOIN amsync.sales_order"
                                " ON id = sales_order_id WHERE order_nbr = 'S2'"),
                     1);
}

struct concurrent_sweep {
    pthread_t thread;
    enum result result;
    struct error err;
};

static void *
sweep_beside(void *argument)
{
    struct concurrent_sweep *sweep = argument;
    struct database *database = NULL;
    size_t made_due;

    sweep->result = database_open(test_database_url(), "test", 20000, &database, &sweep->err);
    if (sweep->result == RESULT_OK)
        sweep->result = rules_change_sweep(database, &made_due, &sweep->err);
    database_close(&database);
    return NULL;
}

/* As an outcome is recorded: the order is locked, then its work is written. */
static void
what_is_recorded_meanwhile_is_not_undone(void **state)
{
    static const char WAITING[] = "SELECT count(*) FROM pg_stat_activity"
                                  " WHERE wait_event_type = 'Lock'";
    struct concurrent_sweep sweep = {.result = RESULT_FAILED};
    struct database *other = test_open();

    test_execute(*state, "INSERT INTO amsync.work (sales_order_id, due_at, turn_at)"
                         " SELECT id, now(), now() FROM amsync.sales_order WHERE order_nbr = 'W1'");
    change(*state, "A", "customer", "C1");
    test_execute(other, "BEGIN");
    test_execute(other, "SELECT FROM amsync.sales_order ORDER BY id FOR NO KEY UPDATE");
    test_execute(other, "UPDATE amsync.work SET due_at = now() + interval '1 hour',"
                        " retry_after = now() + interval '1 hour'");
    assert_int_equal(pthread_create(&sweep.thread, NULL, sweep_beside, &sweep), 0);
    for (int looks = 0; test_int64(WAITING) == 0; looks++) {
        assert_true(looks < 6000);
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    test_execute(other, "COMMIT");
    assert_int_equal(pthread_join(sweep.thread, NULL), 0);
    database_close(&other);
    assert_ok(sweep.result, sweep.err);
    assert_int_equal(test_int64("SELECT revision FROM amsync.work JOIN amsync.sales_order"
                                " ON id = sales_order_id WHERE order_nbr = 'W1'"
                                " AND due_at > now() + interval '50 minutes'"),
                     2);
}

static void
customers_enabled_together_are_worked_off_together(void **state)
{
    struct error err;
    size_t made_due = 0;

    change(*state, "A", "customer", "C1");
    change(*state, "B", "customer", "C1");
    change(*state, "A", "customer", "C2");
    assert_ok(rules_change_sweep(*state, &made_due, &err), err);
    assert_int_equal(made_due, 4);
    assert_due(*state, "S1 S2 S3 W1 W2");
}

static void
a_shipping_mapping_frees_the_orders_that_wait_for_it(void **state)
{
    change(*state, "", "shipping", "FedEx");
    assert_due(*state, "W2");
    test_execute(*state, "INSERT INTO amsync.shipping_mapping (ship_via, method)"
                         " VALUES ('ups', 'm'), ('*', 'm')");
    change(*state, "", "shipping", "*");
    assert_due(*state, "W2 W3");
}

static void
a_payment_mapping_frees_the_orders_that_wait_for_it(void **state)
{
    change(*state, "", "payment", "wire");
    assert_due(*state, "W2");
    test_execute(*state, "INSERT INTO amsync.payment_mapping (payment_method, code)"
                         " VALUES ('Wire', 'm'), ('*', 'm')");
    change(*state, "", "payment", "*");
    assert_due(*state, "W1 W3");
}

static void
conditions_and_scope_concern_what_is_not_in_magento(void **state)
{
    static const char *const KEYS[] = {
        "order_types",
        "orders_from",
        "excluded_customer_classes",
        "condition.match",
        "condition.customer_enabled",
        "condition.shipment_confirmed",
        "condition.unpaid_balance_zero",
    };

    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        change(*state, "", "preference", KEYS[i]);
        assert_due(*state, "S1 S2 S3 W1 W2 W3");
        change(*state, "B", "preference", KEYS[i]);
        assert_due(*state, "S3");
    }
}

static int64_t
revision_of(const char *order_nbr)
{
    char sql[256];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT revision FROM amsync.work JOIN amsync.sales_order"
                   " ON id = sales_order_id WHERE order_nbr = '%s'",
                   order_nbr);
    return test_int64(sql);
}

static void
an_order_being_decided_by_the_old_rules_is_looked_at_again(void **state)
{
    /* The outcome that stands before publishing=on: an order that waits, rechecked while paused. */
    static const char *const KEYS[] = {"condition.match", "publishing"};

    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        test_execute(*state,
                     "INSERT INTO amsync.work (sales_order_id, due_at, turn_at, claim, lease_until)"
                     " SELECT id, now(), now(), gen_random_uuid(), now() + interval '1 hour'"
                     " FROM amsync.sales_order WHERE order_nbr IN ('F1', 'W1')");
        change(*state, "A", "preference", KEYS[i]);
        sweep_all(*state);
        assert_int_equal(revision_of("F1"), 2);
        assert_int_equal(revision_of("W1"), 2);
        test_execute(*state, "TRUNCATE amsync.work");
    }
}

static void
other_preferences_free_what_they_can_have_held_up(void **state)
{
    change(*state, "", "preference", "fallback_email");
    assert_due(*state, "W1 W2 W3");
    test_execute(*state, "UPDATE amsync.document SET state = 'pending' WHERE number = 'P1'");
    change(*state, "", "preference", "publishing");
    assert_due(*state, "P1");
    test_execute(*state, "INSERT INTO amsync.document (sales_order_id, kind, type, number, state)"
                         " SELECT id, 'shipment', '', 'SH' || order_nbr,"
                         " CASE order_nbr WHEN 'P1' THEN 'published' ELSE 'waiting' END"
                         " FROM amsync.sales_order WHERE order_nbr IN ('P1', 'P2')");
    change(*state, "", "preference", "shipment_trigger");
    assert_due(*state, "P2");
}

static void
what_only_concerns_later_orders_frees_none(void **state)
{
    static const char *const KEYS[] = {"numbering", "increment_prefix", "invoice_capture",
                                       "notify_customer"};

    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        change(*state, "", "preference", KEYS[i]);
        assert_due(*state, "");
    }
}

static void
many_orders_are_freed_in_small_batches(void **state)
{
    struct error err;
    size_t made_due = 0;
    size_t calls = 0;

    test_execute(*state, "INSERT INTO amsync.sales_order (company, order_type, order_nbr, state)"
                         " SELECT 'A', 'SO', 'X' || n, 'skipped'"
                         " FROM generate_series(1, 1200) AS n");
    change(*state, "", "preference", "condition.match");
    while (rules_change_sweep(*state, &made_due, &err) == RESULT_OK) {
        calls++;
        assert_true(made_due <= RULES_SWEEP_BATCH);
        assert_true(calls < 10);
    }
    assert_int_equal(calls, 3);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 1206);
    /* Each once. */
    assert_int_equal(test_int64("SELECT max(revision) FROM amsync.work"), 1);
}

static void
an_interrupted_sweep_goes_on_where_it_was(void **state)
{
    struct error err;
    size_t made_due = 0;

    test_execute(*state, "INSERT INTO amsync.sales_order (company, order_type, order_nbr, state)"
                         " SELECT 'A', 'SO', 'X' || n, 'skipped'"
                         " FROM generate_series(1, 600) AS n");
    change(*state, "", "preference", "condition.match");
    assert_ok(rules_change_sweep(*state, &made_due, &err), err);
    struct database *later = test_open();
    sweep_all(later);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE revision = 1"), 606);
    database_close(&later);
}

/* What a command does. */
static enum result
edit(struct database *database, void *argument, struct error *err)
{
    const char *const customers[] = {"C1", "C2"};
    char method[] = "flatrate_flatrate";
    const struct shipping_mapping mapping = {.ship_via = argument, .method = method};
    enum result result = preference_set(database, "", "condition.match", "all", err);

    if (result == RESULT_OK)
        result = customers_set_enabled(database, "A", customers, 2, true, err);
    if (result == RESULT_OK)
        result = shipping_mapping_set(database, &mapping, err);
    if (result == RESULT_OK)
        result = code_mapping_set(database, MAPPING_PAYMENT, "WIRE", "checkmo", err);
    if (result == RESULT_OK)
        result = code_mapping_set(database, MAPPING_WAREHOUSE, "W", "default", err);
    return result;
}

static void
edits_are_noted_and_raise_the_version(void **state)
{
    char ship_via[] = "FedEx";
    struct error err;
    int64_t before = test_int64("SELECT version FROM amsync.rules_version");
    struct rules *rules = NULL;

    assert_ok(database_transaction(*state, edit, ship_via, &err), err);
    char *changes = test_text("SELECT string_agg(company || kind || ':' || value, ' ' ORDER BY id)"
                              " FROM amsync.rules_change");
    assert_string_equal(changes, "preference:condition.match Acustomer:C1 Acustomer:C2"
                                 " shipping:FedEx payment:WIRE");
    free(changes);
    assert_true(test_int64("SELECT version FROM amsync.rules_version") > before);
    assert_ok(rules_load(*state, &rules, &err), err);
    assert_true(rules_version(rules) > before);
    assert_int_equal(rules_preferences(rules, "A")->condition_match, MATCH_ALL);
    assert_string_equal(rules_shipping(rules, "FEDEX")->method, "flatrate_flatrate");
    assert_null(rules_shipping(rules, "UPS"));
    assert_string_equal(rules_payment_code(rules, "wire"), "checkmo");
    assert_string_equal(rules_source_code(rules, "w"), "default");
    rules_unref(&rules);
    /* The same customers again change nothing. */
    test_execute(*state, "TRUNCATE amsync.rules_change");
    assert_ok(database_transaction(*state, edit, ship_via, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.rules_change WHERE kind = 'customer'"),
                     0);
}

static enum result
unset_twice(struct database *database, void *argument, struct error *err)
{
    int *answers = argument;

    for (int i = 0; i < 2; i++)
        answers[i] = (int)mapping_unset(database, MAPPING_SHIPPING, "FedEx", err);
    return RESULT_OK;
}

static void
a_mapping_is_taken_away_once(void **state)
{
    char ship_via[] = "FedEx";
    int answers[2] = {-1, -1};
    struct error err;

    assert_ok(database_transaction(*state, edit, ship_via, &err), err);
    assert_ok(database_transaction(*state, unset_twice, answers, &err), err);
    assert_int_equal(answers[0], RESULT_OK);
    assert_int_equal(answers[1], RESULT_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_customer_frees_its_own_orders_of_its_company),
        TEST(an_order_that_is_due_is_looked_at_again),
        TEST(what_is_recorded_meanwhile_is_not_undone),
        TEST(customers_enabled_together_are_worked_off_together),
        TEST(a_shipping_mapping_frees_the_orders_that_wait_for_it),
        TEST(a_payment_mapping_frees_the_orders_that_wait_for_it),
        TEST(conditions_and_scope_concern_what_is_not_in_magento),
        TEST(an_order_being_decided_by_the_old_rules_is_looked_at_again),
        TEST(other_preferences_free_what_they_can_have_held_up),
        TEST(what_only_concerns_later_orders_frees_none),
        TEST(many_orders_are_freed_in_small_batches),
        TEST(an_interrupted_sweep_goes_on_where_it_was),
        TEST(edits_are_noted_and_raise_the_version),
        TEST(a_mapping_is_taken_away_once),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
