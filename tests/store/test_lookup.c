#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "store/documents.h"
#include "store/held_orders.h"
#include "store/lookup.h"
#include "store/order_sync.h"
#include "store/rules_list.h"

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
make_orders(struct database *database)
{
    test_execute(database,
                 "INSERT INTO amsync.sales_order (company, order_type, order_nbr, state,"
                 " magento_increment_id, ship_via, payment_method, customer_id) VALUES"
                 " ('A', 'SO', '000068', 'skipped', 'ACU-SO-000068', 'UPS', 'CHECK', 'C1'),"
                 " ('A', 'SA', '000068', 'skipped', NULL, 'ups', 'CHECK', 'C2'),"
                 " ('B', 'SO', '000068', 'published', NULL, 'FEDEX', NULL, 'C1'),"
                 " ('A', 'SO', 'SO9', 'waiting', NULL, NULL, NULL, NULL);"
                 "INSERT INTO amsync.document (sales_order_id, kind, type, number, warehouses)"
                 " SELECT id, 'shipment', '', '000068', '{MAIN,RETAIL}' FROM amsync.sales_order"
                 " WHERE order_nbr = 'SO9';"
                 "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
                 " SELECT id, 'invoice', 'Invoice', 'INV1' FROM amsync.sales_order"
                 " WHERE order_nbr = 'SO9'");
}

/* The numbers of what is found, one after the other. */
static void
assert_found(struct database *database, const char *company, const char *order_type,
             const char *number, const char *expected)
{
    struct found_order *orders = NULL;
    size_t count = 0;
    char found[200] = "";
    struct error err;
    enum result result = orders_find(database, company, order_type, number, &orders, &count, &err);

    assert_int_equal(result, expected[0] == '\0' ? RESULT_NONE : RESULT_OK);
    for (size_t i = 0; i < count; i++) {
        const char *const parts[] = {orders[i].company, orders[i].order_type, orders[i].order_nbr,
                                     " "};
        for (size_t part = 0; part < 4; part++) {
            size_t length = strlen(found);
            assert_true(length + strlen(parts[part]) < sizeof(found));
            memcpy(found + length, parts[part], strlen(parts[part]) + 1);
        }
    }
    assert_string_equal(found, expected);
    found_orders_free(&orders, count);
}

static void
an_order_is_found_by_any_of_its_numbers(void **state)
{
    make_orders(*state);
    assert_found(*state, NULL, NULL, "000068", "ASO000068 ASA000068 BSO000068 ASOSO9 ");
    assert_found(*state, "A", "SO", "000068", "ASO000068 ASOSO9 ");
    assert_found(*state, "A", "SA", "000068", "ASA000068 ");
    assert_found(*state, NULL, NULL, "ACU-SO-000068", "ASO000068 ");
    assert_found(*state, NULL, NULL, "INV1", "ASOSO9 ");
    assert_found(*state, NULL, NULL, "INV2", "");
    assert_found(*state, "C", NULL, "000068", "");
}

static void
magentos_number_of_a_shipment_or_an_invoice_is_looked_for_last(void **state)
{
    make_orders(*state);
    test_execute(*state, "UPDATE amsync.document SET magento_increment_id = '000000012'"
                         " WHERE number = 'INV1'");
    assert_found(*state, NULL, NULL, "000000012", "ASOSO9 ");
    assert_found(*state, "B", NULL, "000000012", "");
    test_execute(*state, "UPDATE amsync.sales_order SET magento_increment_id = '000000012'"
                         " WHERE order_type = 'SA'");
    assert_found(*state, NULL, NULL, "000000012", "ASA000068 ");
}

static void
make_many_orders(struct database *database)
{
    test_execute(database, "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
                           " SELECT 'A', 'SO', 'SO' || n FROM generate_series(1, 5000) AS n;"
                           "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
                           " SELECT id, 'shipment', '', order_nbr FROM amsync.sales_order;"
                           "ANALYZE amsync.sales_order, amsync.document");
}

