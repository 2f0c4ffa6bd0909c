#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/outcome.h"
#include "store/work.h"

#define LEASE_MS 60000

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

struct claimed {
    struct claimed_order **orders;
    size_t count;
};

static void
claimed_free(struct claimed *claimed)
{
    for (size_t i = 0; i < claimed->count; i++)
        claimed_order_free(&claimed->orders[i]);
    free(claimed->orders);
    *claimed = (struct claimed){0};
}

static struct claimed
claim_with(struct database *database, struct claim_request request)
{
    struct claimed claimed = {0};
    unsigned wait_ms = 0;
    struct error err;
    enum result result =
        work_claim(database, &request, &claimed.orders, &claimed.count, &wait_ms, &err);

    if (result == RESULT_NONE)
        assert_in_range(wait_ms, 1, 1000);
    else
        assert_ok(result, err);
    return claimed;
}

static struct claimed
claim(struct database *database, size_t max)
{
    return claim_with(database, (struct claim_request){.max_new = max,
                                                       .max_known = max,
                                                       .lease_ms = LEASE_MS,
                                                       .alone_allowed = false});
}

static struct claimed
claim_alone(struct database *database)
{
    return claim_with(
        database, (struct claim_request){
                      .max_new = 10, .max_known = 10, .lease_ms = LEASE_MS, .alone_allowed = true});
}

/* What passing time does to a lease. */
static void
end_leases(struct database *database)
{
    test_execute(database, "UPDATE amsync.work SET lease_until = now() - interval '1 second'"
                           " WHERE claim IS NOT NULL");
}

static struct outcome *
outcome_of(struct claimed *claimed, size_t index)
{
    struct outcome *outcome = outcome_new(claimed->orders[index]);

    assert_non_null(outcome);
    claimed->orders[index] = NULL;
    return outcome;
}

static size_t
record(struct database *database, struct outcome *outcome)
{
    struct outcome *const outcomes[] = {outcome};
    size_t dropped = 99;
    struct error err;

    assert_ok(outcomes_record(database, outcomes, 1, &dropped, &err), err);
    outcome_free(&outcome);
    return dropped;
}

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
    struct claimed claimed = claim(*state, 5);

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
    claimed_free(&claimed);
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
        struct claimed claimed = claim(round % 2 == 0 ? *state : other, 10);
        assert_int_equal(claimed.count, 10);
        for (size_t i = 0; i < claimed.count; i++) {
            int64_t index = claimed.orders[i]->sales_order_id - first;
            assert_in_range(index, 0, 39);
            assert_false(seen[index]);
            seen[index] = true;
        }
        claimed_free(&claimed);
    }
    struct claimed nothing = claim(other, 10);
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
    struct claimed claimed = claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO2");
    claimed_free(&claimed);
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
    struct claimed claimed = claim_with(
        *state, (struct claim_request){.max_new = 3, .max_known = 1, .lease_ms = LEASE_MS});
    int known = 0;
    for (size_t i = 0; i < claimed.count; i++)
        known += claimed.orders[i]->lane == LANE_KNOWN;
    assert_int_equal(claimed.count, 4);
    assert_int_equal(known, 1);
    claimed_free(&claimed);
}

