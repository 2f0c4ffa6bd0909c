#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/support.h"
#include "base/clock.h"
#include "magento/client.h"

static void
assert_in_magento(const struct fixture *fixture, size_t shipments, size_t invoices)
{
    json_t *ledger;
    const json_t *order = only_order(fixture, &ledger);

    assert_int_equal(json_array_size(json_object_get(order, "shipments")), shipments);
    assert_int_equal(json_array_size(json_object_get(order, "invoices")), invoices);
    json_decref(ledger);
}

static void
a_paid_order_is_created(void **state)
{
    struct fixture *fixture = *state;
    json_t *ledger;

    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text("SELECT magento_increment_id FROM amsync.sales_order", "ACU-SO-SO005555");
    await_text("SELECT count(*) FROM amsync.order_line", "2");
    await_text(IDLE, "0");
    await_text("SELECT string_agg(entity || ' ' || action || ' ' || status, ', ' ORDER BY id)"
               " FROM amsync.connector_log",
               "order create published");

    const json_t *order = only_order(fixture, &ledger);

    assert_string_equal(json_string_value(json_object_get(order, "increment_id")),
                        "ACU-SO-SO005555");
    assert_string_equal(json_string_value(json_object_get(order, "ext_order_id")),
                        "Company/SO/SO005555");
    json_decref(ledger);
    assert_int_equal(test_int64("SELECT (magento_entity_id IS NOT NULL)::int"
                                " FROM amsync.sales_order"),
                     1);
}

static void
an_order_its_shipment_and_its_invoice_follow_each_other(void **state)
{
    struct fixture *fixture = *state;

    (void)deliver_shipment("SO005555", "000068");
    (void)deliver_invoice("SO005555", "INV000046");
    start_pool(fixture);
    await_text(SHIPMENT_STATE, "waiting");
    (void)deliver_paid_order("SO005555");
    pool_wake(fixture->pool);
    await_text(ORDER_STATE, "published");
    await_text(SHIPMENT_STATE, "published");
    await_text(INVOICE_STATE, "published");
    await_text(IDLE, "0");
    assert_in_magento(fixture, 1, 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document WHERE kind <> 'order'"
                                " AND magento_entity_id IS NOT NULL"),
                     2);
}

static void
requests_can_be_signed(void **state)
{
    struct fixture *fixture = *state;

    json_decref(simulation_control(
        &fixture->simulation, "settings",
        "{\"bearer\":false,\"integrations\":[{\"token\":\"token\",\"consumer_key\":\"key\","
        "\"consumer_secret\":\"a secret&more\",\"token_secret\":\"another+secret\"}]}"));
    settings_finish(&fixture->settings);
    fixture->settings = settings_of(&fixture->simulation, MAGENTO_AUTH_OAUTH1);
    (void)deliver_paid_order("SO005555");
    (void)deliver_shipment("SO005555", "000068");
    start_pool(fixture);
    await_text(SHIPMENT_STATE, "published");
    assert_in_magento(fixture, 1, 0);
}

/* Every way in which calls fail at once, for the first calls and some later ones. */
static void
break_everything(const struct simulation *simulation)
{
    static const char *const actions[] = {
        "\"drop\",\"committed\":true",
        "\"drop\"",
        "\"truncate\",\"committed\":true",
        "\"reset\",\"committed\":true",
        "\"maintenance\"",
        "\"without_id\",\"committed\":true",
        "\"internal_error\"",
        "\"too_many\"",
        "\"bad_gateway\",\"committed\":true",
        "\"delay\",\"committed\":true,\"delay_ms\":1500",
    };

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        char rule[256];

        (void)snprintf(rule, sizeof(rule),
                       "{\"probability\":0.1,\"seed\":%zu,\"count\":4,\"action\":%s}", i + 1,
                       actions[i]);
        simulation_fault(simulation, rule);
    }
}

static void
nothing_is_lost_or_doubled_however_calls_fail(void **state)
{
    struct fixture *fixture = *state;
    enum { ORDERS = 12 };

    break_everything(&fixture->simulation);
    for (int i = 0; i < ORDERS; i++) {
        char nbr[16];

        (void)snprintf(nbr, sizeof(nbr), "SO%06d", i);
        (void)deliver_paid_order(nbr);
        (void)deliver_shipment(nbr, nbr + 2);
        (void)deliver_invoice(nbr, nbr + 1);
    }
    start_pool(fixture);
    await_text_for("SELECT count(*) FROM amsync.document WHERE state = 'published'", "36", 120000);

    json_t *ledger = simulation_control(&fixture->simulation, "ledger", NULL);
    const json_t *order;
    size_t index;

    assert_int_equal(json_array_size(json_object_get(ledger, "orders")), ORDERS);
    json_array_foreach(json_object_get(ledger, "orders"), index, order)
    {
        assert_int_equal(json_array_size(json_object_get(order, "shipments")), 1);
        assert_int_equal(json_array_size(json_object_get(order, "invoices")), 1);
    }
    json_decref(ledger);
}