static void
an_unknown_number_is_looked_for_without_reading_all(void **state)
{
    struct error err;

    make_many_orders(*state);
    assert_ok(database_begin(*state, &err), err);

    int64_t before = test_rows_read(*state, "document");

    assert_found(*state, NULL, NULL, "000000012", "");
    assert_in_range(test_rows_read(*state, "document") - before, 0, 100);
    database_rollback(*state);
}

/* As if the statements that ask for `column` of the table took longer than their time-out. */
static void
make_column_time_out(struct database *database)
{
    test_execute(database, "CREATE FUNCTION amsync.time_out() RETURNS text LANGUAGE plpgsql AS"
                           " $$BEGIN RAISE 'too long' USING ERRCODE = '57014'; END$$;"
                           "ALTER TABLE amsync.document RENAME TO document_behind;"
                           "CREATE VIEW amsync.document AS SELECT sales_order_id, kind, number,"
                           " CASE WHEN id > 0 THEN amsync.time_out() END AS magento_increment_id"
                           " FROM amsync.document_behind");
}

static void
undo_time_out(struct database *database)
{
    test_execute(database, "DROP VIEW amsync.document;"
                           "ALTER TABLE amsync.document_behind RENAME TO document;"
                           "DROP FUNCTION amsync.time_out()");
}

static void
a_number_that_takes_too_long_is_not_found(void **state)
{
    struct found_order *orders = NULL;
    size_t count = 0;
    struct error err;

    make_orders(*state);
    make_column_time_out(*state);

    enum result unknown = orders_find(*state, NULL, NULL, "12", &orders, &count, &err);
    enum result known = orders_find(*state, NULL, NULL, "SO9", &orders, &count, &err);

    undo_time_out(*state);
    found_orders_free(&orders, count);
    assert_int_equal(unknown, RESULT_NONE);
    assert_int_equal(known, RESULT_OK);
}