static void
what_is_not_due_or_quiet_is_left_alone(void **state)
{
    (void)test_save_order(*state, "SO1", NULL);
    test_execute(*state, "UPDATE amsync.work SET due_at = now() + interval '1 hour'");
    struct claimed claimed = claim(*state, 5);
    assert_int_equal(claimed.count, 0);
    test_execute(*state, "UPDATE amsync.work SET due_at = now() - interval '1 hour',"
                         " quiet_until = now() + interval '1 hour'");
    claimed = claim(*state, 5);
    assert_int_equal(claimed.count, 0);
    claimed = claim_alone(*state);
    assert_int_equal(claimed.count, 0);
    test_execute(*state, "UPDATE amsync.work SET quiet_until = now() - interval '1 second'");
    claimed = claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    claimed_free(&claimed);
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
    struct claimed claimed = claim(*state, 60);
    bool seen[3] = {false};
    for (size_t i = 0; i < claimed.count; i++) {
        seen[0] = seen[0] || strcmp(claimed.orders[i]->order_nbr, "A1") == 0;
        seen[1] = seen[1] || strcmp(claimed.orders[i]->order_nbr, "B1") == 0;
        seen[2] = seen[2] || strcmp(claimed.orders[i]->order_nbr, "C1") == 0;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    /* And no capacity is left unused. */
    assert_int_equal(claimed.count, 60);
    claimed_free(&claimed);
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
    struct claimed claimed = claim(*state, 6);
    char order[64] = "";
    for (size_t i = 0; i < claimed.count; i++)
        (void)snprintf(order + strlen(order), sizeof(order) - strlen(order), " %s",
                       claimed.orders[i]->order_nbr);
    assert_string_equal(order, " BIG0 A1 B1 BIG1 MORE0 BIG2");
    claimed_free(&claimed);
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
    struct claimed claimed = claim(*state, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "FIRST");
    (void)record(*state, outcome_of(&claimed, 0));
    claimed_free(&claimed);
    (void)test_save_order(*state, "SECOND", "C2");
    test_execute(*state, "UPDATE amsync.work SET turn_at = now() - interval '2 hours'"
                         " WHERE due_at > now() - interval '1 minute'");
    claimed = claim_with(
        *state, (struct claim_request){
                    .max_new = 1, .max_known = 1, .lease_ms = LEASE_MS, .longest_due_first = true});
    assert_string_equal(claimed.orders[0]->order_nbr, "OLD");
    claimed_free(&claimed);
}

static void
an_ended_lease_is_a_crash_and_such_an_order_is_handled_alone(void **state)
{
    bool due = true;
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    struct claimed claimed = claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    claimed_free(&claimed);
    assert_ok(work_alone_is_due(*state, &due, &err), err);
    assert_false(due);
    end_leases(*state);

    /* Others go on; the crashed one waits until it can be alone. */
    claimed = claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO2");
    (void)record(*state, outcome_of(&claimed, 0));
    claimed_free(&claimed);
    assert_int_equal(test_int64("SELECT max(crashes) FROM amsync.work"), 1);
    assert_ok(work_alone_is_due(*state, &due, &err), err);
    assert_true(due);

    claimed = claim_alone(*state);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO1");
    assert_true(claimed.orders[0]->alone);
    assert_int_equal(claimed.orders[0]->crashes, 1);
    (void)record(*state, outcome_of(&claimed, 0));
    claimed_free(&claimed);
    assert_int_equal(test_int64("SELECT max(crashes) FROM amsync.work"), 0);
}

static void
an_order_that_crashes_three_times_alone_is_parked(void **state)
{
    int64_t id = test_save_order(*state, "SO1", NULL);
    struct claimed claimed = claim(*state, 1);
    claimed_free(&claimed);
    for (int crash = 1; crash <= 3; crash++) {
        end_leases(*state);
        claimed = claim_alone(*state);
        assert_int_equal(claimed.count, 1);
        assert_int_equal(claimed.orders[0]->crashes, crash);
        claimed_free(&claimed);
    }
    end_leases(*state);
    claimed = claim_alone(*state);
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
    claimed = claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    claimed_free(&claimed);
}

static void
a_claim_given_back_is_no_crash(void **state)
{
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    struct claimed claimed = claim(*state, 1);
    assert_ok(claims_give_back(*state, claimed.orders, claimed.count, &err), err);
    claimed_free(&claimed);
    claimed = claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    assert_int_equal(claimed.orders[0]->crashes, 0);
    claimed_free(&claimed);
}

static void
an_outcome_writes_everything(void **state)
{
    int64_t id = test_save_order(*state, "SO1", "C1");
    struct claimed claimed = claim(*state, 1);
    struct outcome *outcome = outcome_of(&claimed, 0);
    claimed_free(&claimed);

    outcome->done = true;
    outcome->magento_entity_id = 345;
    outcome->held_by_amsync = 1;
    outcome->sent = json_pack("{s:s}", "total", "127.50");
    outcome->documents = calloc(1, sizeof(*outcome->documents));
    outcome->document_count = 1;
    outcome->documents[0] = (struct document_outcome){
        .document_id = outcome->order->documents[0].id,
        .version = outcome->order->documents[0].version,
        .state = STATE_PUBLISHED,
        .reason = strdup("published"),
        .attempts = 2,
        .magento_increment_id = strdup("000000001"),
    };
    outcome->lines = calloc(2, sizeof(*outcome->lines));
    outcome->line_count = 2;
    outcome->lines[0] = (struct claimed_line){.line_nbr = 1, .magento_item_id = 11};
    outcome->lines[1] = (struct claimed_line){.line_nbr = 2, .magento_item_id = 12};
    outcome->log = calloc(1, sizeof(*outcome->log));
    outcome->log_count = 1;
    outcome->log[0] = (struct log_line){
        .sales_order_id = id,
        .entity = strdup("order"),
        .action = strdup("create"),
        .status = strdup("published"),
        .order_nbr = strdup("SO1"),
        .message = strdup("SO1 published"),
        .http_status = 200,
        .duration_ms = 12,
    };
    assert_int_equal(record(*state, outcome), 0);

    char *order = test_text("SELECT magento_entity_id || ' ' || held_by_amsync || ' ' || sent"
                            " || ' ' || state || ' ' || reason FROM amsync.sales_order");
    assert_string_equal(order, "345 true {\"total\":\"127.50\"} published published");
    free(order);
    char *document = test_text("SELECT state || ' ' || attempts || ' ' || magento_increment_id"
                               " || ' ' || (magento_entity_id IS NULL) FROM amsync.document");
    assert_string_equal(document, "published 2 000000001 true");
    free(document);
    assert_int_equal(test_int64("SELECT sum(magento_item_id) FROM amsync.order_line"), 23);
    char *log = test_text("SELECT entity || action || status || order_nbr || message"
                          " || http_status || duration_ms || (attempt IS NULL)"
                          " FROM amsync.connector_log");
    assert_string_equal(log, "ordercreatepublishedSO1SO1 published20012true");
    free(log);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 0);
}

