/*
 * What the order itself asks for (a hold, a cancel, a comment) comes after its shipments and invoices,
 * and is done however those end.
 */
#include <stdlib.h>
#include <string.h>

#include "../store/support.h"
#include "fixture.h"
#include "magento/client.h"
#include "store/order_sync.h"

#define ON_HOLD "{\"Status\":\"On Hold\",\"Hold\":true}"
#define OPEN "{\"Status\":\"Open\",\"Hold\":false}"
#define CANCELED "{\"Status\":\"Canceled\",\"Hold\":false,\"Cancelled\":true}"
#define SHIP_WITHOUT_RIGHT                                                                         \
    "{\"regex\":\"/ship$\",\"action\":\"unauthorized\",\"resource\":\"Magento_Sales::ship\"}"
#define SHIP_REFUSED                                                                               \
    "{\"regex\":\"/ship$\",\"action\":\"status\",\"status\":400,\"message\":\"No such source\"}"
#define CREATE_NOT_NOW                                                                             \
    "{\"method\":\"POST\",\"path\":\"/V1/orders\",\"count\":1,\"action\":\"too_many\","            \
    "\"retry_after\":60}"
#define NOTHING_IN_WORK "SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"

/* The order as it was, but for these fields, as a later notification would bring it. */
static void
change_order(struct fixture *fixture, const char *header)
{
    (void)deliver(DOCUMENT_ORDER, "SO005555", "SO005555", header, "{}");
    pool_wake(fixture->pool);
}

/* The time until the order is looked at again passes. */
static void
pass_time(struct fixture *fixture)
{
    struct database *database = test_open();

    test_execute(database, "UPDATE amsync.work SET due_at = clock_timestamp(),"
                           " turn_at = clock_timestamp()");
    database_close(&database);
    pool_wake(fixture->pool);
}

static void
publish(struct fixture *fixture)
{
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
}

static void
publish_and_hold(struct fixture *fixture)
{
    publish(fixture);
    change_order(fixture, ON_HOLD);
    await_state_in_magento(fixture, "holded");
    await_text(IDLE, "0");
}

/* Of line 1, 2 pieces or fewer, naming the shipment or none ("{}"). */
static void
deliver_invoice_of(const char *number, const char *qty, const char *shipment_nbr)
{
    char rows[256];

    (void)snprintf(rows, sizeof(rows),
                   "{\"1\":{\"OrderLineNbr\":\"1\",\"InventoryID\":\"WIDGET-1\",\"Qty\":\"%s\","
                   "\"ShipmentNbr\":\"%s\"}}",
                   qty, shipment_nbr);
    (void)deliver(DOCUMENT_INVOICE, "SO005555", number, "{\"Released\":true}", rows);
}

static int64_t
canceled_pieces(const struct fixture *fixture)
{
    json_t *ledger;
    const json_t *items = json_object_get(only_order(fixture, &ledger), "items");
    const json_t *item;
    size_t index;
    double sum = 0;

    json_array_foreach(items, index, item) sum +=
        json_number_value(json_object_get(item, "qty_canceled"));
    json_decref(ledger);
    return (int64_t)sum;
}

static void
a_cancel_outlives_a_failed_look_after_the_end_of_the_hold(void **state)
{
    struct fixture *fixture = *state;

    publish_and_hold(fixture);
    simulation_fault(&fixture->simulation, "{\"method\":\"GET\",\"path\":\"/V1/orders\",\"nth\":2,"
                                           "\"action\":\"internal_error\"}");
    change_order(fixture, CANCELED);
    await_state_in_magento(fixture, "new");
    await_text(NOTHING_IN_WORK, "0");
    await_text(ORDER_STATE, "pending");
    await_text("SELECT (due_at < clock_timestamp() + interval '61 s')::text FROM amsync.work",
               "true");
    pass_time(fixture);
    await_state_in_magento(fixture, "canceled");
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
}

static void
a_hold_is_set_again_after_a_shipment_and_a_failed_look(void **state)
{
    struct fixture *fixture = *state;

    publish_and_hold(fixture);
    /* One look announces that the hold is lifted, one precedes that, the third follows. */
    simulation_fault(&fixture->simulation, "{\"method\":\"GET\",\"path\":\"/V1/orders\",\"nth\":3,"
                                           "\"action\":\"internal_error\"}");
    (void)deliver_shipment("SO005555", "000068");
    pool_wake(fixture->pool);
    await_text("SELECT (magento_entity_id IS NOT NULL)::text FROM amsync.document"
               " WHERE kind = 'shipment'",
               "true");
    await_text(ORDER_STATE, "pending");
    pass_time(fixture);
    await_state_in_magento(fixture, "holded");
    await_text(SHIPMENT_STATE, "published");
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
}