static void
a_create_with_a_drawn_number_is_looked_for_before_the_next(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = test_open();

    test_execute(database, "INSERT INTO amsync.preference (key, value)"
                           " VALUES ('numbering', 'sequence')");
    database_close(&database);
    simulation_fault(&fixture->simulation, "{\"method\":\"POST\",\"path\":\"/V1/orders\",\"nth\":1,"
                                           "\"action\":\"drop\",\"committed\":true}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "retrying");
    assert_int_equal(test_int64("SELECT (quiet_until > clock_timestamp())::int FROM amsync.work"),
                     1);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    assert_in_magento(fixture, 0, 0);
    assert_int_equal(simulation_requests(&fixture->simulation, "POST /V1/orders"), 1);
}

static void
numbers_of_another_shop_are_not_used(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = test_open();
    json_t *ledger;

    test_execute(database, "INSERT INTO amsync.magento (base_url, store_code, store_id)"
                           " VALUES ('https://another.example', 'default', 1)");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_requests(&fixture->simulation, "GET /V1/store/storeConfigs", 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"), 0);
    test_execute(database, "DELETE FROM amsync.magento");
    database_close(&database);
    await_text(ORDER_STATE, "published");
    await_text("SELECT store_id || ' ' || store_code FROM amsync.magento", "1 default");
    (void)only_order(fixture, &ledger);
    json_decref(ledger);
}

static void
a_create_whose_answer_was_lost_is_adopted(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation, "{\"method\":\"POST\",\"path\":\"/V1/orders\",\"nth\":1,"
                                           "\"action\":\"drop\",\"committed\":true}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    assert_in_magento(fixture, 0, 0);
    assert_int_equal(simulation_requests(&fixture->simulation, "POST /V1/orders"), 2);
    await_text("SELECT string_agg(status, ', ' ORDER BY id) FROM amsync.connector_log",
               "retrying, published");
}

static void
a_shipment_whose_answer_was_lost_is_not_made_twice(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation, "{\"method\":\"POST\",\"path\":\"/V1/order/\",\"nth\":1,"
                                           "\"action\":\"truncate\",\"committed\":true}");
    (void)deliver_paid_order("SO005555");
    (void)deliver_shipment("SO005555", "000068");
    start_pool(fixture);
    await_text(SHIPMENT_STATE, "retrying");
    /* Not even a look before its time. */
    assert_int_equal(test_int64("SELECT (quiet_until > clock_timestamp())::int FROM amsync.work"),
                     1);
    await_text(SHIPMENT_STATE, "published");
    await_text(IDLE, "0");
    assert_in_magento(fixture, 1, 0);
}

static void
maintenance_is_waited_out(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation,
                     "{\"method\":\"POST\",\"count\":1,\"action\":\"maintenance\"}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text("SELECT string_agg(status || ' ' || coalesce(attempt, 0), ', ' ORDER BY id)"
               " FROM amsync.connector_log",
               "retrying 1, published 2");
    assert_in_magento(fixture, 0, 0);
}

static void
a_firewalls_refusal_is_waited_out(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation,
                     "{\"method\":\"POST\",\"count\":2,\"action\":\"status\",\"status\":403,"
                     "\"body\":\"<html>Forbidden</html>\"}");
    (void)deliver_paid_order("SO005555");
    (void)deliver_shipment("SO005555", "000068");
    start_pool(fixture);
    await_text(SHIPMENT_STATE, "published");
    await_text(ORDER_STATE, "published");
    await_text("SELECT count(*) FROM amsync.connector_log WHERE status = 'failed'", "0");
    assert_in_magento(fixture, 1, 0);
}

static void
an_answer_without_a_number_does_not_take_ours(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation,
                     "{\"method\":\"POST\",\"path\":\"/V1/orders\",\"action\":\"status\","
                     "\"status\":200,\"committed\":true,\"body\":{\"entity_id\":1}}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text("SELECT magento_increment_id FROM amsync.sales_order", "ACU-SO-SO005555");
    await_text("SELECT magento_nbr FROM amsync.connector_log WHERE action = 'create'",
               "ACU-SO-SO005555");
}

