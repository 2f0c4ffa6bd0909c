#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/connector_log.h"
#include "store/log_reader.h"

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

static struct log_line
line(const char *order_nbr, const char *status, const char *message)
{
    return (struct log_line){
        .company = "Company",
        .entity = "order",
        .action = "decide",
        .status = status,
        .order_type = "SO",
        .order_nbr = order_nbr,
        .message = message,
    };
}

static void
append(struct database *database, const char *order_nbr, const char *status, const char *message)
{
    struct log_line one = line(order_nbr, status, message);
    struct error err;

    assert_ok(connector_log_append(database, &one, 1, &err), err);
}

/* The messages, one after the other. */
static void
assert_messages(json_t *lines, const char *expected)
{
    char joined[1000] = "";
    size_t index;
    json_t *one;

    json_array_foreach(lines, index, one)
    {
        size_t length = strlen(joined);
        const char *message = json_object_text(one, "message");
        assert_true(length + strlen(message) < sizeof(joined));
        memcpy(joined + length, message, strlen(message) + 1);
    }
    assert_string_equal(joined, expected);
    json_decref(lines);
}

static json_t *
read_with(struct database *database, struct log_filter filter)
{
    json_t *lines = NULL;
    struct error err;

    if (filter.limit == 0)
        filter.limit = 100;
    assert_ok(log_read(database, &filter, &lines, &err), err);
    return lines;
}

static void
a_line_comes_back_as_it_was_written(void **state)
{
    struct log_line full = {
        .sales_order_id = 7,
        .company = "Company",
        .entity = "shipment",
        .action = "ship",
        .status = "published",
        .order_type = "SO",
        .order_nbr = "SO1",
        .document_nbr = "000068",
        .magento_nbr = "000000012",
        .message = "m",
        .http_status = 200,
        .attempt = 2,
        .duration_ms = 31,
    };
    struct log_line bare = {
        .entity = "service", .action = "receive", .status = "refused", .message = "n"};
    const struct log_line both[] = {full, bare};
    struct error err;

    assert_ok(connector_log_append(*state, both, 2, &err), err);
    assert_ok(connector_log_append(*state, both, 0, &err), err);
    json_t *lines = read_with(*state, (struct log_filter){0});
    assert_int_equal(json_array_size(lines), 2);
    json_t *first = json_array_get(lines, 0);
    static const char *const TEXTS[][2] = {
        {"company", "Company"},  {"entity", "shipment"},       {"action", "ship"},
        {"order_type", "SO"},    {"order_nbr", "SO1"},         {"document_nbr", "000068"},
        {"status", "published"}, {"magento_nbr", "000000012"}, {"message", "m"},
    };
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
        assert_string_equal(json_object_text(first, TEXTS[i][0]), TEXTS[i][1]);
    int64_t number = 0;
    assert_int_equal(json_object_int64(first, "http_status", &number), RESULT_OK);
    assert_true(number == 200);
    assert_int_equal(json_object_int64(first, "attempt", &number), RESULT_OK);
    assert_true(number == 2);
    assert_int_equal(json_object_int64(first, "duration_ms", &number), RESULT_OK);
    assert_true(number == 31);
    assert_int_equal(timestamp_parse_rfc3339(json_object_text(first, "at"), &number), RESULT_OK);
    assert_in_range(clock_unix_ms() - number, 0, 60000);
    json_t *second = json_array_get(lines, 1);
    assert_true(json_is_null(json_object_get(second, "order_nbr")));
    assert_true(json_is_null(json_object_get(second, "attempt")));
    json_decref(lines);
}

static void
a_long_message_is_cut_between_characters(void **state)
{
    static char message[6001];
    for (size_t i = 0; i < 6000; i += 2)
        memcpy(message + i, "\xC3\xA4", 2);
    append(*state, "SO1", "failed", message);
    assert_int_equal(test_int64("SELECT length(message) FROM amsync.connector_log"), 2000);
}

static void
filters_narrow_what_is_read(void **state)
{
    const char *const statuses[] = {"skipped", "failed"};
    const char *const orders[] = {"SO2", "SO3"};

    append(*state, "SO1", "skipped", "a");
    append(*state, "SO2", "failed", "b");
    append(*state, "SO3", "published", "c");
    append(*state, NULL, "refused", "d");
    test_execute(*state, "UPDATE amsync.connector_log SET entity = 'notification', company = 'B'"
                         " WHERE message = 'd'");
    assert_messages(read_with(*state, (struct log_filter){0}), "abcd");
    assert_messages(read_with(*state, (struct log_filter){.limit = 2}), "cd");
    assert_messages(read_with(*state, (struct log_filter){.statuses = statuses, .status_count = 2}),
                    "ab");
    assert_messages(read_with(*state, (struct log_filter){.entity = "notification"}), "d");
    assert_messages(read_with(*state, (struct log_filter){.company = "Company"}), "abc");
    assert_messages(
        read_with(*state, (struct log_filter){.order_nbrs = orders, .order_nbr_count = 2}), "bc");
    assert_messages(
        read_with(*state, (struct log_filter){.since_unix_ms = clock_unix_ms() + 60000}), "");
}

