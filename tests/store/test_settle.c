#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "store/order_retry.h"
#include "store/order_sync.h"
#include "store/outcome.h"
#include "store/settle.h"
#include "store/work.h"

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
assert_text(const char *sql, const char *expected)
{
    char *text = test_text(sql);

    assert_string_equal(text, expected);
    free(text);
}

/* SO1 in a state, with nothing due. */
static int64_t
make_order(struct database *database, const char *document_state)
{
    int64_t id = test_save_order(database, "SO1", "C1");
    char sql[300];

    (void)snprintf(sql, sizeof(sql),
                   "UPDATE amsync.document SET state = '%s', reason = 'why', attempts = 3;"
                   "UPDATE amsync.sales_order SET state = '%s', reason = 'why';"
                   "TRUNCATE amsync.work",
                   document_state, document_state);
    test_execute(database, sql);
    return id;
}

static struct settling
settling_of(int64_t sales_order_id, enum settlement settlement)
{
    return (struct settling){
        .sales_order_id = sales_order_id,
        .kind = DOCUMENT_ORDER,
        .number = "SO1",
        .settlement = settlement,
        .note = "seen to by hand",
    };
}

static void
settlements_have_names(void **state)
{
    enum settlement settlement;

    (void)state;
    assert_int_equal(settlement_from_name("done", &settlement), RESULT_OK);
    assert_int_equal(settlement, SETTLEMENT_DONE);
    assert_int_equal(settlement_from_name("ignored", &settlement), RESULT_OK);
    assert_int_equal(settlement, SETTLEMENT_IGNORED);
    assert_int_equal(settlement_from_name("open", &settlement), RESULT_OK);
    assert_int_equal(settlement, SETTLEMENT_NONE);
    assert_int_equal(settlement_from_name("gone", &settlement), RESULT_REJECTED);
}

static void
what_waits_can_be_settled_and_the_order_is_due(void **state)
{
    static const char *const open_states[] = {"waiting", "retrying", "failed"};

    for (size_t i = 0; i < 3; i++) {
        struct error err;
        struct settling settling = settling_of(make_order(*state, open_states[i]), SETTLEMENT_DONE);

        assert_ok(document_settle(*state, &settling, &err), err);
        assert_text("SELECT settled || ' ' || settled_note FROM amsync.document",
                    "done seen to by hand");
        assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"
                                    " WHERE due_at <= clock_timestamp()"),
                         1);
        test_execute(*state, "TRUNCATE amsync.sales_order CASCADE");
    }
    assert_text("SELECT entity || ' ' || status || ' ' || message FROM amsync.connector_log"
                " WHERE action = 'decide' LIMIT 1",
                "order published SO1 settled by a person as done: seen to by hand");
}

static void
what_does_not_wait_cannot_be_settled(void **state)
{
    struct error err;
    struct settling settling = settling_of(make_order(*state, "published"), SETTLEMENT_IGNORED);

    assert_int_equal(document_settle(*state, &settling, &err), RESULT_NONE);
    assert_non_null(strstr(err.text, "order SO1 is published: there is nothing to settle"));
    settling.settlement = SETTLEMENT_NONE;
    assert_int_equal(document_settle(*state, &settling, &err), RESULT_NONE);
    assert_non_null(strstr(err.text, "order SO1 was not settled: it is published"));
    settling.kind = DOCUMENT_SHIPMENT;
    settling.number = "000068";
    assert_int_equal(document_settle(*state, &settling, &err), RESULT_NONE);
    assert_non_null(strstr(err.text, "no notification of shipment 000068 has arrived"));
    settling.sales_order_id++;
    assert_int_equal(document_settle(*state, &settling, &err), RESULT_NONE);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log"), 0);
}

static void
a_settlement_holds_over_new_versions_until_it_is_taken_back(void **state)
{
    struct error err;
    struct settling settling = settling_of(make_order(*state, "waiting"), SETTLEMENT_IGNORED);

    assert_ok(document_settle(*state, &settling, &err), err);
    (void)test_save_order(*state, "SO1", "C1");
    assert_text("SELECT settled FROM amsync.document", "ignored");
    settling.settlement = SETTLEMENT_DONE;
    assert_ok(document_settle(*state, &settling, &err), err);
    assert_text("SELECT settled FROM amsync.document", "done");

    int64_t version = test_int64("SELECT version FROM amsync.document");

    settling.settlement = SETTLEMENT_NONE;
    assert_ok(document_settle(*state, &settling, &err), err);
    assert_text("SELECT concat_ws(' ', state, settled, settled_note) FROM amsync.document",
                "pending");
    assert_int_equal(test_int64("SELECT version FROM amsync.document"), version + 1);
}

static void
a_note_that_is_no_text_is_refused(void **state)
{
    struct error err;
    struct settling settling = settling_of(make_order(*state, "waiting"), SETTLEMENT_DONE);

    settling.note = "\xff";
    assert_int_equal(document_settle(*state, &settling, &err), RESULT_REJECTED);
    assert_text("SELECT count(*) FROM amsync.document WHERE settled IS NOT NULL", "0");
}