static void
a_cancel_comes_after_an_invoice_that_took_two_attempts(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture);
    simulation_fault(&fixture->simulation,
                     "{\"regex\":\"/invoice$\",\"count\":1,\"action\":\"too_many\"}");
    deliver_invoice_of("INV000046", "1", "");
    change_order(fixture, CANCELED);
    await_text(INVOICE_STATE, "published");
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    await_text("SELECT string_agg(status, ', ' ORDER BY id) FROM amsync.connector_log"
               " WHERE entity = 'invoice'",
               "retrying, published");
    assert_int_equal(canceled_pieces(fixture), 2);
}

static void
a_hold_follows_a_shipment_that_could_not_be_made(struct fixture *fixture, const char *fault,
                                                 const char *shipment_state)
{
    publish(fixture);
    simulation_fault(&fixture->simulation, fault);
    (void)deliver_shipment("SO005555", "000068");
    change_order(fixture, ON_HOLD);
    await_state_in_magento(fixture, "holded");
    await_text(ORDER_STATE, "published");
    await_text(SHIPMENT_STATE, shipment_state);
}

static void
a_hold_follows_a_shipment_that_is_refused(void **state)
{
    a_hold_follows_a_shipment_that_could_not_be_made(*state, SHIP_REFUSED, "failed");
}

static void
a_missing_right_to_ship_does_not_stop_a_hold(void **state)
{
    a_hold_follows_a_shipment_that_could_not_be_made(*state, SHIP_WITHOUT_RIGHT, "retrying");
}

static void
a_missing_right_to_ship_does_not_stop_a_comment(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture);
    simulation_fault(&fixture->simulation, SHIP_WITHOUT_RIGHT);
    (void)deliver_shipment("SO005555", "000068");
    change_order(fixture, "{\"ShipToCity\":\"Hoboken\"}");
    await_requests(&fixture->simulation, "POST /V1/orders/:id/comments", 1);
    await_text(ORDER_STATE, "published");
}

/* And what waits for the shipment says so once. */
static void
a_hold_lifted_for_a_shipment_that_is_refused_is_set_again(void **state)
{
    struct fixture *fixture = *state;

    publish_and_hold(fixture);
    simulation_fault(&fixture->simulation, SHIP_REFUSED);
    (void)deliver_shipment("SO005555", "000068");
    deliver_invoice_of("INV000046", "2", "000068");
    pool_wake(fixture->pool);
    await_text(SHIPMENT_STATE, "failed");
    await_state_in_magento(fixture, "holded");
    await_text(ORDER_STATE, "published");
    await_text(INVOICE_STATE, "waiting");
    await_text("SELECT count(*) FROM amsync.connector_log WHERE entity = 'invoice'"
               " AND message LIKE '%its shipment 000068 is not in Magento yet%'",
               "1");
}

/* Magento's order says less than it has, once it was shipped and invoiced. */
static void
what_was_made_is_not_judged_by_how_the_order_stood_before(void **state)
{
    struct fixture *fixture = *state;

    publish_and_hold(fixture);
    (void)deliver_shipment("SO005555", "000068");
    deliver_invoice_of("INV000046", "2", "000068");
    change_order(fixture, OPEN);
    await_text(INVOICE_STATE, "published");
    await_text(SHIPMENT_STATE, "published");
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    await_text("SELECT count(*) FROM amsync.connector_log WHERE status = 'waiting'", "0");
}

/* Magento would make an invoice of what is left, whatever it is asked for. */
static void
more_than_was_left_is_not_invoiced_after_another_invoice(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture);
    stop_pool(fixture);
    deliver_invoice_of("INV000046", "2", "");
    deliver_invoice_of("INV000047", "1", "");
    start_pool(fixture);
    await_text(
        "SELECT string_agg(state || ' ' || reason, ', ' ORDER BY number)"
        " FROM amsync.document WHERE kind = 'invoice'",
        "published , waiting it bills 1 of WIDGET-1, but Magento has only 0 left to invoice");
    assert_int_equal(simulation_requests(&fixture->simulation, "POST /V1/order/:id/invoice"), 1);
}

