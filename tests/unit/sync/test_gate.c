#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sync/gate.h"

static void
report(struct gate *gate, enum magento_call call, int64_t now_ms, enum magento_outcome outcome,
       int http_status, const char *message, const char *resource)
{
    struct magento_answer answer = {.outcome = outcome, .http_status = http_status};

    (void)snprintf(answer.message, sizeof(answer.message), "%s", message);
    (void)snprintf(answer.resource, sizeof(answer.resource), "%s", resource);
    gate_leave(gate, call, now_ms, &answer);
}

static void
assert_let_in(struct gate *gate, enum magento_call call, int64_t now_ms)
{
    struct magento_answer answer = {0};

    assert_true(gate_enter(gate, call, now_ms, &answer));
}

static void
assert_held_back(struct gate *gate, enum magento_call call, int64_t now_ms,
                 enum magento_outcome outcome, const char *message)
{
    struct magento_answer answer = {0};

    assert_false(gate_enter(gate, call, now_ms, &answer));
    assert_int_equal(answer.outcome, outcome);
    assert_string_equal(answer.message, message);
    assert_int_not_equal(answer.retry_after_ms, 0);
}

static void
only_the_missing_right_is_stopped(void **state)
{
    (void)state;
    struct gate *gate = NULL;

    assert_int_equal(gate_new(&gate), RESULT_OK);
    assert_let_in(gate, CALL_SHIP, 0);
    report(gate, CALL_SHIP, 0, MAGENTO_UNAUTHORIZED, 401,
           "Magento's integration lacks Magento_Sales::ship", "Magento_Sales::ship");
    assert_held_back(gate, CALL_SHIP, 1, MAGENTO_UNAUTHORIZED,
                     "Magento's integration lacks Magento_Sales::ship");
    assert_let_in(gate, CALL_INVOICE, 1);
    assert_let_in(gate, CALL_READ_ORDERS, 1);
    assert_int_equal(gate_rights_missing(gate), 1);
    /* One probe a minute. */
    assert_let_in(gate, CALL_SHIP, 60000);
    assert_held_back(gate, CALL_SHIP, 60000, MAGENTO_UNAUTHORIZED,
                     "Magento's integration lacks Magento_Sales::ship");
    report(gate, CALL_SHIP, 60001, MAGENTO_DONE, 200, "", "");
    assert_int_equal(gate_rights_missing(gate), 0);
    assert_let_in(gate, CALL_SHIP, 60002);
    assert_let_in(gate, CALL_SHIP, 60002);
    gate_free(&gate);
}

static void
everything_is_stopped_when_orders_may_not_be_read(void **state)
{
    (void)state;
    static const char why[] = "Magento does not accept amsync's credentials, or its integration "
                              "lacks Magento_Sales::x";
    struct gate *gate = NULL;
    unsigned wait_ms;

    assert_int_equal(gate_new(&gate), RESULT_OK);
    report(gate, CALL_READ_ORDERS, 0, MAGENTO_UNAUTHORIZED, 401, "no", "Magento_Sales::x");
    assert_held_back(gate, CALL_CREATE, 1, MAGENTO_AGAIN, why);
    assert_held_back(gate, CALL_READ_STORE, 1, MAGENTO_AGAIN, why);
    assert_true(gate_is_stopped(gate, 1, &wait_ms));
    assert_int_equal(wait_ms, GATE_RIGHT_PROBE_MS - 1);
    assert_false(gate_enter_probe(gate, 1));
    assert_true(gate_enter_probe(gate, GATE_RIGHT_PROBE_MS));
    assert_false(gate_enter_probe(gate, GATE_RIGHT_PROBE_MS));
    report(gate, CALL_READ_ORDERS, GATE_RIGHT_PROBE_MS, MAGENTO_DONE, 200, "", "");
    assert_false(gate_is_stopped(gate, GATE_RIGHT_PROBE_MS, &wait_ms));
    assert_let_in(gate, CALL_CREATE, GATE_RIGHT_PROBE_MS);
    gate_free(&gate);
}

/* A token that is not accepted looks like each right missing. */
static void
a_token_is_told_from_a_right_by_what_else_was_refused(void **state)
{
    (void)state;
    struct gate *gate = NULL;

    assert_int_equal(gate_new(&gate), RESULT_OK);
    report(gate, CALL_READ_STORE, 0, MAGENTO_UNAUTHORIZED, 401, "no", "Magento_Backend::store");
    report(gate, CALL_READ_ORDERS, 0, MAGENTO_UNAUTHORIZED, 401, "no", "Magento_Sales::x");
    assert_held_back(gate, CALL_READ_ORDERS, 1, MAGENTO_AGAIN,
                     "Magento does not accept amsync's credentials (401)");
    gate_free(&gate);
}