static size_t
retry_all(struct database *database, enum document_state document_state, const char *company,
          size_t *ret_calls)
{
    struct retry_walk walk = {.state = document_state, .company = company};
    struct error err;
    enum result result;

    *ret_calls = 0;
    while ((result = orders_retry_some(database, &walk, &err)) == RESULT_OK)
        ++*ret_calls;
    assert_int_equal(result, RESULT_NONE);
    return walk.made_due;
}

static void
all_orders_with_a_failed_document_are_due_in_batches(void **state)
{
    size_t calls;

    test_save_orders(*state, "SO", ORDERS_RETRY_BATCH + 10, "C1");
    test_execute(*state,
                 "UPDATE amsync.document SET state = 'failed', reason = 'why', attempts = 2;"
                 "UPDATE amsync.sales_order SET state = 'failed', reason = 'why';"
                 "UPDATE amsync.document SET state = 'waiting' WHERE number = 'SO7';"
                 "UPDATE amsync.sales_order SET state = 'waiting' WHERE order_nbr = 'SO7';"
                 "UPDATE amsync.sales_order SET company = 'B' WHERE order_nbr = 'SO8';"
                 "TRUNCATE amsync.work");
    assert_int_equal(retry_all(*state, STATE_FAILED, "B", &calls), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 1);
    assert_int_equal(retry_all(*state, STATE_FAILED, NULL, &calls), ORDERS_RETRY_BATCH + 8);
    assert_int_equal(calls, 2);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), ORDERS_RETRY_BATCH + 9);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document WHERE state = 'pending'"
                                " AND reason = '' AND attempts = 0 AND version > 2"),
                     ORDERS_RETRY_BATCH + 9);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order WHERE state = 'pending'"),
                     ORDERS_RETRY_BATCH + 9);
    assert_int_equal(retry_all(*state, STATE_FAILED, NULL, &calls), 0);
}

static void
what_waits_or_is_retried_keeps_its_state_and_counts_anew(void **state)
{
    size_t calls;

    (void)make_order(*state, "waiting");
    assert_int_equal(retry_all(*state, STATE_RETRYING, NULL, &calls), 0);
    assert_int_equal(retry_all(*state, STATE_WAITING, NULL, &calls), 1);
    assert_text("SELECT state || ' ' || reason || ' ' || attempts FROM amsync.document",
                "waiting why 0");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), 1);
}

static void
asking_for_one_order_tries_again_what_failed(void **state)
{
    struct error err;
    int64_t id = make_order(*state, "failed");

    assert_ok(order_sync_now(*state, id, false, &err), err);
    assert_text("SELECT d.state || ' ' || o.state FROM amsync.document AS d"
                " JOIN amsync.sales_order AS o ON o.id = d.sales_order_id",
                "pending pending");
    assert_int_equal(order_sync_now(*state, id + 1, false, &err), RESULT_NONE);
}

/* A reconcile that began before ends with the same failure. */
static void
an_outcome_on_its_way_does_not_undo_it(void **state)
{
    const struct claim_request request = {.max_new = 1, .max_known = 1, .lease_ms = 60000};
    struct claimed_order **orders = NULL;
    size_t count = 0;
    size_t dropped = 0;
    unsigned wait_ms;
    struct error err;
    int64_t id = test_save_order(*state, "SO1", "C1");

    test_execute(*state, "UPDATE amsync.document SET state = 'failed', reason = 'why'");
    assert_ok(work_claim(*state, &request, &orders, &count, &wait_ms, &err), err);
    assert_int_equal(count, 1);

    struct outcome *outcome = outcome_new(orders[0]);

    free(orders);
    outcome->done = true;
    outcome->documents = calloc(1, sizeof(*outcome->documents));
    outcome->document_count = 1;
    outcome->documents[0] = (struct document_outcome){
        .document_id = outcome->order->documents[0].id,
        .version = outcome->order->documents[0].version,
        .state = STATE_FAILED,
        .reason = strdup("why"),
    };
    assert_ok(order_sync_now(*state, id, false, &err), err);
    assert_ok(outcomes_record(*state, &outcome, 1, &dropped, &err), err);
    assert_int_equal(dropped, 0);
    assert_text("SELECT state FROM amsync.document", "pending");
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NULL"
                                " AND due_at <= clock_timestamp()"),
                     1);
    outcome_free(&outcome);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settlements_have_names),
        cmocka_unit_test_setup_teardown(what_waits_can_be_settled_and_the_order_is_due, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(what_does_not_wait_cannot_be_settled, open_one, close_one),
        cmocka_unit_test_setup_teardown(a_settlement_holds_over_new_versions_until_it_is_taken_back,
                                        open_one, close_one),
        cmocka_unit_test_setup_teardown(a_note_that_is_no_text_is_refused, open_one, close_one),
        cmocka_unit_test_setup_teardown(all_orders_with_a_failed_document_are_due_in_batches,
                                        open_one, close_one),
        cmocka_unit_test_setup_teardown(what_waits_or_is_retried_keeps_its_state_and_counts_anew,
                                        open_one, close_one),
        cmocka_unit_test_setup_teardown(asking_for_one_order_tries_again_what_failed, open_one,
                                        close_one),
        cmocka_unit_test_setup_teardown(an_outcome_on_its_way_does_not_undo_it, open_one,
                                        close_one),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