static void
a_shop_in_maintenance_uses_up_no_attempts(void **state)
{
    struct fixture *fixture = *state;
    struct pool_status status = {0};
    int64_t until_ms = clock_boottime_ms() + 20000;

    json_decref(simulation_control(&fixture->simulation, "settings", "{\"maintenance\":true}"));
    for (int i = 0; i < 9; i++) {
        char order_nbr[16];

        (void)snprintf(order_nbr, sizeof(order_nbr), "SO%06d", i);
        (void)deliver_paid_order(order_nbr);
    }
    start_pool(fixture);
    while (!status.magento_stopped && clock_boottime_ms() < until_ms) {
        (void)usleep(10000);
        pool_status(fixture->pool, &status);
    }
    assert_true(status.magento_stopped);
    json_decref(simulation_control(&fixture->simulation, "settings", "{\"maintenance\":false}"));
    await_text("SELECT count(*) FROM amsync.document WHERE state = 'published'", "9");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log"
                                " WHERE entity <> 'service' AND status <> 'published'"),
                     0);
}

static void
an_end_of_a_hold_that_is_refused_is_looked_at_again(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = test_open();

    simulation_fault(&fixture->simulation,
                     "{\"regex\":\"/unhold$\",\"action\":\"status\",\"status\":400,"
                     "\"message\":\"You cannot remove the hold.\"}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    json_decref(
        simulation_control(&fixture->simulation, "orders/1/by-hand", "{\"action\":\"hold\"}"));
    test_execute(database, "UPDATE amsync.sales_order SET held_by_amsync = true");
    database_close(&database);
    (void)deliver_shipment("SO005555", "000068");
    (void)deliver_paid_order("SO005555");
    pool_wake(fixture->pool);
    await_text("SELECT state || ': ' || reason FROM amsync.document WHERE kind = 'order'",
               "failed: Magento refused it: You cannot remove the hold.");
    await_text("SELECT (due_at > clock_timestamp() + interval '30 min')::text FROM amsync.work",
               "true");
    assert_in_magento(fixture, 0, 0);
}

static void
a_look_that_fails_is_repeated(void **state)
{
    struct fixture *fixture = *state;

    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    simulation_fault(&fixture->simulation,
                     "{\"method\":\"GET\",\"path\":\"/V1/orders\",\"count\":1,"
                     "\"action\":\"internal_error\"}");
    (void)deliver_shipment("SO005555", "000068");
    (void)deliver_paid_order("SO005555");
    pool_wake(fixture->pool);
    await_text(SHIPMENT_STATE, "published");
    await_text(IDLE, "0");
    assert_in_magento(fixture, 1, 0);
    await_text("SELECT count(*) FROM amsync.connector_log WHERE entity <> 'service' AND status = "
               "'retrying'"
               " AND message LIKE '%not be published yet: Magento answered 500%'",
               "1");
}

static void
another_order_with_the_number_is_not_taken_for_ours(void **state)
{
    struct fixture *fixture = *state;
    json_t *ledger;

    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    stop_pool(fixture);
    json_decref(simulation_control(&fixture->simulation, "orders/1/by-hand",
                                   "{\"action\":\"edit\",\"columns\":"
                                   "{\"ext_order_id\":\"somebody else\"}}"));
    (void)test_empty(state);
    *state = fixture;

    struct database *database = test_open();

    test_execute(database, "INSERT INTO amsync.payment_mapping (payment_method, code)"
                           " VALUES ('*', 'checkmo');"
                           "INSERT INTO amsync.shipping_mapping (ship_via, method)"
                           " VALUES ('*', 'flatrate_flatrate')");
    database_close(&database);
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "failed");
    await_text("SELECT reason FROM amsync.document",
               "Magento already has ACU-SO-SO005555 and it is not this order; set another "
               "increment_prefix, then amsync retry");
    await_text("SELECT count(*) FROM amsync.sales_order WHERE magento_entity_id IS NOT NULL", "0");
    (void)only_order(fixture, &ledger);
    json_decref(ledger);
}

