#include "app/refused_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int
set_up(void **state)
{
    struct refused_lines *lines = NULL;
    struct error err;

    assert_int_equal(refused_lines_new(&lines, &err), RESULT_OK);
    *state = lines;
    return 0;
}

static int
tear_down(void **state)
{
    struct refused_lines *lines = *state;

    refused_lines_free(&lines);
    return 0;
}

static void
add(struct refused_lines *lines, const char *prefix, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char company[32];
        const struct refusal refusal = {
            .status = 403,
            .entity = "order",
            .company = company,
            .detail = "no",
            .count = 1,
        };

        (void)snprintf(company, sizeof(company), "%s%zu", prefix, i);
        refused_lines_add(lines, &refusal);
    }
}

static void
count_one(struct refused_lines *lines, unsigned status, const char *detail)
{
    const struct refusal refusal = {
        .status = status, .entity = "order", .detail = detail, .count = 2};

    refused_lines_count(lines, &refusal);
}

static void
lines_come_out_once_and_in_their_order(void **state)
{
    struct refused_batch batch;

    add(*state, "A", 2);
    refused_lines_take(*state, &batch);
    assert_int_equal(batch.count, 2);
    assert_string_equal(batch.lines[0].company, "A0");
    assert_string_equal(batch.lines[1].company, "A1");
    assert_string_equal(batch.lines[0].message, "Refused with 403: no");
    assert_string_equal(batch.lines[0].status, "refused");
    refused_batch_finish(&batch);
    refused_lines_take(*state, &batch);
    assert_int_equal(batch.count, 0);
}

static void
lines_beyond_the_bound_are_lost(void **state)
{
    struct refused_batch batch;

    add(*state, "A", REFUSED_LINES_MAX + 3);
    refused_lines_take(*state, &batch);
    assert_int_equal(batch.count, REFUSED_LINES_MAX);
    assert_string_equal(batch.lines[REFUSED_LINES_MAX - 1].company, "A255");
    refused_batch_finish(&batch);
}

static void
what_could_not_be_written_comes_before_what_came_since(void **state)
{
    struct refused_batch batch;

    add(*state, "A", 2);
    refused_lines_take(*state, &batch);
    add(*state, "B", 1);
    refused_lines_return(*state, &batch);
    assert_int_equal(batch.count, 0);
    refused_lines_take(*state, &batch);
    assert_int_equal(batch.count, 3);
    assert_string_equal(batch.lines[0].company, "A0");
    assert_string_equal(batch.lines[1].company, "A1");
    assert_string_equal(batch.lines[2].company, "B0");
    refused_batch_finish(&batch);
}

static void
putting_back_keeps_the_bound(void **state)
{
    struct refused_batch batch;

    add(*state, "A", REFUSED_LINES_MAX - 1);
    refused_lines_take(*state, &batch);
    add(*state, "B", REFUSED_LINES_MAX);
    refused_lines_return(*state, &batch);
    add(*state, "C", 1);
    refused_lines_take(*state, &batch);
    assert_int_equal(batch.count, REFUSED_LINES_MAX);
    assert_string_equal(batch.lines[0].company, "A0");
    assert_string_equal(batch.lines[REFUSED_LINES_MAX - 2].company, "A254");
    assert_string_equal(batch.lines[REFUSED_LINES_MAX - 1].company, "B0");
    refused_batch_finish(&batch);
}

static void
what_waits_at_the_end_is_freed(void **state)
{
    struct refused_batch batch;

    add(*state, "A", 3);
    refused_lines_take(*state, &batch);
    refused_lines_return(*state, &batch);
}

static void
counts_are_sums_by_status_with_the_last_reason(void **state)
{
    struct refused_counts counts;

    count_one(*state, 401, "first");
    count_one(*state, 401, "second");
    count_one(*state, 403, "other");
    refused_lines_take_counts(*state, &counts);
    assert_int_equal(counts.count, 2);
    assert_int_equal(counts.counts[0].requests, 4);
    assert_string_equal(counts.counts[0].last_message, "second");
    assert_int_equal(counts.counts[1].http_status, 403);
    refused_lines_take_counts(*state, &counts);
    assert_int_equal(counts.count, 0);
}

static void
counts_that_could_not_be_written_are_added_to_those_since(void **state)
{
    struct refused_counts counts;

    count_one(*state, 401, "before");
    count_one(*state, 403, "before");
    refused_lines_take_counts(*state, &counts);
    count_one(*state, 401, "since");
    refused_lines_return_counts(*state, &counts);
    refused_lines_take_counts(*state, &counts);
    assert_int_equal(counts.count, 2);
    assert_int_equal(counts.counts[0].http_status, 401);
    assert_int_equal(counts.counts[0].requests, 4);
    assert_string_equal(counts.counts[0].last_message, "since");
    assert_int_equal(counts.counts[1].requests, 2);
    assert_string_equal(counts.counts[1].last_message, "before");
}

static void
statuses_beyond_the_bound_are_not_counted(void **state)
{
    struct refused_counts counts;

    for (unsigned status = 400; status <= 400 + REFUSED_COUNTS_MAX; status++)
        count_one(*state, status, "x");
    count_one(*state, 400, "again");
    refused_lines_take_counts(*state, &counts);
    assert_int_equal(counts.count, REFUSED_COUNTS_MAX);
    assert_int_equal(counts.counts[0].requests, 4);
    assert_int_equal(counts.counts[REFUSED_COUNTS_MAX - 1].http_status,
                     400 + REFUSED_COUNTS_MAX - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_come_out_once_and_in_their_order),
        TEST(lines_beyond_the_bound_are_lost),
        TEST(what_could_not_be_written_comes_before_what_came_since),
        TEST(putting_back_keeps_the_bound),
        TEST(what_waits_at_the_end_is_freed),
        TEST(counts_are_sums_by_status_with_the_last_reason),
        TEST(counts_that_could_not_be_written_are_added_to_those_since),
        TEST(statuses_beyond_the_bound_are_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