static void
asking_for_an_order_makes_it_due_and_force_is_remembered(void **state)
{
    struct next_look look;
    struct error err;
    int64_t id = test_save_order(*state, "SO1", "C1");

    test_execute(*state, "UPDATE amsync.work SET due_at = now() + interval '1 hour'");
    assert_ok(next_look_read(*state, id, &look, &err), err);
    assert_in_range(look.in_ms, 3500000, 3600000);
    assert_false(look.working);
    assert_ok(order_sync_now(*state, id, false, &err), err);
    assert_ok(next_look_read(*state, id, &look, &err), err);
    assert_true(look.in_ms == 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order WHERE forced"), 0);
    assert_ok(order_sync_now(*state, id, true, &err), err);
    assert_ok(order_sync_now(*state, id, false, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order WHERE forced"), 1);
    test_execute(*state, "UPDATE amsync.work SET claim = gen_random_uuid(),"
                         " lease_until = now() + interval '1 hour'");
    assert_ok(next_look_read(*state, id, &look, &err), err);
    assert_true(look.working);
    test_execute(*state, "TRUNCATE amsync.work");
    assert_int_equal(next_look_read(*state, id, &look, &err), RESULT_NONE);
    /* An order that had nothing to do is made due, too. */
    assert_ok(order_sync_now(*state, id, false, &err), err);
    assert_ok(next_look_read(*state, id, &look, &err), err);
    assert_int_equal(order_sync_now(*state, id + 1000, true, &err), RESULT_NONE);
}

static void
assert_json(json_t *list, const char *expected)
{
    char *text = json_dumps(list, JSON_COMPACT);

    assert_string_equal(text, expected);
    free(text);
    json_decref(list);
}

static void
lists_of_mappings_show_what_has_none(void **state)
{
    json_t *list = NULL;
    struct error err;

    make_orders(*state);
    test_execute(*state, "INSERT INTO amsync.shipping_mapping VALUES"
                         " ('default', 'FEDEX', 'fedex_ground', 'FedEx', NULL),"
                         " ('default', '*', 'flatrate_flatrate', NULL, NULL)");
    assert_ok(mappings_list(*state, MAPPING_SHIPPING, &list, &err), err);
    size_t index;
    json_t *row;
    int without = 0;
    json_array_foreach(list, index, row)
    {
        if (json_is_null(json_object_get(row, "to")))
            without++;
        if (strcmp(json_object_text(row, "from"), "FEDEX") == 0)
            assert_int_equal(json_integer_value(json_object_get(row, "orders")), 1);
    }
    assert_int_equal(without, 2);
    json_decref(list);
    assert_ok(mappings_list(*state, MAPPING_PAYMENT, &list, &err), err);
    assert_json(list, "[{\"from\":\"CHECK\",\"to\":null,\"orders\":2}]");
    assert_ok(mappings_list(*state, MAPPING_WAREHOUSE, &list, &err), err);
    assert_json(list, "[{\"from\":\"MAIN\",\"to\":null,\"orders\":1},"
                      "{\"from\":\"RETAIL\",\"to\":null,\"orders\":1}]");
}

static void
other_lists_have_what_was_set(void **state)
{
    const char *const ids[] = {"C2"};
    json_t *list = NULL;
    struct error err;

    make_orders(*state);
    assert_ok(customers_set_enabled(*state, "C", ids, 1, true, &err), err);
    assert_ok(customers_list(*state, NULL, &list, &err), err);
    assert_int_equal(json_array_size(list), 1);
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "enabled")));
    json_decref(list);
    assert_ok(customers_list(*state, "A", &list, &err), err);
    assert_json(list, "[]");
    assert_ok(companies_list(*state, &list, &err), err);
    assert_json(list, "[\"A\",\"B\",\"C\"]");
    test_execute(*state, "INSERT INTO amsync.preference (company, key, value)"
                         " VALUES ('A', 'increment_prefix', 'X'), ('', 'publishing', 'paused')");
    assert_ok(preferences_list(*state, &list, &err), err);
    assert_json(list, "[{\"company\":\"A\",\"key\":\"increment_prefix\",\"value\":\"X\"},"
                      "{\"company\":\"\",\"key\":\"publishing\",\"value\":\"paused\"}]");
}

static void
companies_are_listed_without_reading_all_orders(void **state)
{
    json_t *list = NULL;
    struct error err;

    make_many_orders(*state);
    test_execute(*state, "UPDATE amsync.sales_order SET company = 'B' WHERE order_nbr = 'SO7'");
    test_execute(*state, "VACUUM ANALYZE amsync.sales_order");
    assert_ok(database_begin(*state, &err), err);

    int64_t before = test_rows_read(*state, "sales_order");

    assert_ok(companies_list(*state, &list, &err), err);
    assert_json(list, "[\"A\",\"B\"]");
    assert_in_range(test_rows_read(*state, "sales_order") - before, 0, 100);
    database_rollback(*state);
}

/* The ids that a walk finds, in the order in which it finds them. */
static void
assert_held(struct database *database, struct held_walk walk, const char *expected)
{
    struct error err;
    enum result result;
    char found[200] = "";
    size_t length = 0;

    walk.before_id = INT64_MAX;
    while ((result = held_orders_step(database, &walk, &err)) == RESULT_OK) {
        for (size_t i = 0; i < walk.count; i++)
            length += (size_t)snprintf(found + length, sizeof(found) - length, "%lld ",
                                       (long long)walk.ids[i]);
    }
    assert_int_equal(result, RESULT_NONE);
    assert_string_equal(found, expected);
}

