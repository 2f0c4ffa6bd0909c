#include "intake_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/housekeeping.h"
#include "store/order_reader.h"

#define RETENTION_DAYS 90

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

/* Of the order SO1: `more` are further columns. */
static void
queue(enum document_kind kind, int64_t timestamp, const char *more)
{
    char body[1024];

    (void)snprintf(body, sizeof(body),
                   "{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":%lld,"
                   "\"Inserted\":[{\"OrderType\":\"SO\",\"OrderNbr\":\"SO1\",\"LineNbr\":1,"
                   "\"InventoryID\":\"ITEM\"%s}]}",
                   (long long)timestamp, more);
    test_queue(kind, "C", body);
}

/* What is left when everything is done, so long ago. */
static void
come_to_rest(struct database *database, const char *state, int days_ago)
{
    char sql[512];

    (void)snprintf(
        sql, sizeof(sql),
        "DELETE FROM amsync.work; UPDATE amsync.document SET state = '%s', reason = 'for"
        " Jane Doe'; UPDATE amsync.sales_order SET state = '%s', reason = 'for Jane Doe',"
        " updated_at = clock_timestamp() - interval '%d days'",
        state, state, days_ago);
    test_execute(database, sql);
}

/* An order in Magento with a shipment and an invoice, of that status in Acumatica. */
static void
make_order(struct database *database, const char *status, int days_ago)
{
    char columns[256];

    (void)snprintf(columns, sizeof(columns),
                   ",\"Status\":\"%s\",\"CustomerID\":\"C1\",\"CustomerName\":\"Jane Doe\","
                   "\"ShipVia\":\"UPS\",\"PaymentMethod\":\"CHECK\",\"WarehouseID\":\"MAIN\"",
                   status);
    queue(DOCUMENT_ORDER, 5, columns);
    queue(DOCUMENT_SHIPMENT, 5,
          ",\"ShipmentNbr\":\"000068\",\"Type\":\"Shipment\",\"TrackingNbr\":\"1ZJANE\"");
    queue(DOCUMENT_INVOICE, 5, ",\"ReferenceNbr\":\"INV1\",\"Type\":\"Invoice\"");
    assert_int_equal(test_take_in_all(database, 64), 3);
    test_execute(
        database,
        "UPDATE amsync.sales_order SET magento_increment_id = 'ACU-SO-SO1', magento_store_id = 1,"
        " magento_entity_id = 345, sent = '{\"bill_to\": \"Jane Doe\"}';"
        "UPDATE amsync.document SET magento_entity_id = 77, magento_increment_id = '000000077'"
        " WHERE kind = 'shipment';"
        "UPDATE amsync.document SET magento_entity_id = 88 WHERE kind = 'invoice';"
        "INSERT INTO amsync.order_line SELECT id, 1, 11 FROM amsync.sales_order");
    come_to_rest(database, "published", days_ago);
}

/* One walk over all orders; how many were reduced. */
static size_t
walk(struct database *database)
{
    int64_t after_id = 0;
    size_t total = 0;

    for (;;) {
        size_t reduced = 99;
        struct error err;
        enum result result =
            finished_orders_reduce(database, RETENTION_DAYS, &after_id, &reduced, &err);

        if (result == RESULT_NONE)
            return total;
        assert_ok(result, err);
        total += reduced;
    }
}

static void
assert_text(const char *sql, const char *expected)
{
    AMSYNC_CLEANUP(cleanup_free) char *found = test_text(sql);

    assert_string_equal(found, expected);
}

/* What the tables of orders say, each row as text. */
#define EVERYTHING                                                                                 \
    "(SELECT o::text AS row FROM amsync.sales_order AS o UNION ALL"                                \
    " SELECT d::text FROM amsync.document AS d UNION ALL"                                          \
    " SELECT b::text FROM amsync.document_body AS b) AS everything"

