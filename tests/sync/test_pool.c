#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/support.h"
#include "base/clock.h"
#include "magento/client.h"

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
                       "{\"probability\":0.04,\"seed\":%zu,\"count\":4,\"action\":%s}", i + 1,
                       actions[i]);
        simulation_fault(simulation, rule);
    }
}

static void
nothing_is_lost_or_doubled_however_calls_fail(void **state)
{
    struct fixture *fixture = *state;
    enum { ORDERS = 24 };

    break_everything(&fixture->simulation);
    for (int i = 0; i < ORDERS; i++) {
        char nbr[16];

        (void)snprintf(nbr, sizeof(nbr), "SO%06d", i);
        (void)deliver_paid_order(nbr);
        (void)deliver_shipment(nbr, nbr + 2);
        (void)deliver_invoice(nbr, nbr + 1);
    }
    start_pool(fixture);
    await_text_for("SELECT count(*) FROM amsync.document WHERE state = 'published'", "72", 120000);

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
        cmocka_unit_test_setup_teardown(numbers_of_another_shop_are_not_used, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_stop_breaks_calls_off_and_gives_claims_back, pool_set_up,
                                        pool_tear_down),
    };
    struct error err;

    if (magento_global_init(&err) != RESULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
