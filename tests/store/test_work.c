#include "work_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void
a_claim_has_all_that_is_known(void **state)
{
    int64_t id = test_save_order(*state, "SO1", "C1");
    test_execute(*state, "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
                         " SELECT id, 'shipment', '', '000068' FROM amsync.sales_order");
    test_execute(*state, "INSERT INTO amsync.order_line"
                         " SELECT id, 1, 77 FROM amsync.sales_order");
    test_execute(*state, "INSERT INTO amsync.customer (company, customer_id, enabled)"
                         " VALUES ('Company', 'C1', true)");
    int64_t before_ms = clock_boottime_ms();
    struct test_claimed claimed = test_claim(*state, 5);

    assert_int_equal(claimed.count, 1);
    const struct claimed_order *order = claimed.orders[0];
    assert_true(order->sales_order_id == id && order->revision == 1);
    assert_string_equal(order->company, "Company");
    assert_string_equal(order->order_type, "SO");
    assert_string_equal(order->order_nbr, "SO1");
    assert_null(order->magento_increment_id);
    assert_null(order->sent);
    assert_true(order->magento_entity_id == 0 && order->lane == LANE_NEW);
    assert_true(order->customer_enabled && !order->forced && !order->alone);
    assert_true(order->deadline_boottime_ms >= before_ms + LEASE_MS);
    assert_true(order->deadline_boottime_ms <= clock_boottime_ms() + LEASE_MS);
    assert_int_equal(order->document_count, 2);
    assert_int_equal(order->documents[0].kind, DOCUMENT_ORDER);
    assert_true(order->documents[0].version == 2);
    assert_non_null(order->documents[0].body);
    assert_string_equal(order->documents[1].number, "000068");
    assert_non_null(order->documents[1].body);
    assert_int_equal(order->line_count, 1);
    assert_true(order->lines[0].line_nbr == 1 && order->lines[0].magento_item_id == 77);
    /* The lease ends no sooner than the deadline that the worker counts. */
    assert_true(test_int64("SELECT (extract(epoch FROM lease_until - now()) * 1000)::int8"
                           " FROM amsync.work") > LEASE_MS - 20000);
    test_claimed_free(&claimed);
}

static void
two_claimers_never_get_the_same_order(void **state)
{
    struct database *other = test_open();
    bool seen[40] = {false};

    for (int i = 0; i < 40; i++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "SO%d", i);
        (void)test_save_order(*state, number, NULL);
    }
    int64_t first = test_int64("SELECT min(id) FROM amsync.sales_order");
    for (int round = 0; round < 4; round++) {
        struct test_claimed claimed = test_claim(round % 2 == 0 ? *state : other, 10);
        assert_int_equal(claimed.count, 10);
        for (size_t i = 0; i < claimed.count; i++) {
            int64_t index = claimed.orders[i]->sales_order_id - first;
            assert_in_range(index, 0, 39);
            assert_false(seen[index]);
            seen[index] = true;
        }
        test_claimed_free(&claimed);
    }
    struct test_claimed nothing = test_claim(other, 10);
    assert_int_equal(nothing.count, 0);
    database_close(&other);
}

static void
a_locked_row_is_passed_by(void **state)
{
    struct database *other = test_open();

    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    test_execute(other,
                 "BEGIN; SELECT FROM amsync.work ORDER BY sales_order_id LIMIT 1 FOR UPDATE");
    struct test_claimed claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO2");
    test_claimed_free(&claimed);
    database_close(&other);
}

static void
lanes_have_their_own_room(void **state)
{
    for (int i = 0; i < 6; i++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "SO%d", i);
        (void)test_save_order(*state, number, NULL);
    }
    test_execute(*state, "UPDATE amsync.sales_order SET magento_entity_id = id"
                         " WHERE order_nbr IN ('SO4', 'SO5')");
    test_execute(*state, "UPDATE amsync.work SET lane = 1 WHERE sales_order_id IN"
                         " (SELECT id FROM amsync.sales_order WHERE magento_entity_id > 0)");
    struct test_claimed claimed = test_claim_with(
        *state, (struct claim_request){.max_new = 3, .max_known = 1, .lease_ms = LEASE_MS});
    int known = 0;
    for (size_t i = 0; i < claimed.count; i++)
        known += claimed.orders[i]->lane == LANE_KNOWN;
    assert_int_equal(claimed.count, 4);
    assert_int_equal(known, 1);
    test_claimed_free(&claimed);
}