static void
a_finished_order_keeps_its_numbers_alone(void **state)
{
    make_order(*state, "Completed", RETENTION_DAYS + 1);
    assert_true(test_int64("SELECT count(*) FROM " EVERYTHING " WHERE row ~ 'Jane|JANE'") > 0);
    assert_int_equal(walk(*state), 1);
    assert_int_equal(
        test_int64("SELECT count(*) FROM " EVERYTHING " WHERE row ~ 'Jane|JANE|UPS|CHECK|MAIN|C1'"),
        0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document_body"), 0);
    assert_text("SELECT concat_ws(' ', company, order_type, order_nbr, magento_increment_id,"
                " magento_store_id, magento_entity_id, state, reason) FROM amsync.sales_order",
                "C SO SO1 ACU-SO-SO1 1 345 published ");
    assert_text("SELECT string_agg(concat_ws(' ', kind, type, number, state, magento_entity_id,"
                " magento_increment_id), ', ' ORDER BY id) FROM amsync.document",
                "order SO SO1 published, shipment  000068 published 77 000000077, "
                "invoice Invoice INV1 published 88");
    assert_text("SELECT line_nbr || ' ' || magento_item_id FROM amsync.order_line", "1 11");
    assert_int_equal(walk(*state), 0);
}

static void
a_reduced_order_is_read_as_such(void **state)
{
    struct claimed_order *order = NULL;
    struct error err;

    make_order(*state, "Completed", RETENTION_DAYS + 1);
    int64_t id = test_int64("SELECT id FROM amsync.sales_order");
    assert_ok(work_read(*state, id, &order, &err), err);
    assert_false(order->documents[0].reduced);
    claimed_order_free(&order);
    assert_int_equal(walk(*state), 1);
    assert_ok(work_read(*state, id, &order, &err), err);
    assert_int_equal(order->document_count, 3);
    for (size_t i = 0; i < order->document_count; i++)
        assert_true(order->documents[i].reduced);
    assert_null(order->sent);
    claimed_order_free(&order);
}

static void
what_is_not_finished_keeps_everything(void **state)
{
    static const struct {
        const char *status;
        int days_ago;
        const char *change;
    } orders[] = {
        {"Completed", RETENTION_DAYS - 1, "SELECT"},
        {"Open", RETENTION_DAYS + 1, "SELECT"},
        {"Back Order", RETENTION_DAYS + 1, "SELECT"},
        {"Completed", RETENTION_DAYS + 1,
         "UPDATE amsync.document SET state = 'waiting' WHERE kind = 'invoice'"},
        {"Completed", RETENTION_DAYS + 1,
         "UPDATE amsync.document SET state = 'failed' WHERE kind = 'order'"},
        {"Completed", RETENTION_DAYS + 1,
         "INSERT INTO amsync.work (sales_order_id, due_at, turn_at)"
         " SELECT id, now() + interval '1 day', now() FROM amsync.sales_order"},
        {"Completed", RETENTION_DAYS + 1, "DELETE FROM amsync.document WHERE kind = 'order'"},
    };

    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        (void)test_empty(NULL);
        make_order(*state, orders[i].status, orders[i].days_ago);
        test_execute(*state, orders[i].change);
        int64_t bodies = test_int64("SELECT count(*) FROM amsync.document_body");
        assert_int_equal(walk(*state), 0);
        assert_int_equal(test_int64("SELECT count(*) FROM amsync.document_body"), bodies);
    }
}

