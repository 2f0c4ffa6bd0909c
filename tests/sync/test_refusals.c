#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "../store/support.h"
#include "base/clock.h"
#include "magento/client.h"

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
a_shop_in_maintenance_uses_up_no_attempts(void **state)
{
    struct fixture *fixture = *state;
    struct pool_status status = {0};
    int64_t until_ms = clock_boottime_ms() + AWAIT_MAX_MS;

    json_decref(simulation_control(&fixture->simulation, "settings", "{\"maintenance\":true}"));
    for (int i = 0; i < 9; i++) {
        char order_nbr[16];

        (void)snprintf(order_nbr, sizeof(order_nbr), "SO%06d", i);
        (void)deliver_paid_order(order_nbr);
    }
    start_pool(fixture);
    while (!status.magento_stopped && clock_boottime_ms() < until_ms) {
        await_pause();
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

static void
a_wrong_token_stops_everything(void **state)
{
    struct fixture *fixture = *state;
    struct pool_status status = {0};
    int64_t until_ms = clock_boottime_ms() + AWAIT_MAX_MS;

    simulation_fault(&fixture->simulation, "{\"action\":\"unauthorized\"}");
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    while (!status.magento_stopped && clock_boottime_ms() < until_ms) {
        await_pause();
        pool_status(fixture->pool, &status);
    }
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(maintenance_is_waited_out, pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_firewalls_refusal_is_waited_out, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_shop_in_maintenance_uses_up_no_attempts, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(an_end_of_a_hold_that_is_refused_is_looked_at_again,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_look_that_fails_is_repeated, pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_missing_right_stops_only_what_needs_it, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(an_invoice_does_not_pass_its_shipment, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_token_stops_everything, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_stop_of_before_a_restart_is_told_to_be_over, pool_set_up,
                                        pool_tear_down),
    };
    struct error err;

    if (magento_global_init(&err) != RESULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