static void
what_is_not_due_or_quiet_is_left_alone(void **state)
{
    (void)test_save_order(*state, "SO1", NULL);
    test_execute(*state, "UPDATE amsync.work SET due_at = now() + interval '1 hour'");
    struct test_claimed claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 0);
    test_execute(*state, "UPDATE amsync.work SET due_at = now() - interval '1 hour',"
                         " quiet_until = now() + interval '1 hour'");
    claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 0);
    claimed = test_claim_alone(*state);
    assert_int_equal(claimed.count, 0);
    test_execute(*state, "UPDATE amsync.work SET quiet_until = now() - interval '1 second'");
    claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    test_claimed_free(&claimed);
}

static void
a_customer_with_many_orders_does_not_block_others(void **state)
{
    /* A thousand of one customer, then one each of three others. */
    test_save_orders(*state, "BIG", 1000, "C1");
    (void)test_save_order(*state, "A1", "C2");
    (void)test_save_order(*state, "B1", "C3");
    (void)test_save_order(*state, "C1", "C4");
    test_execute(*state, "SELECT pg_sleep(0.01)");
    struct test_claimed claimed = test_claim(*state, 60);
    bool seen[3] = {false};
    for (size_t i = 0; i < claimed.count; i++) {
        seen[0] = seen[0] || strcmp(claimed.orders[i]->order_nbr, "A1") == 0;
        seen[1] = seen[1] || strcmp(claimed.orders[i]->order_nbr, "B1") == 0;
        seen[2] = seen[2] || strcmp(claimed.orders[i]->order_nbr, "C1") == 0;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    /* And no capacity is left unused. */
    assert_int_equal(claimed.count, 60);
    test_claimed_free(&claimed);
}

static void
a_first_order_stands_with_the_one_whose_turn_it_is(void **state)
{
    /* A backlog of ten minutes: all turns are past, and those of the customer's last orders, too. */
    test_save_orders(*state, "BIG", 10, "C1");
    test_execute(*state, "UPDATE amsync.work SET due_at = due_at - interval '10 minutes',"
                         " turn_at = turn_at - interval '10 minutes'");
    (void)test_save_order(*state, "A1", "C2");
    (void)test_save_order(*state, "B1", "C3");
    test_save_orders(*state, "MORE", 10, "C2");
    test_execute(*state, "SELECT pg_sleep(0.01)");
    struct test_claimed claimed = test_claim(*state, 6);
    char order[64] = "";
    for (size_t i = 0; i < claimed.count; i++)
        (void)snprintf(order + strlen(order), sizeof(order) - strlen(order), " %s",
                       claimed.orders[i]->order_nbr);
    assert_string_equal(order, " BIG0 A1 B1 BIG1 MORE0 BIG2");
    test_claimed_free(&claimed);
}

static void
what_has_been_due_for_longest_can_be_asked_for(void **state)
{
    (void)test_save_order(*state, "OLD", "C1");
    test_execute(*state, "UPDATE amsync.work SET due_at = now() - interval '1 hour',"
                         " turn_at = now() - interval '1 second'");
    (void)test_save_order(*state, "FIRST", "C2");
    test_execute(*state, "UPDATE amsync.work SET turn_at = now() - interval '2 hours'"
                         " WHERE due_at > now() - interval '1 minute'");
    struct test_claimed claimed = test_claim(*state, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "FIRST");
    (void)test_record(*state, test_outcome_of(&claimed, 0));
    test_claimed_free(&claimed);
    (void)test_save_order(*state, "SECOND", "C2");
    test_execute(*state, "UPDATE amsync.work SET turn_at = now() - interval '2 hours'"
                         " WHERE due_at > now() - interval '1 minute'");
    claimed = test_claim_with(
        *state, (struct claim_request){
                    .max_new = 1, .max_known = 1, .lease_ms = LEASE_MS, .longest_due_first = true});
    assert_string_equal(claimed.orders[0]->order_nbr, "OLD");
    test_claimed_free(&claimed);
}

static void
an_ended_lease_is_a_crash_and_such_an_order_is_handled_alone(void **state)
{
    bool due = true;
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    struct test_claimed claimed = test_claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    test_claimed_free(&claimed);
    assert_ok(work_alone_is_due(*state, &due, &err), err);
    assert_false(due);
    test_end_leases(*state);

    /* Others go on; the crashed one waits until it can be alone. */
    claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO2");
    (void)test_record(*state, test_outcome_of(&claimed, 0));
    test_claimed_free(&claimed);
    assert_int_equal(test_int64("SELECT max(crashes) FROM amsync.work"), 1);
    assert_ok(work_alone_is_due(*state, &due, &err), err);
    assert_true(due);

    claimed = test_claim_alone(*state);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO1");
    assert_true(claimed.orders[0]->alone);
    assert_int_equal(claimed.orders[0]->crashes, 1);
    (void)test_record(*state, test_outcome_of(&claimed, 0));
    test_claimed_free(&claimed);
    assert_int_equal(test_int64("SELECT max(crashes) FROM amsync.work"), 0);
}

static void
an_order_that_crashes_three_times_alone_is_parked(void **state)
{
    int64_t id = test_save_order(*state, "SO1", NULL);
    struct test_claimed claimed = test_claim(*state, 1);
    test_claimed_free(&claimed);
    for (int crash = 1; crash <= 3; crash++) {
        test_end_leases(*state);
        claimed = test_claim_alone(*state);
        assert_int_equal(claimed.count, 1);
        assert_int_equal(claimed.orders[0]->crashes, crash);
        test_claimed_free(&claimed);
    }
    test_end_leases(*state);
    claimed = test_claim_alone(*state);
    assert_int_equal(claimed.count, 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 0);
    char *parked = test_text("SELECT o.state || ': ' || o.reason || ', ' || d.state || ', '"
                             " || l.status || ' ' || l.order_nbr FROM amsync.sales_order AS o"
                             " JOIN amsync.document AS d ON d.sales_order_id = o.id"
                             " JOIN amsync.connector_log AS l ON l.sales_order_id = o.id");
    assert_string_equal(parked, "failed: its handling crashed, failed, failed SO1");
    free(parked);

    /* Something new brings it back. */
    assert_true(test_save_order(*state, "SO1", NULL) == id);
    claimed = test_claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    test_claimed_free(&claimed);
}

static void
a_claim_given_back_is_no_crash(void **state)
{
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    struct test_claimed claimed = test_claim(*state, 1);
    assert_ok(claims_give_back(*state, claimed.orders, claimed.count, &err), err);
    test_claimed_free(&claimed);
    claimed = test_claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    assert_int_equal(claimed.orders[0]->crashes, 0);
    test_claimed_free(&claimed);
}

static void
numbers_are_fixed_once(void **state)
{
    const char *const ids[] = {"ACU-SO-SO1", "ACU-SO-SO2"};
    const char *const other_ids[] = {"X-1", "X-2"};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    struct test_claimed claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 2);
    assert_ok(work_fix_numbers(*state, claimed.orders, ids, 2, 3, &err), err);
    assert_ok(work_fix_numbers(*state, claimed.orders, other_ids, 2, 4, &err), err);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(claimed.orders[i]->magento_increment_id, ids[i]);
        assert_int_equal(claimed.orders[i]->magento_store_id, 3);
    }
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order WHERE"
                                " magento_increment_id = 'ACU-SO-' || order_nbr"
                                " AND magento_store_id = 3"),
                     2);
    test_claimed_free(&claimed);
}