static void
following_shows_each_line_once_also_one_that_is_committed_late(void **state)
{
    struct database *late = test_open();
    struct log_filter filter = {.limit = 100};
    struct log_follower *follower = NULL;
    json_t *lines = NULL;
    struct error err;

    append(*state, "SO1", "skipped", "a");
    lines = read_with(*state, filter);
    assert_ok(log_follower_new(lines, &follower, &err), err);
    json_decref(lines);
    assert_ok(log_follow(*state, follower, &filter, &lines, &err), err);
    assert_messages(lines, "");

    /* Numbered before c, committed after it has been shown. */
    assert_ok(database_begin(late, &err), err);
    append(late, "SO1", "skipped", "b");
    append(*state, "SO1", "skipped", "c");
    assert_ok(log_follow(*state, follower, &filter, &lines, &err), err);
    assert_messages(lines, "c");
    assert_ok(database_commit(late, &err), err);
    assert_ok(log_follow(*state, follower, &filter, &lines, &err), err);
    assert_messages(lines, "b");
    assert_ok(log_follow(*state, follower, &filter, &lines, &err), err);
    assert_messages(lines, "");
    log_follower_free(&follower);
    database_close(&late);
}

static void
following_does_not_bring_what_the_limit_left_out(void **state)
{
    struct log_filter filter = {.limit = 1};
    struct log_follower *follower = NULL;
    json_t *lines = NULL;
    struct error err;

    append(*state, "SO1", "skipped", "a");
    append(*state, "SO1", "skipped", "b");
    lines = read_with(*state, filter);
    assert_ok(log_follower_new(lines, &follower, &err), err);
    assert_messages(lines, "b");
    append(*state, "SO1", "skipped", "c");
    append(*state, "SO1", "skipped", "d");
    assert_ok(log_follow(*state, follower, &filter, &lines, &err), err);
    assert_messages(lines, "cd");
    log_follower_free(&follower);
}

/* A day's many lines that are not new any more, and a day in the past. */
static void
make_many_lines(struct database *database)
{
    test_execute(database,
                 "DROP TABLE IF EXISTS amsync.connector_log_long_ago;"
                 "CREATE TABLE amsync.connector_log_long_ago PARTITION OF amsync.connector_log"
                 " FOR VALUES FROM ('2020-01-01') TO ('2020-01-02');"
                 "INSERT INTO amsync.connector_log (logged_on, at, entity, action, status, message)"
                 " SELECT '2020-01-01', '2020-01-01 12:00Z', 'order', 'decide', 'skipped', 'old'"
                 " FROM generate_series(1, 10);"
                 "INSERT INTO amsync.connector_log (at, entity, action, status, message)"
                 " SELECT clock_timestamp() - interval '1 hour', 'order', 'decide', 'skipped', 'x'"
                 " FROM generate_series(1, 5000);"
                 "ANALYZE amsync.connector_log");
}

static void
following_reads_what_is_new_only(void **state)
{
    struct log_filter filter = {.limit = 1};
    struct log_follower *follower = NULL;
    json_t *lines = json_array();
    struct error err;

    make_many_lines(*state);
    /* Nothing was shown before: no line tells where to begin. */
    assert_ok(log_follower_new(lines, &follower, &err), err);
    json_decref(lines);
    for (int i = 0; i < 2; i++) {
        append(*state, "SO1", "skipped", "a");
        assert_ok(database_begin(*state, &err), err);

        int64_t rows = test_rows_read(*state, "connector_log_%");
        int64_t scans = test_scans(*state, "connector_log_long_ago");

        assert_ok(log_follow(*state, follower, &filter, &lines, &err), err);
        assert_messages(lines, "a");
        assert_in_range(test_rows_read(*state, "connector_log_%") - rows, 1, 100);
        assert_int_equal(test_scans(*state, "connector_log_long_ago"), scans);
        database_rollback(*state);
    }
    log_follower_free(&follower);
    test_execute(*state, "DROP TABLE amsync.connector_log_long_ago");
}

static void
what_is_in_trouble_is_found_without_reading_all(void **state)
{
    const char *const one[] = {"failed"};
    const char *const two[] = {"failed", "refused"};
    struct error err;

    make_many_lines(*state);
    append(*state, "SO1", "failed", "a");
    append(*state, "SO1", "refused", "b");
    append(*state, "SO2", "failed", "c");
    test_execute(*state, "ANALYZE amsync.connector_log");
    assert_ok(database_begin(*state, &err), err);

    int64_t rows = test_rows_read(*state, "connector_log_%");

    assert_messages(read_with(*state, (struct log_filter){.statuses = one, .status_count = 1}),
                    "ac");
    assert_messages(read_with(*state, (struct log_filter){.statuses = two, .status_count = 2}),
                    "abc");
    assert_in_range(test_rows_read(*state, "connector_log_%") - rows, 1, 100);
    database_rollback(*state);
    test_execute(*state, "DROP TABLE amsync.connector_log_long_ago");
}

static void
bodies_are_read_when_asked_for(void **state)
{
    struct log_line with_bodies = line("SO1", "failed", "m");
    struct error err;

    with_bodies.request_body = "{\"entity\": {}}";
    with_bodies.answer_body = "no";
    assert_ok(connector_log_append(*state, &with_bodies, 1, &err), err);

    json_t *lines = read_with(*state, (struct log_filter){.bodies = true});

    assert_string_equal(json_object_text(json_array_get(lines, 0), "request_body"),
                        "{\"entity\": {}}");
    assert_string_equal(json_object_text(json_array_get(lines, 0), "answer_body"), "no");
    json_decref(lines);
    lines = read_with(*state, (struct log_filter){0});
    assert_null(json_object_get(json_array_get(lines, 0), "request_body"));
    assert_null(json_object_get(json_array_get(lines, 0), "answer_body"));
    json_decref(lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_comes_back_as_it_was_written),
        TEST(a_long_message_is_cut_between_characters),
        TEST(filters_narrow_what_is_read),
        TEST(following_shows_each_line_once_also_one_that_is_committed_late),
        TEST(following_does_not_bring_what_the_limit_left_out),
        TEST(following_reads_what_is_new_only),
        TEST(what_is_in_trouble_is_found_without_reading_all),
        TEST(bodies_are_read_when_asked_for),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
