#include "support.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/refusal_counts.h"

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

static const struct refusal_count REFUSED[] = {
    {.entity = "order", .http_status = 401, .requests = 13, .last_message = "first"},
    {.entity = "order", .http_status = 403, .requests = 2, .last_message = "no company"},
    {.entity = "notification", .http_status = 401, .requests = 4, .last_message = "other"},
};

static int64_t
requests(const json_t *counts, size_t index)
{
    return (int64_t)json_integer_value(json_object_get(json_array_get(counts, index), "requests"));
}

static void
refusals_are_counted_by_minute_whatever_comes(void **state)
{
    struct refusal_count more = REFUSED[0];
    json_t *counts = NULL;
    struct error err;

    assert_ok(refusal_counts_add(*state, REFUSED, 0, &err), err);
    assert_ok(refusal_counts_add(*state, REFUSED, 3, &err), err);
    more.requests = UINT32_MAX;
    more.last_message = "last";
    for (int i = 0; i < 10; i++)
        assert_ok(refusal_counts_add(*state, &more, 1, &err), err);
    /* Two if a minute ended meanwhile. */
    assert_in_range(test_int64("SELECT count(*) FROM amsync.refusal_count"), 3, 4);
    assert_ok(refusal_counts_since(*state, clock_unix_ms() - 60000, &counts, &err), err);
    assert_int_equal(json_array_size(counts), 2);
    assert_int_equal(requests(counts, 0), 10 * (int64_t)UINT32_MAX + 17);
    assert_string_equal(json_object_text(json_array_get(counts, 0), "last_message"), "last");
    assert_int_equal(requests(counts, 1), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(counts, 1), "http_status")),
                     403);
    json_decref(counts);
}

static void
what_was_refused_before_does_not_count(void **state)
{
    json_t *counts = NULL;
    struct error err;

    assert_ok(refusal_counts_add(*state, REFUSED, 3, &err), err);
    test_execute(*state, "UPDATE amsync.refusal_count SET last_at = last_at - interval '3 hours',"
                         " minute = minute - interval '3 hours'");
    assert_ok(refusal_counts_add(*state, &REFUSED[1], 1, &err), err);
    assert_ok(refusal_counts_since(*state, clock_unix_ms() - 3600000, &counts, &err), err);
    assert_int_equal(json_array_size(counts), 1);
    assert_int_equal(requests(counts, 0), 2);
    json_decref(counts);
    test_execute(*state, "UPDATE amsync.refusal_count SET minute = minute - interval '90 days'"
                         " WHERE http_status = 401");
    assert_ok(refusal_counts_drop_old(*state, 90, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.refusal_count"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refusals_are_counted_by_minute_whatever_comes),
        TEST(what_was_refused_before_does_not_count),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