static void
an_order_raised_meanwhile_stays_due_and_a_newer_version_keeps_its_state(void **state)
{
    (void)test_save_order(*state, "SO1", "C1");
    struct claimed claimed = claim(*state, 1);
    struct outcome *outcome = outcome_of(&claimed, 0);
    claimed_free(&claimed);
    (void)test_save_order(*state, "SO1", "C1");

    outcome->done = true;
    outcome->documents = calloc(1, sizeof(*outcome->documents));
    outcome->document_count = 1;
    outcome->documents[0] = (struct document_outcome){
        .document_id = outcome->order->documents[0].id,
        .version = outcome->order->documents[0].version,
        .state = STATE_FAILED,
        .attempts = 7,
        .magento_entity_id = 5,
    };
    assert_int_equal(record(*state, outcome), 0);
    char *document = test_text("SELECT d.state || d.attempts || d.magento_entity_id || o.state"
                               " FROM amsync.document AS d, amsync.sales_order AS o");
    assert_string_equal(document, "pending05pending");
    free(document);
    claimed = claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    assert_true(claimed.orders[0]->revision == 2);
    claimed_free(&claimed);
}

static void
an_outcome_without_its_claim_is_dropped(void **state)
{
    (void)test_save_order(*state, "SO1", "C1");
    struct claimed claimed = claim(*state, 1);
    struct outcome *outcome = outcome_of(&claimed, 0);
    claimed_free(&claimed);
    end_leases(*state);
    claimed = claim(*state, 1);
    assert_int_equal(claimed.count, 0);
    claimed = claim_alone(*state);
    assert_int_equal(claimed.count, 1);

    outcome->done = true;
    outcome->magento_entity_id = 345;
    assert_int_equal(record(*state, outcome), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"), 1);
    assert_int_equal(test_int64("SELECT count(magento_entity_id) FROM amsync.sales_order"), 0);
    claimed_free(&claimed);
}

static void
an_order_to_be_tried_again_is_due_then_and_quiet_before(void **state)
{
    (void)test_save_order(*state, "SO1", "C1");
    struct claimed claimed = claim(*state, 1);
    struct outcome *outcome = outcome_of(&claimed, 0);
    claimed_free(&claimed);
    outcome->again_in_ms = 1000;
    outcome->quiet_for_ms = 100000;
    outcome->magento_entity_id = 9;
    assert_int_equal(record(*state, outcome), 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE lane = 1"
                                " AND claim IS NULL AND due_at = quiet_until"
                                " AND due_at > now() + interval '90 seconds'"),
                     1);
    /* Not even something new breaks the quiet. */
    (void)test_save_order(*state, "SO1", "C1");
    claimed = claim(*state, 5);
    assert_int_equal(claimed.count, 0);
}

static void
an_order_that_is_due_again_at_once_keeps_its_place(void **state)
{
    (void)test_save_order(*state, "SO1", "C1");
    char *before = test_text("SELECT due_at || ' ' || turn_at FROM amsync.work");
    struct claimed claimed = claim(*state, 1);
    struct outcome *outcome = outcome_of(&claimed, 0);
    claimed_free(&claimed);
    assert_int_equal(record(*state, outcome), 0);
    char *after = test_text("SELECT due_at || ' ' || turn_at FROM amsync.work");
    assert_string_equal(after, before);
    free(before);
    free(after);
    claimed = claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    claimed_free(&claimed);
}

/* How many rows of the queue have been read so far, by all. */
static int64_t
work_rows_read(struct database *database)
{
    test_execute(database, "SELECT pg_stat_force_next_flush()");
    return test_int64("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables"
                      " WHERE schemaname = 'amsync' AND relname = 'work'");
}

/* Claims so many, numbers them and records that they are done; how many rows of the queue numbering,
 * recording and raising one of them anew read. */