static void
everything_is_stopped_after_failures_in_a_row(void **state)
{
    (void)state;
    struct gate *gate = NULL;
    unsigned wait_ms;

    assert_int_equal(gate_new(&gate), RESULT_OK);
    for (int i = 0; i < GATE_FAILURES; i++) {
        assert_false(gate_is_stopped(gate, 0, &wait_ms));
        report(gate, i % 2 == 0 ? CALL_CREATE : CALL_READ_ORDERS, 0,
               i % 2 == 0 ? MAGENTO_UNKNOWN : MAGENTO_AGAIN, 0, "down", "");
    }
    assert_true(gate_is_stopped(gate, 0, &wait_ms));
    assert_held_back(gate, CALL_SHIP, 0, MAGENTO_AGAIN, "down");
    gate_free(&gate);
}

static void
what_a_firewall_refuses_stops_everything(void **state)
{
    (void)state;
    struct magento_answer answer = {
        .outcome = MAGENTO_UNKNOWN, .http_status = 403, .foreign = true, .message = "403"};
    struct gate *gate = NULL;

    assert_int_equal(gate_new(&gate), RESULT_OK);
    for (int i = 0; i < GATE_FAILURES; i++)
        gate_leave(gate, CALL_CREATE, 0, &answer);
    assert_held_back(gate, CALL_SHIP, 0, MAGENTO_AGAIN, "403");
    gate_free(&gate);
}

static void
what_magento_refuses_stops_nothing(void **state)
{
    (void)state;
    struct gate *gate = NULL;
    unsigned wait_ms;

    assert_int_equal(gate_new(&gate), RESULT_OK);
    for (int i = 0; i < 3 * GATE_FAILURES; i++) {
        report(gate, CALL_SHIP, 0, MAGENTO_REFUSED, 400, "no", "");
        report(gate, CALL_SHIP, 0, MAGENTO_UNKNOWN, 400, "Could not save", "");
        report(gate, CALL_SHIP, 0, MAGENTO_DEADLINE, 0, "late", "");
        report(gate, CALL_SHIP, 0, MAGENTO_ABORTED, 0, "stopping", "");
    }
    assert_false(gate_is_stopped(gate, 0, &wait_ms));
    assert_let_in(gate, CALL_SHIP, 0);
    gate_free(&gate);
}

/* A Magento that was stopped and whose probe has worked. */
static struct gate *
come_back(void)
{
    struct gate *gate = NULL;

    assert_int_equal(gate_new(&gate), RESULT_OK);
    for (int i = 0; i < GATE_FAILURES; i++) {
        assert_true(gate_orders_at_once(gate) == SIZE_MAX);
        report(gate, CALL_CREATE, 0, MAGENTO_AGAIN, 503, "down", "");
    }
    assert_true(gate_enter_probe(gate, GATE_FIRST_PROBE_MS));
    report(gate, CALL_READ_ORDERS, GATE_FIRST_PROBE_MS, MAGENTO_DONE, 200, "", "");
    return gate;
}

static void
a_magento_that_comes_back_gets_one_order_more_for_each_call_that_works(void **state)
{
    (void)state;
    struct gate *gate = come_back();

    for (size_t i = 1; i <= GATE_RISE_CALLS; i++) {
        assert_true(gate_orders_at_once(gate) == i);
        report(gate, CALL_CREATE, 6000, MAGENTO_DONE, 200, "", "");
    }
    assert_true(gate_orders_at_once(gate) == SIZE_MAX);
    /* It is back: a failure is one like any other. */
    report(gate, CALL_CREATE, 6000, MAGENTO_AGAIN, 503, "down", "");
    assert_true(gate_orders_at_once(gate) == SIZE_MAX);
    gate_free(&gate);
}

static void
a_failure_while_it_comes_back_takes_it_back_to_one(void **state)
{
    (void)state;
    struct gate *gate = come_back();

    for (int i = 0; i < 10; i++)
        report(gate, CALL_CREATE, 6000, MAGENTO_DONE, 200, "", "");
    report(gate, CALL_CREATE, 6000, MAGENTO_UNKNOWN, 500, "down", "");
    assert_true(gate_orders_at_once(gate) == 1);
    report(gate, CALL_CREATE, 6000, MAGENTO_REFUSED, 400, "no", "");
    assert_true(gate_orders_at_once(gate) == 2);
    gate_free(&gate);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_missing_right_is_stopped),
        cmocka_unit_test(everything_is_stopped_when_orders_may_not_be_read),
        cmocka_unit_test(a_token_is_told_from_a_right_by_what_else_was_refused),
        cmocka_unit_test(everything_is_stopped_after_failures_in_a_row),
        cmocka_unit_test(what_a_firewall_refuses_stops_everything),
        cmocka_unit_test(what_magento_refuses_stops_nothing),
        cmocka_unit_test(a_magento_that_comes_back_gets_one_order_more_for_each_call_that_works),
        cmocka_unit_test(a_failure_while_it_comes_back_takes_it_back_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
