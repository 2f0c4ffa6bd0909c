#include "support.h"

#include <string.h>

#include "base/json.h"
#include "store/standing.h"

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

static void
what_is_not_in_magento_is_counted_by_reason(void **state)
{
    json_t *standing = NULL;
    struct error err;

    test_save_orders(*state, "SO", 9, "C1");
    test_execute(*state, "UPDATE amsync.document SET state = 'waiting', reason = 'on hold'"
                         " WHERE number IN ('SO1', 'SO2', 'SO3');"
                         "UPDATE amsync.document SET state = 'waiting', reason = 'no e-mail'"
                         " WHERE number = 'SO4';"
                         "UPDATE amsync.document SET state = 'retrying', reason = 'late',"
                         " attempts = 11 WHERE number = 'SO5';"
                         "UPDATE amsync.document SET state = 'retrying', reason = 'very late',"
                         " attempts = 12 WHERE number = 'SO6'");
    test_execute(*state, "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
                         " SELECT id, 'shipment', '', '000070' FROM amsync.sales_order"
                         " WHERE order_nbr = 'SO7';"
                         "UPDATE amsync.document SET state = 'failed', reason = 'refused'"
                         " WHERE kind = 'shipment'");
    assert_ok(documents_standing(*state, 12, &standing, &err), err);

    char *text = json_dumps(standing, JSON_COMPACT);

    assert_string_equal(
        text,
        "{\"failed\":{\"documents\":1,\"reasons\":[{\"reason\":\"refused\",\"documents\":1,"
        "\"order_nbr\":\"SO7\",\"kind\":\"shipment\",\"number\":\"000070\"}]},"
        "\"retrying\":{\"documents\":1,\"reasons\":[{\"reason\":\"very late\",\"documents\":1,"
        "\"order_nbr\":\"SO6\",\"kind\":\"order\",\"number\":\"SO6\"}]},"
        "\"waiting\":{\"documents\":4,\"reasons\":[{\"reason\":\"on hold\",\"documents\":3,"
        "\"order_nbr\":\"SO1\",\"kind\":\"order\",\"number\":\"SO1\"},"
        "{\"reason\":\"no e-mail\",\"documents\":1,"
        "\"order_nbr\":\"SO4\",\"kind\":\"order\",\"number\":\"SO4\"}]}}");
    free(text);
    json_decref(standing);
}

static void
only_the_most_frequent_reasons_are_named(void **state)
{
    json_t *standing = NULL;
    struct error err;

    test_save_orders(*state, "SO", 9, "C1");
    test_execute(*state, "UPDATE amsync.document SET state = 'failed', reason = number");
    assert_ok(documents_standing(*state, 12, &standing, &err), err);

    const json_t *failed = json_object_get(standing, "failed");

    assert_int_equal(json_integer_value(json_object_get(failed, "documents")), 9);
    assert_int_equal(json_array_size(json_object_get(failed, "reasons")), STANDING_REASONS_MAX);
    json_decref(standing);
}

/* What failed or is stuck must show, however much waits. */
static void
each_state_is_counted_by_itself(void **state)
{
    json_t *standing = NULL;
    struct error err;

    test_execute(*state, "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
                         " SELECT 'Company', 'SO', 'SO' || n FROM generate_series(1, 10010) AS n;"
                         "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
                         " SELECT id, 'order', 'SO', order_nbr FROM amsync.sales_order;"
                         "UPDATE amsync.document SET state = 'waiting', reason = 'on hold'"
                         " WHERE number NOT IN ('SO10009', 'SO10010');"
                         "UPDATE amsync.document SET state = 'failed', reason = 'refused'"
                         " WHERE number = 'SO10009';"
                         "UPDATE amsync.document SET state = 'retrying', reason = 'late',"
                         " attempts = 12 WHERE number = 'SO10010';"
                         "ANALYZE amsync.attention");
    assert_ok(documents_standing(*state, 12, &standing, &err), err);

    static const struct {
        const char *state;
        json_int_t documents;
    } EXPECTED[] = {{"waiting", STANDING_DOCUMENTS_MAX}, {"failed", 1}, {"retrying", 1}};

    for (size_t i = 0; i < sizeof(EXPECTED) / sizeof(EXPECTED[0]); i++) {
        const json_t *found = json_object_get(standing, EXPECTED[i].state);

        assert_int_equal(json_integer_value(json_object_get(found, "documents")),
                         EXPECTED[i].documents);
    }
    json_decref(standing);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_in_magento_is_counted_by_reason),
        TEST(only_the_most_frequent_reasons_are_named),
        TEST(each_state_is_counted_by_itself),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
