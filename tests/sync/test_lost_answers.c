#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/support.h"
#include "base/clock.h"
#include "magento/client.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_create_with_a_drawn_number_is_looked_for_before_the_next,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(a_create_whose_answer_was_lost_is_adopted, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(a_shipment_whose_answer_was_lost_is_not_made_twice,
                                        pool_set_up, pool_tear_down),
        cmocka_unit_test_setup_teardown(an_answer_without_a_number_does_not_take_ours, pool_set_up,
                                        pool_tear_down),
        cmocka_unit_test_setup_teardown(another_order_with_the_number_is_not_taken_for_ours,
                                        pool_set_up, pool_tear_down),
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
    };
    struct error err;

    if (magento_global_init(&err) != RESULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
