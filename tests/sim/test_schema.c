#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sim/schema.h"

static struct schema *schema;

static int
load(void **state)
{
    (void)state;
    struct error err;
    return schema_load(MAGENTO_SCHEMA_FILE, &schema, &err) == RESULT_OK ? 0 : -1;
}

static int
unload(void **state)
{
    (void)state;
    schema_free(schema);
    return 0;
}

/* The result of checking a JSON text, with the message in `err`. */
static enum result
check_text(const char *definition, const char *text, struct error *err)
{
    json_error_t at;
    json_auto_t *value = json_loads(text, JSON_DECODE_ANY, &at);
    assert_non_null(value);
    return schema_check(schema, definition, value, err);
}

static void
a_value_of_the_schema_fits(void **state)
{
    (void)state;
    static const char *const orders[] = {
        "{}",
        "{\"grand_total\": 45.5, \"store_id\": 1, \"increment_id\": \"A\"}",
        "{\"grand_total\": 45, \"customer_email\": null}",
        "{\"items\": [{\"sku\": \"A\", \"qty_ordered\": 2}, {}]}",
        "{\"billing_address\": {\"street\": [\"1 Main St\"], \"region_id\": 57}}",
        ("{\"extension_attributes\": {\"shipping_assignments\": [{\"shipping\": {\"method\": "
         "\"flatrate_flatrate\", \"address\": {\"city\": \"Austin\"}}}]}}"),
    };
    struct error err;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        assert_int_equal(check_text("sales-data-order-interface", orders[i], &err), RESULT_OK);
}

static void
a_misfit_is_named_by_its_path(void **state)
{
    (void)state;
    static const struct {
        const char *order;
        const char *problem;
    } cases[] = {
        {"[]", ": an array, expected object"},
        {"{\"no_such\": 1}", "no_such: no such property"},
        {"{\"grand_total\": \"45\"}", "grand_total: a string, expected float"},
        {"{\"store_id\": 1.5}", "store_id: a number with decimals, expected int"},
        {"{\"state\": 1}", "state: an integer, expected string"},
        {"{\"items\": {}}", "items: an object, expected array"},
        {"{\"items\": [{}, {\"qty\": 1}]}", "items[1].qty: no such property"},
        {"{\"items\": [{\"qty_ordered\": true}]}",
         "items[0].qty_ordered: a boolean, expected float"},
        {"{\"billing_address\": {\"street\": \"1 Main St\"}}",
         "billing_address.street: a string, expected array"},
        {"{\"billing_address\": {\"street\": [1]}}",
         "billing_address.street[0]: an integer, expected string"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err;
        assert_int_equal(check_text("sales-data-order-interface", cases[i].order, &err),
                         RESULT_REJECTED);
        assert_string_equal(err.text, cases[i].problem);
    }
}

static void
each_call_has_its_own_body(void **state)
{
    (void)state;
    json_error_t at;
    json_auto_t *ship = json_loads("{\"items\": [{\"order_item_id\": 1, \"qty\": 2}], \"notify\": "
                                   "false, \"comment\": {\"comment\": \"x\", "
                                   "\"is_visible_on_front\": 0}, \"tracks\": [{\"track_number\": "
                                   "\"1\", \"title\": \"t\", \"carrier_code\": \"ups\"}], "
                                   "\"arguments\": {\"extension_attributes\": {\"source_code\": "
                                   "\"default\"}}}",
                                   0, &at);
    struct error err;
    const struct schema_node *ship_body = schema_body(schema, "POST", "/V1/order/{orderId}/ship");
    const struct schema_node *order_body = schema_body(schema, "POST", "/V1/orders");
    assert_non_null(ship_body);
    assert_non_null(order_body);
    assert_int_equal(schema_check_node(schema, ship_body, ship, &err), RESULT_OK);
    assert_int_equal(schema_check_node(schema, order_body, ship, &err), RESULT_REJECTED);
    assert_null(schema_body(schema, "POST", "/V1/orders/{id}/hold"));
    assert_null(schema_body(schema, "GET", "/V1/orders"));
}

static void
a_file_that_is_no_schema_is_refused(void **state)
{
    (void)state;
    struct schema *untouched = NULL;
    struct error err;
    assert_int_equal(schema_load("/nonexistent", &untouched, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "/nonexistent"));
    assert_int_equal(schema_load(MAGENTO_DIRECTORY_FILE, &untouched, &err), RESULT_REJECTED);
    assert_null(untouched);
    assert_int_equal(check_text("no-such-definition", "{}", &err), RESULT_FAILED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_the_schema_fits),
        cmocka_unit_test(a_misfit_is_named_by_its_path),
        cmocka_unit_test(each_call_has_its_own_body),
        cmocka_unit_test(a_file_that_is_no_schema_is_refused),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
