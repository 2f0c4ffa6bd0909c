/* What is recorded of an order that was worked on. */
#include "work_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
an_outcome_writes_everything(void **state)
{
    int64_t id = test_save_order(*state, "SO1", "C1");
    struct test_claimed claimed = test_claim(*state, 1);
    struct outcome *outcome = test_outcome_of(&claimed, 0);
    test_claimed_free(&claimed);

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
    assert_int_equal(test_record(*state, outcome), 0);

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
    struct test_claimed claimed = test_claim(*state, 1);
    struct outcome *outcome = test_outcome_of(&claimed, 0);
    test_claimed_free(&claimed);
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
    assert_int_equal(test_record(*state, outcome), 0);
    char *document = test_text("SELECT d.state || d.attempts || d.magento_entity_id || o.state"
                               " FROM amsync.document AS d, amsync.sales_order AS o");
    assert_string_equal(document, "pending05pending");
    free(document);
    claimed = test_claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    assert_true(claimed.orders[0]->revision == 2);
    test_claimed_free(&claimed);
}

static void
an_outcome_without_its_claim_is_dropped(void **state)
{
    (void)test_save_order(*state, "SO1", "C1");
    struct test_claimed claimed = test_claim(*state, 1);
    struct outcome *outcome = test_outcome_of(&claimed, 0);
    test_claimed_free(&claimed);
    test_end_leases(*state);
    claimed = test_claim(*state, 1);
    assert_int_equal(claimed.count, 0);
    claimed = test_claim_alone(*state);
    assert_int_equal(claimed.count, 1);

    outcome->done = true;
    outcome->magento_entity_id = 345;
    assert_int_equal(test_record(*state, outcome), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"), 1);
    assert_int_equal(test_int64("SELECT count(magento_entity_id) FROM amsync.sales_order"), 0);
    test_claimed_free(&claimed);
}

static void
an_order_to_be_tried_again_is_due_then_and_quiet_before(void **state)
{
    (void)test_save_order(*state, "SO1", "C1");
    struct test_claimed claimed = test_claim(*state, 1);
    struct outcome *outcome = test_outcome_of(&claimed, 0);
    test_claimed_free(&claimed);
    outcome->again_in_ms = 1000;
    outcome->quiet_for_ms = 100000;
    outcome->magento_entity_id = 9;
    assert_int_equal(test_record(*state, outcome), 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE lane = 1"
                                " AND claim IS NULL AND due_at = quiet_until"
                                " AND due_at > now() + interval '90 seconds'"),
                     1);
    /* Not even something new breaks the quiet. */
    (void)test_save_order(*state, "SO1", "C1");
    claimed = test_claim(*state, 5);
    assert_int_equal(claimed.count, 0);
}

static void
news_during_the_work_do_not_shorten_what_magento_asked_for(void **state)
{
    static const char IN_A_WHILE[] = "SELECT count(*) FROM amsync.work WHERE claim IS NULL"
                                     " AND due_at > now() + interval '90 seconds'";

    (void)test_save_order(*state, "SO1", "C1");
    struct test_claimed claimed = test_claim(*state, 1);
    struct outcome *outcome = test_outcome_of(&claimed, 0);
    test_claimed_free(&claimed);
    (void)test_save_order(*state, "SO1", "C1");
    outcome->again_in_ms = 100000;
    outcome->retry_after_ms = 100000;
    assert_int_equal(test_record(*state, outcome), 0);
    assert_int_equal(test_int64(IN_A_WHILE), 1);
    (void)test_save_order(*state, "SO1", "C1");
    assert_int_equal(test_int64(IN_A_WHILE), 1);
}

static void
an_order_that_is_due_again_at_once_keeps_its_place(void **state)
{
    (void)test_save_order(*state, "SO1", "C1");
    char *before = test_text("SELECT due_at || ' ' || turn_at FROM amsync.work");
    struct test_claimed claimed = test_claim(*state, 1);
    struct outcome *outcome = test_outcome_of(&claimed, 0);
    test_claimed_free(&claimed);
    assert_int_equal(test_record(*state, outcome), 0);
    char *after = test_text("SELECT due_at || ' ' || turn_at FROM amsync.work");
    assert_string_equal(after, before);
    free(before);
    free(after);
    claimed = test_claim(*state, 1);
    assert_int_equal(claimed.count, 1);
    test_claimed_free(&claimed);
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

    struct test_claimed claimed = test_claim(database, count);
    assert_int_equal(claimed.count, count);
    int64_t before = work_rows_read(database);
    assert_ok(work_fix_numbers(database, claimed.orders, ids, count, 1, &err), err);
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = test_outcome_of(&claimed, i);
        outcomes[i]->done = true;
    }
    assert_ok(outcomes_record(database, outcomes, count, &dropped, &err), err);
    assert_int_equal(dropped, 0);
    const char *number = outcomes[0]->order->order_nbr;
    (void)test_save_order(database, number, number);
    for (size_t i = 0; i < count; i++)
        outcome_free(&outcomes[i]);
    test_claimed_free(&claimed);
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
    for (int times = 0; times < 7; times++) /* PostgreSQL keeps a plan from the sixth time on */
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_work_set_up, test_work_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_outcome_writes_everything),
        TEST(an_order_raised_meanwhile_stays_due_and_a_newer_version_keeps_its_state),
        TEST(an_outcome_without_its_claim_is_dropped),
        TEST(an_order_to_be_tried_again_is_due_then_and_quiet_before),
        TEST(news_during_the_work_do_not_shorten_what_magento_asked_for),
        TEST(an_order_that_is_due_again_at_once_keeps_its_place),
        TEST(however_many_wait_only_those_in_hand_are_read),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
