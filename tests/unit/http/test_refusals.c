#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "http/refusals.h"

struct heard {
    size_t calls;
    uint64_t count;
    unsigned status;
    char detail[256];
    size_t counted;
    char counted_entity[32];
    char counted_detail[256];
};

static void
hear(void *context, const struct refusal *refusal)
{
    struct heard *heard = context;

    heard->calls++;
    heard->count += refusal->count;
    heard->status = refusal->status;
    (void)snprintf(heard->detail, sizeof(heard->detail), "%s", refusal->detail);
}

static void
count_one(void *context, const struct refusal *refusal)
{
    struct heard *heard = context;

    heard->counted += refusal->count;
    (void)snprintf(heard->counted_entity, sizeof(heard->counted_entity), "%s", refusal->entity);
    (void)snprintf(heard->counted_detail, sizeof(heard->counted_detail), "%s", refusal->detail);
}

static void
start(struct refusals *refusals, struct heard *heard)
{
    const struct refusal_sink sink = {
        .context = heard,
        .refused = hear,
        .counted = count_one,
    };

    *heard = (struct heard){0};
    log_set_level(LOG_LEVEL_ERROR);
    refusals_init(refusals, &sink);
}

static const struct refusal bad = {
    .status = 400,
    .detail = "TimeStamp is a string",
    .entity = "order",
    .count = 1,
};

static void
test_the_first_ones_one_by_one(void **state)
{
    struct refusals refusals;
    struct heard heard;

    (void)state;
    start(&refusals, &heard);
    assert_int_equal(refusals_next_ms(&refusals), INT64_MAX);
    for (int i = 0; i < REFUSALS_SHOWN + 17; i++)
        refusals_add(&refusals, &bad, 5000 + i);
    assert_int_equal(heard.calls, REFUSALS_SHOWN);
    assert_int_equal(heard.counted, REFUSALS_SHOWN + 17);
    assert_string_equal(heard.detail, bad.detail);
    assert_int_equal(refusals_next_ms(&refusals), 5000 + REFUSALS_WINDOW_MS);
    refusals_run(&refusals, 4999 + REFUSALS_WINDOW_MS, false);
    assert_int_equal(heard.calls, REFUSALS_SHOWN);
    refusals_run(&refusals, 5000 + REFUSALS_WINDOW_MS, false);
    assert_int_equal(heard.calls, REFUSALS_SHOWN + 1);
    assert_int_equal(heard.count, REFUSALS_SHOWN + 17);
    assert_non_null(strstr(heard.detail, "17 more notifications"));
    /* A new minute begins with the next one. */
    assert_int_equal(refusals_next_ms(&refusals), INT64_MAX);
    refusals_add(&refusals, &bad, 200000);
    assert_int_equal(heard.calls, REFUSALS_SHOWN + 2);
}

static void
test_few_leave_no_number(void **state)
{
    struct refusals refusals;
    struct heard heard;

    (void)state;
    start(&refusals, &heard);
    refusals_add(&refusals, &bad, 0);
    refusals_run(&refusals, REFUSALS_WINDOW_MS, false);
    refusals_run(&refusals, REFUSALS_WINDOW_MS, true);
    assert_int_equal(heard.calls, 1);
}

static void
test_unauthorized(void **state)
{
    struct refusals refusals;
    struct heard heard;
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr = {htonl(0xc0000205)}};

    (void)state;
    start(&refusals, &heard);
    for (int i = 0; i < 1000; i++)
        refusals_add_unauthorized(&refusals, (const struct sockaddr *)&source, "order", i);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.status, 401);
    /* All are counted at once, whatever is told of them. */
    assert_int_equal(heard.counted, 1000);
    assert_string_equal(heard.counted_entity, "order");
    assert_string_equal(heard.counted_detail, "the secret was wrong or missing, from 192.0.2.5");
    assert_non_null(strstr(heard.detail, "192.0.2.5"));
    refusals_run(&refusals, 0, true);
    assert_int_equal(heard.calls, 2);
    assert_int_equal(heard.count, 1000);
    assert_non_null(strstr(heard.detail, "999 requests"));
    assert_non_null(strstr(heard.detail, "192.0.2.5"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_ones_one_by_one),
        cmocka_unit_test(test_few_leave_no_number),
        cmocka_unit_test(test_unauthorized),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