static void
a_missing_right_stops_only_what_needs_it(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation, "{\"regex\":\"/ship$\",\"action\":\"unauthorized\","
                                           "\"resource\":\"Magento_Sales::ship\"}");
    (void)deliver_paid_order("SO005555");
    (void)deliver_shipment("SO005555", "000068");
    (void)deliver_invoice("SO005555", "INV000046");
    start_pool(fixture);
    await_text(INVOICE_STATE, "published");
    await_text("SELECT state || ': ' || reason || ' ' || attempts FROM amsync.document"
               " WHERE kind = 'shipment'",
               "retrying: Magento's integration lacks Magento_Sales::ship 0");
    assert_in_magento(fixture, 0, 1);
}

/* Where a shipment could not be made, its invoice waits, as it would for one that has not come. */
static void
an_invoice_does_not_pass_its_shipment(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation, "{\"regex\":\"/ship$\",\"action\":\"unauthorized\","
                                           "\"resource\":\"Magento_Sales::ship\"}");
    (void)deliver_paid_order("SO005555");
    (void)deliver_shipment("SO005555", "000068");
    (void)deliver(DOCUMENT_INVOICE, "SO005555", "INV000046", "{\"Released\":true}",
                  "{\"1\":{\"OrderLineNbr\":\"1\",\"InventoryID\":\"WIDGET-1\",\"Qty\":\"2\","
                  "\"ShipmentNbr\":\"000068\"}}");
    (void)deliver(DOCUMENT_INVOICE, "SO005555", "INV000047", "{\"Released\":true}",
                  "{\"1\":{\"OrderLineNbr\":\"2\",\"InventoryID\":\"WIDGET-2\",\"Qty\":\"1\"}}");
    start_pool(fixture);
    await_text(SHIPMENT_STATE, "retrying");
    await_text("SELECT string_agg(number || ' ' || state || ' ' || reason, ', ' ORDER BY number)"
               " FROM amsync.document WHERE kind = 'invoice'",
               "INV000046 waiting its shipment 000068 is not in Magento yet, INV000047 published ");
    assert_in_magento(fixture, 0, 1);
}

/* Whether the order in the ledger has a comment with these words. */
static bool
has_comment(const struct fixture *fixture, const char *words)
{
    json_t *ledger;
    const json_t *order = only_order(fixture, &ledger);
    char *text = json_dumps(order, JSON_COMPACT);
    bool found = strstr(text, words) != NULL;

    free(text);
    json_decref(ledger);
    return found;
}

/* What Magento took is not what the order is now: the difference is told. */
static void
a_change_since_the_create_whose_answer_was_lost_is_commented_on(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation, "{\"method\":\"POST\",\"path\":\"/V1/orders\",\"nth\":1,"
                                           "\"action\":\"drop\",\"committed\":true}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "retrying");
    (void)deliver_paid_order_with_freight("SO005555", "7.5", "47.5");
    pool_wake(fixture->pool);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    assert_true(has_comment(fixture, "order total 45.00 -> 47.50; freight 5.00 -> 7.50"));
}

/* Where it is not known either what was sent, Magento's total tells. */
static void
a_change_since_a_create_that_was_not_recorded_is_commented_on(void **state)
{
    struct fixture *fixture = *state;
    struct database *database;

    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    stop_pool(fixture);
    database = test_open();
    test_execute(database, "UPDATE amsync.sales_order SET magento_entity_id = NULL, sent = NULL;"
                           "DELETE FROM amsync.order_line");
    database_close(&database);
    (void)deliver_paid_order_with_freight("SO005555", "7.5", "47.5");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    assert_true(has_comment(fixture, "order total 45.00 -> 47.50"));
}

/* The hold is ours though its answer was lost, so that it is ours to lift. */
static void
a_hold_whose_answer_was_lost_is_lifted_again(void **state)
{
    struct fixture *fixture = *state;

    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    simulation_fault(&fixture->simulation, "{\"regex\":\"/hold$\",\"nth\":1,"
                                           "\"action\":\"drop\",\"committed\":true}");
    (void)deliver(DOCUMENT_ORDER, "SO005555", "SO005555", "{\"Status\":\"On Hold\",\"Hold\":true}",
                  "{}");
    pool_wake(fixture->pool);
    await_text(ORDER_STATE, "retrying");
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    await_state_in_magento(fixture, "holded");
    (void)deliver(DOCUMENT_ORDER, "SO005555", "SO005555", "{\"Status\":\"Open\",\"Hold\":false}",
                  "{}");
    pool_wake(fixture->pool);
    await_state_in_magento(fixture, "new");
}