/* amsync retry NBR: who asks for it now knows more than Magento did when it answered. */
static void
ask_by_hand(struct fixture *fixture)
{
    struct database *database = test_open();
    int64_t sales_order_id = test_int64("SELECT id FROM amsync.sales_order");
    struct error err;

    assert_ok(order_sync_now(database, sales_order_id, false, &err), err);
    database_close(&database);
    pool_wake(fixture->pool);
}

static void
news_do_not_shorten_a_wait_that_magento_asked_for(void **state)
{
    struct fixture *fixture = *state;

    simulation_fault(&fixture->simulation, CREATE_NOT_NOW);
    (void)deliver_paid_order("SO005555");
    start_pool(fixture);
    await_text(ORDER_STATE, "retrying");
    (void)deliver_paid_order("SO005555");
    pool_wake(fixture->pool);
    await_text("SELECT (due_at > clock_timestamp() + interval '30 s')::text FROM amsync.work"
               " WHERE revision > 1",
               "true");
    assert_int_equal(simulation_requests(&fixture->simulation, "POST /V1/orders"), 1);
    ask_by_hand(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
}

/* A hold that is known not to be set is not ours, should a person set one. */
static void
a_hold_that_was_not_set_is_not_ours(void **state)
{
    struct fixture *fixture = *state;

    publish(fixture);
    simulation_fault(&fixture->simulation, "{\"regex\":\"/hold$\",\"action\":\"too_many\","
                                           "\"retry_after\":60}");
    change_order(fixture, ON_HOLD);
    await_text(ORDER_STATE, "retrying");
    await_text("SELECT held_by_amsync::text FROM amsync.sales_order", "false");
    json_decref(
        simulation_control(&fixture->simulation, "orders/1/by-hand", "{\"action\":\"hold\"}"));
    change_order(fixture, OPEN);
    pass_time(fixture);
    await_text(ORDER_STATE, "published");
    await_text(IDLE, "0");
    await_state_in_magento(fixture, "holded");
}

/* Two orders wait for each worker; the second may have waited too long before it is begun. */
static void
an_order_that_waited_too_long_for_its_turn_is_claimed_anew(void **state)
{
    struct fixture *fixture = *state;
    enum { ORDERS = 12 };

    for (int i = 0; i < ORDERS; i++) {
        char nbr[16];

        (void)snprintf(nbr, sizeof(nbr), "SO%06d", i);
        (void)deliver_paid_order(nbr);
    }
    start_pool(fixture);
    await_text("SELECT count(*) FROM amsync.document WHERE state = 'published'", "12");
    await_text(IDLE, "0");
    stop_pool(fixture);
    /* Slow calls, but far from their limit: one that takes longer would put its order off, too. */
    fixture->settings.magento_timeout_ms = 2000;
    json_decref(simulation_control(&fixture->simulation, "settings", "{\"delay_ms\":900}"));
    for (int i = 0; i < ORDERS; i++) {
        char nbr[16];

        (void)snprintf(nbr, sizeof(nbr), "SO%06d", i);
        (void)deliver_shipment(nbr, nbr + 2);
        (void)deliver_invoice(nbr, nbr + 1);
    }
    start_pool(fixture);
    await_text_for("SELECT count(*) FROM amsync.document WHERE state = 'published'", "36", 60000);
    await_text("SELECT count(*) FROM amsync.connector_log WHERE entity <> 'service'"
               " AND status <> 'published'",
               "0");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cancel_outlives_a_failed_look_after_the_end_of_the_hold,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_hold_is_set_again_after_a_shipment_and_a_failed_look,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_cancel_comes_after_an_invoice_that_took_two_attempts,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_hold_follows_a_shipment_that_is_refused, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_missing_right_to_ship_does_not_stop_a_hold, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_missing_right_to_ship_does_not_stop_a_comment,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_hold_lifted_for_a_shipment_that_is_refused_is_set_again,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(what_was_made_is_not_judged_by_how_the_order_stood_before,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(more_than_was_left_is_not_invoiced_after_another_invoice,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(news_do_not_shorten_a_wait_that_magento_asked_for,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_hold_that_was_not_set_is_not_ours, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(an_order_that_waited_too_long_for_its_turn_is_claimed_anew,
                                        pool_set_up, pool_tear_down),
    };
    struct error err;

    if (magento_global_init(&err) != RESULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