static void
numbers_are_drawn_from_the_sequence(void **state)
{
    const char *const none[] = {NULL, NULL};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    struct test_claimed claimed = test_claim(*state, 5);
    assert_ok(work_fix_numbers(*state, claimed.orders, none, 2, 1, &err), err);
    assert_non_null(claimed.orders[0]->magento_increment_id);
    assert_non_null(claimed.orders[1]->magento_increment_id);
    assert_string_not_equal(claimed.orders[0]->magento_increment_id,
                            claimed.orders[1]->magento_increment_id);
    test_claimed_free(&claimed);
}

static void
an_order_whose_claim_is_over_gets_no_number(void **state)
{
    const char *const ids[] = {"ACU-SO-SO1"};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    struct test_claimed claimed = test_claim(*state, 5);
    test_execute(*state, "UPDATE amsync.work SET claim = gen_random_uuid()");
    assert_ok(work_fix_numbers(*state, claimed.orders, ids, 1, 1, &err), err);
    assert_null(claimed.orders[0]->magento_increment_id);
    assert_int_equal(test_int64("SELECT count(magento_increment_id) FROM amsync.sales_order"), 0);
    test_claimed_free(&claimed);
}

static void
a_refused_number_is_forgotten(void **state)
{
    const char *const ids[] = {"ACU-SO-SO1"};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    struct test_claimed claimed = test_claim(*state, 5);
    assert_ok(work_fix_numbers(*state, claimed.orders, ids, 1, 1, &err), err);
    struct outcome *outcome = test_outcome_of(&claimed, 0);
    test_claimed_free(&claimed);
    outcome->done = true;
    outcome->forget_number = true;
    assert_int_equal(test_record(*state, outcome), 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order WHERE number_may_differ"
                                " AND magento_increment_id IS NULL AND magento_store_id IS NULL"),
                     1);
}