static void
finished_are_completed_canceled_and_settled_orders(void **state)
{
    static const char *const statuses[] = {"COMPLETED", "Canceled", "Cancelled",
                                           "Open\",\"Cancelled\":\"True"};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        (void)test_empty(NULL);
        make_order(*state, statuses[i], RETENTION_DAYS + 1);
        come_to_rest(*state, i % 2 == 0 ? "published" : "skipped", RETENTION_DAYS + 1);
        assert_int_equal(walk(*state), 1);
    }
    (void)test_empty(NULL);
    make_order(*state, "Open", RETENTION_DAYS + 1);
    test_execute(*state, "UPDATE amsync.document SET settled = 'ignored', settled_note = 'Jane'"
                         " WHERE kind = 'order'");
    assert_int_equal(walk(*state), 1);
    assert_text("SELECT settled || '/' || settled_note FROM amsync.document WHERE kind = 'order'",
                "ignored/");
}

static void
a_skipped_order_says_why_nothing_is_known_of_it(void **state)
{
    make_order(*state, "Completed", RETENTION_DAYS + 1);
    come_to_rest(*state, "skipped", RETENTION_DAYS + 1);
    assert_int_equal(walk(*state), 1);
    assert_text("SELECT string_agg(DISTINCT reason, '|') FROM (SELECT reason FROM amsync.document"
                " UNION ALL SELECT reason FROM amsync.sales_order) AS r",
                "it was finished long ago, and only its numbers are kept");
}

static void
what_comes_later_is_kept_as_long_again(void **state)
{
    make_order(*state, "Completed", RETENTION_DAYS + 1);
    assert_int_equal(walk(*state), 1);
    queue(DOCUMENT_SHIPMENT, 6, ",\"ShipmentNbr\":\"000068\",\"TrackingNbr\":\"1ZJANE\"");
    assert_int_equal(test_take_in_all(*state, 64), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 1);
    assert_int_equal(walk(*state), 0);
    come_to_rest(*state, "published", RETENTION_DAYS - 1);
    assert_int_equal(walk(*state), 0);
    come_to_rest(*state, "published", RETENTION_DAYS + 1);
    assert_int_equal(walk(*state), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document_body"), 0);
}

static void
an_order_that_is_being_changed_is_left_for_the_next_time(void **state)
{
    struct database *other = test_open();

    make_order(*state, "Completed", RETENTION_DAYS + 1);
    test_execute(other, "BEGIN; SELECT id FROM amsync.sales_order FOR NO KEY UPDATE");
    assert_int_equal(walk(*state), 0);
    test_execute(other, "ROLLBACK");
    assert_int_equal(walk(*state), 1);
    database_close(&other);
}

static void
a_walk_goes_over_all_orders_in_batches(void **state)
{
    int64_t after_id = 0;
    size_t reduced = 99;
    struct error err;

    make_order(*state, "Completed", RETENTION_DAYS + 1);
    test_execute(*state,
                 "INSERT INTO amsync.sales_order (company, order_type, order_nbr, state)"
                 " SELECT 'C', 'SO', 'X' || n, 'skipped' FROM generate_series(1, 1200) AS n");
    assert_ok(finished_orders_reduce(*state, RETENTION_DAYS, &after_id, &reduced, &err), err);
    assert_int_equal(reduced, 1);
    assert_ok(finished_orders_reduce(*state, RETENTION_DAYS, &after_id, &reduced, &err), err);
    assert_int_equal(reduced, 0);
    assert_ok(finished_orders_reduce(*state, RETENTION_DAYS, &after_id, &reduced, &err), err);
    assert_int_equal(after_id, test_int64("SELECT max(id) FROM amsync.sales_order"));
    assert_int_equal(finished_orders_reduce(*state, RETENTION_DAYS, &after_id, &reduced, &err),
                     RESULT_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_finished_order_keeps_its_numbers_alone),
        TEST(a_reduced_order_is_read_as_such),
        TEST(what_is_not_finished_keeps_everything),
        TEST(finished_are_completed_canceled_and_settled_orders),
        TEST(a_skipped_order_says_why_nothing_is_known_of_it),
        TEST(what_comes_later_is_kept_as_long_again),
        TEST(an_order_that_is_being_changed_is_left_for_the_next_time),
        TEST(a_walk_goes_over_all_orders_in_batches),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