static void
held_orders_are_found_from_the_newest_on(void **state)
{
    const char *const both[] = {"C1", "C2"};
    const char *const second[] = {"C2"};

    test_execute(
        *state,
        "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
        " SELECT 'B', 'SO', n::text FROM generate_series(1, 2500) AS n;"
        "INSERT INTO amsync.sales_order (id, company, order_type, order_nbr, state,"
        " customer_id, magento_entity_id) OVERRIDING SYSTEM VALUE VALUES"
        " (-3, 'A', 'SO', '1', 'skipped', 'C1', 7), (-4, 'A', 'SO', '2', 'skipped', 'C1', NULL),"
        " (-5, 'A', 'SO', '3', 'pending', 'C2', NULL),"
        " (-6, 'A', 'SO', '4', 'waiting', 'C2', NULL),"
        " (-7, 'C', 'SO', '5', 'skipped', 'C2', NULL)");
    assert_held(*state, (struct held_walk){.customer_count = 0}, "-6 ");
    assert_held(*state, (struct held_walk){.with_skipped = true}, "-4 -6 -7 ");
    assert_held(*state, (struct held_walk){.with_skipped = true, .company = "B"}, "");
    assert_held(
        *state,
        (struct held_walk){.with_skipped = true, .customer_ids = second, .customer_count = 1},
        "-6 -7 ");
    assert_held(*state,
                (struct held_walk){.with_skipped = true,
                                   .with_pending = true,
                                   .company = "A",
                                   .customer_ids = both,
                                   .customer_count = 2},
                "-4 -5 -6 ");
    assert_held(*state,
                (struct held_walk){.with_skipped = true,
                                   .with_pending = true,
                                   .customer_ids = second,
                                   .customer_count = 1},
                "-5 -6 -7 ");
}

static void
what_new_and_waiting_orders_name_without_a_mapping_is_listed(void **state)
{
    json_t *list = NULL;
    struct error err;

    make_orders(*state);
    /* What is left out, settled or in Magento needs none. */
    assert_ok(mappings_missing(*state, MAPPING_SHIPPING, &list, &err), err);
    assert_json(list, "[]");
    test_execute(*state, "UPDATE amsync.sales_order SET state = 'waiting' WHERE company = 'A'");
    assert_ok(mappings_missing(*state, MAPPING_SHIPPING, &list, &err), err);
    assert_json(list, "[{\"from\":\"UPS\",\"orders\":1},{\"from\":\"ups\",\"orders\":1}]");
    /* Very many newer ones: what waits is still listed. */
    test_execute(
        *state,
        "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
        " SELECT 'A', 'SO', n::text FROM generate_series(1, 10001) AS n;"
        "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
        " SELECT id, 'order', order_type, order_nbr FROM amsync.sales_order"
        " WHERE order_nbr = '000068';"
        "UPDATE amsync.document SET state = 'waiting' WHERE kind = 'order' AND type = 'SA'");
    assert_ok(mappings_missing(*state, MAPPING_SHIPPING, &list, &err), err);
    assert_json(list, "[{\"from\":\"ups\",\"orders\":1}]");
    assert_ok(mappings_missing(*state, MAPPING_PAYMENT, &list, &err), err);
    assert_json(list, "[{\"from\":\"CHECK\",\"orders\":1}]");
    test_execute(*state, "INSERT INTO amsync.payment_mapping VALUES ('default', '*', 'checkmo');"
                         "INSERT INTO amsync.shipping_mapping VALUES ('default', 'UPS', 'a_b')");
    assert_ok(mappings_missing(*state, MAPPING_PAYMENT, &list, &err), err);
    assert_json(list, "[]");
    assert_ok(mappings_missing(*state, MAPPING_SHIPPING, &list, &err), err);
    assert_json(list, "[]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_is_found_by_any_of_its_numbers),
        TEST(magentos_number_of_a_shipment_or_an_invoice_is_looked_for_last),
        TEST(an_unknown_number_is_looked_for_without_reading_all),
        TEST(a_number_that_takes_too_long_is_not_found),
        TEST(asking_for_an_order_makes_it_due_and_force_is_remembered),
        TEST(lists_of_mappings_show_what_has_none),
        TEST(other_lists_have_what_was_set),
        TEST(companies_are_listed_without_reading_all_orders),
        TEST(held_orders_are_found_from_the_newest_on),
        TEST(what_new_and_waiting_orders_name_without_a_mapping_is_listed),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