static void
an_unreadable_order_is_left_to_its_lease(void **state)
{
    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    test_execute(*state,
                 "UPDATE amsync.document_body SET"
                 " body = (repeat('[', 100) || repeat(']', 100))::json"
                 " WHERE document_id = (SELECT min(document_id) FROM amsync.document_body)");
    struct test_claimed claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO2");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"), 2);
    test_claimed_free(&claimed);
}

static void
an_order_is_read_without_claiming(void **state)
{
    struct claimed_order *order = NULL;
    struct error err;

    int64_t id = test_save_order(*state, "SO1", NULL);
    assert_ok(work_read(*state, id, &order, &err), err);
    assert_string_equal(order->order_nbr, "SO1");
    claimed_order_free(&order);
    assert_int_equal(work_read(*state, id + 1000, &order, &err), RESULT_NONE);
    assert_int_equal(test_int64("SELECT count(claim) FROM amsync.work"), 0);
}

static void
claiming_and_giving_back_writes_no_index(void **state)
{
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    for (int i = 0; i < 5; i++) {
        struct test_claimed claimed = test_claim(*state, 1);
        assert_int_equal(claimed.count, 1);
        assert_ok(claims_give_back(*state, claimed.orders, 1, &err), err);
        test_claimed_free(&claimed);
    }
    database_close((struct database **)state);
    /* The statistics of a session are complete once it has ended. */
    int64_t updates = 0;
    for (int64_t end = clock_boottime_ms() + 20000; updates < 10 && clock_boottime_ms() < end;)
        updates = test_int64("SELECT n_tup_upd FROM pg_stat_user_tables"
                             " WHERE schemaname = 'amsync' AND relname = 'work'");
    *state = test_open();
    assert_true(updates >= 10);
    assert_int_equal(test_int64("SELECT n_tup_upd - n_tup_hot_upd FROM pg_stat_user_tables"
                                " WHERE schemaname = 'amsync' AND relname = 'work'"),
                     0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_work_set_up, test_work_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(claiming_and_giving_back_writes_no_index),
        TEST(a_claim_has_all_that_is_known),
        TEST(two_claimers_never_get_the_same_order),
        TEST(a_locked_row_is_passed_by),
        TEST(lanes_have_their_own_room),
        TEST(what_is_not_due_or_quiet_is_left_alone),
        TEST(a_customer_with_many_orders_does_not_block_others),
        TEST(a_first_order_stands_with_the_one_whose_turn_it_is),
        TEST(what_has_been_due_for_longest_can_be_asked_for),
        TEST(an_ended_lease_is_a_crash_and_such_an_order_is_handled_alone),
        TEST(an_order_that_crashes_three_times_alone_is_parked),
        TEST(a_claim_given_back_is_no_crash),
        TEST(numbers_are_fixed_once),
        TEST(numbers_are_drawn_from_the_sequence),
        TEST(an_order_whose_claim_is_over_gets_no_number),
        TEST(a_refused_number_is_forgotten),
        TEST(an_unreadable_order_is_left_to_its_lease),
        TEST(an_order_is_read_without_claiming),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