static int64_t
rows_read_for(struct database *database, size_t count)
{
    const char *const ids[] = {"A-1", "A-2", "A-3"};
    struct outcome *outcomes[3];
    size_t dropped;
    struct error err;

    struct claimed claimed = claim(database, count);
    assert_int_equal(claimed.count, count);
    int64_t before = work_rows_read(database);
    assert_ok(work_fix_numbers(database, claimed.orders, ids, count, 1, &err), err);
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = outcome_of(&claimed, i);
        outcomes[i]->done = true;
    }
    assert_ok(outcomes_record(database, outcomes, count, &dropped, &err), err);
    assert_int_equal(dropped, 0);
    const char *number = outcomes[0]->order->order_nbr;
    (void)test_save_order(database, number, number);
    for (size_t i = 0; i < count; i++)
        outcome_free(&outcomes[i]);
    claimed_free(&claimed);
    return work_rows_read(database) - before;
}

/* At rest the queue is empty, and plans are made for that. */
static void
however_many_wait_only_those_in_hand_are_read(void **state)
{
    enum { ORDERS = 300 };
    struct error err;

    assert_ok(database_avoid_scans(*state, &err), err); /* as those connections */
    (void)test_save_order(*state, "SO1", "SO1");
    for (int times = 0; times < 7; times++)
        (void)rows_read_for(*state, 1);
    test_execute(*state, "DELETE FROM amsync.work");
    test_execute(*state, "ANALYZE");
    for (int i = 0; i < ORDERS; i++) {
        char number[16];

        (void)snprintf(number, sizeof(number), "SO%04d", i);
        (void)test_save_order(*state, number, number); /* each of another customer */
    }
    assert_true(rows_read_for(*state, 3) < ORDERS);
}

static void
numbers_are_fixed_once(void **state)
{
    const char *const ids[] = {"ACU-SO-SO1", "ACU-SO-SO2"};
    const char *const other_ids[] = {"X-1", "X-2"};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    struct claimed claimed = claim(*state, 5);
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
    claimed_free(&claimed);
}

static void
numbers_are_drawn_from_the_sequence(void **state)
{
    const char *const none[] = {NULL, NULL};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    (void)test_save_order(*state, "SO2", NULL);
    struct claimed claimed = claim(*state, 5);
    assert_ok(work_fix_numbers(*state, claimed.orders, none, 2, 1, &err), err);
    assert_non_null(claimed.orders[0]->magento_increment_id);
    assert_non_null(claimed.orders[1]->magento_increment_id);
    assert_string_not_equal(claimed.orders[0]->magento_increment_id,
                            claimed.orders[1]->magento_increment_id);
    claimed_free(&claimed);
}

static void
an_order_whose_claim_is_over_gets_no_number(void **state)
{
    const char *const ids[] = {"ACU-SO-SO1"};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    struct claimed claimed = claim(*state, 5);
    test_execute(*state, "UPDATE amsync.work SET claim = gen_random_uuid()");
    assert_ok(work_fix_numbers(*state, claimed.orders, ids, 1, 1, &err), err);
    assert_null(claimed.orders[0]->magento_increment_id);
    assert_int_equal(test_int64("SELECT count(magento_increment_id) FROM amsync.sales_order"), 0);
    claimed_free(&claimed);
}

static void
a_refused_number_is_forgotten(void **state)
{
    const char *const ids[] = {"ACU-SO-SO1"};
    struct error err;

    (void)test_save_order(*state, "SO1", NULL);
    struct claimed claimed = claim(*state, 5);
    assert_ok(work_fix_numbers(*state, claimed.orders, ids, 1, 1, &err), err);
    struct outcome *outcome = outcome_of(&claimed, 0);
    claimed_free(&claimed);
    outcome->done = true;
    outcome->forget_number = true;
    assert_int_equal(record(*state, outcome), 0);
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
    struct claimed claimed = claim(*state, 5);
    assert_int_equal(claimed.count, 1);
    assert_string_equal(claimed.orders[0]->order_nbr, "SO2");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"), 2);
    claimed_free(&claimed);
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
        struct claimed claimed = claim(*state, 1);
        assert_int_equal(claimed.count, 1);
        assert_ok(claims_give_back(*state, claimed.orders, 1, &err), err);
        claimed_free(&claimed);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

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
        TEST(an_outcome_writes_everything),
        TEST(an_order_raised_meanwhile_stays_due_and_a_newer_version_keeps_its_state),
        TEST(an_outcome_without_its_claim_is_dropped),
        TEST(an_order_to_be_tried_again_is_due_then_and_quiet_before),
        TEST(an_order_that_is_due_again_at_once_keeps_its_place),
        TEST(however_many_wait_only_those_in_hand_are_read),
        TEST(numbers_are_fixed_once),
        TEST(numbers_are_drawn_from_the_sequence),
        TEST(an_order_whose_claim_is_over_gets_no_number),
        TEST(a_refused_number_is_forgotten),
        TEST(an_unreadable_order_is_left_to_its_lease),
        TEST(an_order_is_read_without_claiming),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
