#include "support.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/arrivals.h"
#include "store/connector_log.h"

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
the_last_of_each_kind_is_told(void **state)
{
    json_t *arrivals = NULL;
    struct error err;
    const struct log_line lines[] = {
        {.entity = "order",
         .action = "receive",
         .status = "received",
         .order_nbr = "SO1",
         .message = "m"},
        {.entity = "order",
         .action = "receive",
         .status = "unchanged",
         .order_nbr = "SO2",
         .message = "m"},
        {.entity = "order", .action = "receive", .status = "refused", .message = "m"},
        {.entity = "order",
         .action = "decide",
         .status = "skipped",
         .order_nbr = "SO3",
         .message = "m"},
        {.entity = "shipment",
         .action = "receive",
         .status = "received",
         .order_nbr = "SO3",
         .document_nbr = "000068",
         .message = "m"},
    };

    assert_ok(last_arrivals(*state, &arrivals, &err), err);
    assert_true(json_is_null(json_object_get(arrivals, "order")));
    json_decref(arrivals);
    assert_ok(connector_log_append(*state, lines, sizeof(lines) / sizeof(lines[0]), &err), err);
    assert_ok(last_arrivals(*state, &arrivals, &err), err);

    const json_t *order = json_object_get(arrivals, "order");
    int64_t at = 0;

    assert_string_equal(json_object_text(order, "number"), "SO2");
    assert_int_equal(timestamp_parse_rfc3339(json_object_text(order, "at"), &at), RESULT_OK);
    assert_in_range(clock_unix_ms() - at + 1000, 0, 60000);
    assert_string_equal(json_object_text(json_object_get(arrivals, "shipment"), "number"),
                        "000068");
    assert_true(json_is_null(json_object_get(arrivals, "invoice")));
    json_decref(arrivals);
}

static void
store(struct database *database, const char *number, const char *spaces)
{
    char sql[600];

    assert_true(snprintf(sql, sizeof(sql),
                         "INSERT INTO amsync.notification (received_on, kind, company, query,"
                         " notification_id, acumatica_timestamp, body, dedup)"
                         " VALUES ((now() AT TIME ZONE 'UTC')::date, 'order', 'A', 'Orders', 'x',"
                         " 1, '{\"OrderNbr\":\"%s%s\"}', sha256('%s%s'))",
                         number, spaces, number, spaces) < (int)sizeof(sql));
    test_execute(database, sql);
}

/* Else a replay would say that Acumatica has the right secret. */
static void
what_is_taken_in_again_has_not_arrived_again(void **state)
{
    static const char *const entities[] = {"order", "shipment"}; /* of the latter none is kept */
    json_t *arrivals = NULL;
    struct error err;

    store(*state, "SO1", "");
    test_execute(*state, "UPDATE amsync.notification SET received_at = now() - interval '1 hour'");
    for (size_t i = 0; i < 2; i++) {
        const struct log_line again = {.entity = entities[i],
                                       .action = "receive",
                                       .status = "unchanged",
                                       .order_nbr = "SO1",
                                       .message = "m"};
        assert_ok(connector_log_append(*state, &again, 1, &err), err);
    }
    assert_ok(last_arrivals(*state, &arrivals, &err), err);
    for (size_t i = 0; i < 2; i++) {
        const json_t *last = json_object_get(arrivals, entities[i]);
        int64_t at = 0;

        assert_int_equal(timestamp_parse_rfc3339(json_object_text(last, "at"), &at), RESULT_OK);
        assert_in_range(clock_unix_ms() - at, 3599000, 3660000);
    }
    json_decref(arrivals);
}

static void
assert_not_found(struct database *database, const char *company, const char *number)
{
    struct stored_notification *found = NULL;
    struct error err;

    assert_int_equal(stored_notification_find(database, company, number, &found, &err),
                     RESULT_NONE);
}

static void
the_newest_notification_that_names_it_is_found(void **state)
{
    struct stored_notification *found = NULL;
    struct error err;

    store(*state, "SO1", "");
    store(*state, "SO1", "  ");
    store(*state, "SO11", "");
    assert_ok(stored_notification_find(*state, NULL, "SO1", &found, &err), err);
    assert_int_equal(found->id, test_int64("SELECT max(id) - 1 FROM amsync.notification"));
    assert_string_equal(found->body, "{\"OrderNbr\":\"SO1  \"}");
    assert_string_equal(found->query, "Orders");
    assert_false(found->waits);
    assert_in_range(clock_unix_ms() - found->received_unix_ms + 1000, 0, 60000);
    stored_notification_free(&found);
    assert_not_found(*state, "B", "SO1");
    assert_not_found(*state, "A", "O1");
    assert_not_found(*state, "A", "SO");
    assert_not_found(*state, "A", "a\"b\\c%_");
}

static void
one_that_waits_to_be_taken_in_says_so(void **state)
{
    struct stored_notification *found = NULL;
    struct error err;

    store(*state, "SO1", "");
    test_execute(*state, "INSERT INTO amsync.intake_queue SELECT id, received_on, dedup"
                         " FROM amsync.notification");
    assert_ok(stored_notification_find(*state, "A", "SO1", &found, &err), err);
    assert_true(found->waits);
    stored_notification_free(&found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_of_each_kind_is_told),
        TEST(what_is_taken_in_again_has_not_arrived_again),
        TEST(the_newest_notification_that_names_it_is_found),
        TEST(one_that_waits_to_be_taken_in_says_so),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
