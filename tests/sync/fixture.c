#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "../store/support.h"
#include "base/clock.h"

void
start_pool(struct fixture *fixture)
{
    struct error err;

    magento_metrics_init(&fixture->metrics.magento);
    assert_ok(pool_start(&fixture->settings, &fixture->metrics, &fixture->pool, &err), err);
}

void
stop_pool(struct fixture *fixture)
{
    pool_stop(&fixture->pool, clock_boottime_ms() + 20000);
}

int
pool_set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct database *database;

    assert_non_null(fixture);
    (void)test_empty(state);
    database = test_open();
    test_execute(database, "INSERT INTO amsync.payment_mapping (payment_method, code)"
                           " VALUES ('*', 'checkmo');"
                           "INSERT INTO amsync.shipping_mapping (ship_via, method, carrier)"
                           " VALUES ('*', 'flatrate_flatrate', 'ups');"
                           "INSERT INTO amsync.preference (key, value)"
                           " VALUES ('orders_from', '2020-01-01')");
    database_close(&database);
    fixture->simulation = simulation_start();
    fixture->settings = settings_of(&fixture->simulation, MAGENTO_AUTH_BEARER);
    *state = fixture;
    return 0;
}

int
pool_tear_down(void **state)
{
    struct fixture *fixture = *state;

    pool_stop(&fixture->pool, clock_boottime_ms() + 20000);
    simulation_stop(&fixture->simulation);
    settings_finish(&fixture->settings);
    free(fixture);
    return 0;
}

json_t *
only_order(const struct fixture *fixture, json_t **ret_ledger)
{
    *ret_ledger = simulation_control(&fixture->simulation, "ledger", NULL);

    json_t *orders = json_object_get(*ret_ledger, "orders");

    assert_int_equal(json_array_size(orders), 1);
    return json_array_get(orders, 0);
}

void
assert_in_magento(const struct fixture *fixture, size_t shipments, size_t invoices)
{
    json_t *ledger;
    const json_t *order = only_order(fixture, &ledger);

    assert_int_equal(json_array_size(json_object_get(order, "shipments")), shipments);
    assert_int_equal(json_array_size(json_object_get(order, "invoices")), invoices);
    json_decref(ledger);
}

void
await_state_in_magento(const struct fixture *fixture, const char *expected)
{
    int64_t until_ms = clock_boottime_ms() + AWAIT_MAX_MS;
    bool equal = false;

    while (!equal) {
        json_t *ledger;
        const json_t *order = only_order(fixture, &ledger);
        const char *state = json_string_value(json_object_get(order, "state"));

        equal = strcmp(state, expected) == 0;
        if (!equal && clock_boottime_ms() > until_ms)
            fail_msg("the order is still %s instead of %s in Magento", state, expected);
        json_decref(ledger);
        if (!equal)
            await_pause();
    }
}