static void
a_hold_that_was_lost_on_its_way_is_set_again(void **state)
{
    struct fixture *fixture = *state;

    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    simulation_fault(&fixture->simulation, "{\"regex\":\"/hold$\",\"nth\":1,\"action\":\"drop\"}");
    (void)deliver(DOCUMENT_ORDER, "SO005555", "SO005555", "{\"Status\":\"On Hold\",\"Hold\":true}",
                  "{}");
    pool_wake(fixture->pool);
    await_state_in_magento(fixture, "holded");
}

static void
a_wrong_token_stops_everything(void **state)
{
    struct fixture *fixture = *state;
    struct pool_status status = {0};
    int64_t until_ms = clock_boottime_ms() + 20000;

    simulation_fault(&fixture->simulation, "{\"action\":\"unauthorized\"}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    while (!status.magento_stopped && clock_boottime_ms() < until_ms)
        pool_status(fixture->pool, &status);
    assert_true(status.magento_stopped);
    assert_int_equal(simulation_requests(&fixture->simulation, "POST /V1/orders"), 0);
    assert_int_equal(test_int64("SELECT attempts FROM amsync.document"), 0);
}

#define SERVICE_LINES                                                                              \
    "SELECT string_agg(status, ', ' ORDER BY id) FROM amsync.connector_log"                        \
    " WHERE entity = 'service'"

/* The commonest cure of a stop is a restart, with another token. */
static void
a_stop_of_before_a_restart_is_told_to_be_over(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = test_open();

    test_execute(database,
                 "INSERT INTO amsync.connector_log (entity, action, status, message)"
                 " VALUES ('service', 'decide', 'retrying', 'Nothing goes to Magento for now')");
    database_close(&database);
    start_pool(fixture);
    await_text(SERVICE_LINES, "retrying, pending");
    stop_pool(fixture);
    start_pool(fixture);
    (void)deliver_paid_order("SO005555");
    await_text(ORDER_STATE, "published");
    await_text(SERVICE_LINES, "retrying, pending");
}

static void
a_stop_breaks_calls_off_and_gives_claims_back(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation,
                     "{\"method\":\"POST\",\"path\":\"/V1/orders\",\"action\":\"delay\","
                     "\"delay_ms\":900,\"committed\":true}");
    for (int i = 0; i < 9; i++) {
        char order_nbr[16];

        (void)snprintf(order_nbr, sizeof(order_nbr), "SO%06d", i);
        (void)deliver_paid_order(order_nbr);
    }
    start_pool(fixture);
    await_text("SELECT (count(*) > 0)::text FROM amsync.work WHERE claim IS NOT NULL", "true");
    stop_pool(fixture);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"), 0);

    json_decref(simulation_control(&fixture->simulation, "settings", "{}"));
    start_pool(fixture);
    await_text(IDLE, "0");

    json_t *ledger = simulation_control(&fixture->simulation, "ledger", NULL);

    assert_int_equal(json_array_size(json_object_get(ledger, "orders")), 9);
    json_decref(ledger);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_paid_order_is_created, pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(an_order_its_shipment_and_its_invoice_follow_each_other,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(requests_can_be_signed, pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_lost_or_doubled_however_calls_fail, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_create_with_a_drawn_number_is_looked_for_before_the_next,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(numbers_of_another_shop_are_not_used, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_create_whose_answer_was_lost_is_adopted, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_shipment_whose_answer_was_lost_is_not_made_twice,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(maintenance_is_waited_out, pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_firewalls_refusal_is_waited_out, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(an_answer_without_a_number_does_not_take_ours, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_shop_in_maintenance_uses_up_no_attempts, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(an_end_of_a_hold_that_is_refused_is_looked_at_again,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_look_that_fails_is_repeated, pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(another_order_with_the_number_is_not_taken_for_ours,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_missing_right_stops_only_what_needs_it, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(an_invoice_does_not_pass_its_shipment, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(
            a_change_since_the_create_whose_answer_was_lost_is_commented_on, pool_set_up,
            pool_tear_down),
        cmocka_unit_test_setup_teardown(
            a_change_since_a_create_that_was_not_recorded_is_commented_on, pool_set_up,
            pool_tear_down),
        cmocka_unit_test_setup_teardown(a_hold_whose_answer_was_lost_is_lifted_again, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_hold_that_was_lost_on_its_way_is_set_again, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_token_stops_everything, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_stop_of_before_a_restart_is_told_to_be_over, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_stop_breaks_calls_off_and_gives_claims_back, pool_set_up,
                                        pool_tear_down),
    };
    struct error err;

    if (magento_global_init(&err) != RESULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
