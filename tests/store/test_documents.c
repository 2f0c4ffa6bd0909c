#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "store/documents.h"

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

static struct document_key
order_key(const char *number)
{
    return (struct document_key){.company = "Company",
                                 .order_type = "SO",
                                 .order_nbr = number,
                                 .kind = DOCUMENT_ORDER,
                                 .type = "SO",
                                 .number = number};
}

static struct document_key
shipment_key(const char *order_nbr, const char *number)
{
    struct document_key key = order_key(order_nbr);

    key.kind = DOCUMENT_SHIPMENT;
    key.type = "";
    key.number = number;
    return key;
}

/* Merges {"header": {"f": {"Status": status}}} into the order and makes it due. */
static void
save_order(struct database *database, const char *number, const char *customer_id)
{
    struct document_key key = order_key(number);
    struct open_documents *open = NULL;
    struct error err;

    assert_ok(database_begin(database, &err), err);
    assert_ok(documents_open(database, &key, 1, &open, &err), err);
    struct open_document *document = open_documents_find(open, &key);
    document->changed = true;
    document->customer_id = customer_id;
    assert_ok(documents_save(database, open, &err), err);
    struct make_due due = {.sales_order_id = document->sales_order_id, .settle_ms = 60000};
    assert_ok(work_make_due(database, &due, 1, &err), err);
    assert_ok(database_commit(database, &err), err);
    open_documents_free(&open);
}

static void
documents_are_made_once_and_found(void **state)
{
    struct document_key keys[] = {shipment_key("SO2", "000068"), order_key("SO1"),
                                  shipment_key("SO1", "000068"), order_key("SO1")};
    struct document_key unknown = order_key("SO2");
    struct open_documents *open = NULL;
    struct error err;

    for (int times = 0; times < 2; times++) {
        assert_ok(database_begin(*state, &err), err);
        assert_ok(documents_open(*state, keys, 4, &open, &err), err);
        assert_int_equal(open_documents_count(open), 3);
        for (size_t i = 0; i < 4; i++) {
            struct open_document *document = open_documents_find(open, &keys[i]);
            assert_non_null(document);
            assert_string_equal(document->key.order_nbr, keys[i].order_nbr);
            assert_non_null(document->body);
            assert_true(document->document_id > 0 && document->sales_order_id > 0);
            assert_false(document->in_magento);
        }
        assert_true(open_documents_find(open, &keys[1])->sales_order_id ==
                    open_documents_find(open, &keys[2])->sales_order_id);
        assert_null(open_documents_find(open, &unknown));
        open_documents_free(&open);
        assert_ok(database_commit(*state, &err), err);
    }
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order"), 2);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document"), 3);
}

enum { BATCH = 50 };

/* Opens and saves the documents of that batch of orders; how many rows opening them read. */
static int64_t
rows_read_by_opening(struct database *database, int batch)
{
    char numbers[BATCH][16];
    struct document_key keys[BATCH];
    struct open_documents *open = NULL;
    struct error err;

    for (int i = 0; i < BATCH; i++) {
        (void)snprintf(numbers[i], sizeof(numbers[i]), "SO%06d", batch * BATCH + i);
        keys[i] = order_key(numbers[i]);
    }
    assert_ok(database_begin(database, &err), err);
    int64_t read_before = test_rows_read(database, "%");
    assert_ok(documents_open(database, keys, BATCH, &open, &err), err);
    assert_int_equal(open_documents_count(open), BATCH);
    int64_t read = test_rows_read(database, "%") - read_before;
    for (size_t i = 0; i < BATCH; i++)
        open_documents_at(open, i)->changed = true;
    assert_ok(documents_save(database, open, &err), err);
    open_documents_free(&open);
    assert_ok(database_commit(database, &err), err);
    return read;
}

/* Plans are made while the tables have few rows, and kept. */
static void
however_many_there_are_only_those_asked_for_are_read(void **state)
{
    enum { BATCHES = 20 };
    struct error err;

    assert_ok(database_avoid_scans(*state, &err), err); /* as intake's connection */
    int64_t first_new = rows_read_by_opening(*state, 0);
    int64_t first_known = rows_read_by_opening(*state, 0);
    int64_t last_new = 0;
    for (int batch = 1; batch < BATCHES; batch++)
        last_new = rows_read_by_opening(*state, batch);
    int64_t last_known = rows_read_by_opening(*state, BATCHES - 1);
    assert_true(first_new > 0 && first_known > 0);
    assert_true(last_new <= 2 * first_new);
    assert_true(last_known <= 2 * first_known);
}

static void
what_is_saved_comes_back_to_the_last_digit(void **state)
{
    struct document_key key = order_key("SO1");
    struct open_documents *open = NULL;
    struct error err;

    assert_ok(database_begin(*state, &err), err);
    assert_ok(documents_open(*state, &key, 1, &open, &err), err);
    struct open_document *document = open_documents_at(open, 0);
    json_t *header = json_object_object(document->body, "header");
    assert_int_equal(json_object_set_new(header, "ts", json_integer(638780593453014191)), 0);
    document->changed = true;
    document->customer_id = "C1";
    document->ship_via = "UPS";
    document->warehouses = json_pack("[s,s]", "WHOLESALE", "RE\"TAIL");
    assert_ok(documents_save(*state, open, &err), err);
    open_documents_free(&open);
    assert_ok(documents_open(*state, &key, 1, &open, &err), err);
    header = json_object_object(open_documents_at(open, 0)->body, "header");
    assert_true(json_integer_value(json_object_get(header, "ts")) == 638780593453014191);
    open_documents_free(&open);
    assert_ok(database_commit(*state, &err), err);
    char *saved = test_text("SELECT o.customer_id || o.ship_via || d.version || d.state"
                            " || array_to_string(d.warehouses, ',') || (o.payment_method IS NULL)"
                            " FROM amsync.sales_order AS o JOIN amsync.document AS d"
                            " ON d.sales_order_id = o.id");
    assert_string_equal(saved, "C1UPS2pendingWHOLESALE,RE\"TAILtrue");
    free(saved);
}

static void
a_restamped_document_is_no_new_version(void **state)
{
    struct document_key key = order_key("SO1");
    struct open_documents *open = NULL;
    struct error err;

    assert_ok(database_begin(*state, &err), err);
    assert_ok(documents_open(*state, &key, 1, &open, &err), err);
    open_documents_at(open, 0)->restamped = true;
    assert_ok(documents_save(*state, open, &err), err);
    assert_ok(database_commit(*state, &err), err);
    open_documents_free(&open);
    assert_int_equal(test_int64("SELECT version FROM amsync.document"), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document_body"), 1);
}

#define OVERLAPPING 40
#define ROUNDS 15

struct merger {
    bool backwards;
    int failures;
};

/* Opens the same orders as the other thread, in another order, some new each round. */
static void *
merge_overlapping(void *argument)
{
    struct merger *merger = argument;
    struct database *database = NULL;
    static const char *const NUMBERS = "0123456789";
    char names[OVERLAPPING][16];
    struct error err;

    if (database_open(test_database_url(), "test", 20000, &database, &err) != RESULT_OK)
        return NULL;
    merger->failures = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct document_key keys[OVERLAPPING];
        struct open_documents *open = NULL;
        for (size_t i = 0; i < OVERLAPPING; i++) {
            size_t n = (size_t)round * 7 + (merger->backwards ? OVERLAPPING - i : i);
            (void)snprintf(names[i], sizeof(names[i]), "%c%zu", NUMBERS[n % 10], n);
            keys[i] = order_key(names[i]);
        }
        struct make_due due[OVERLAPPING] = {0};
        enum result result = database_begin(database, &err);
        if (result == RESULT_OK)
            result = documents_open(database, keys, OVERLAPPING, &open, &err);
        for (size_t i = 0; result == RESULT_OK && i < OVERLAPPING; i++) {
            struct open_document *document = open_documents_find(open, &keys[i]);
            document->changed = true;
            due[i].sales_order_id = document->sales_order_id;
        }
        if (result == RESULT_OK)
            result = documents_save(database, open, &err);
        if (result == RESULT_OK)
            result = work_make_due(database, due, OVERLAPPING, &err);
        open_documents_free(&open);
        if (result == RESULT_OK)
            result = database_commit(database, &err);
        if (result != RESULT_OK)
            merger->failures++;
        if (database_in_transaction(database))
            database_rollback(database);
    }
    database_close(&database);
    return NULL;
}

static void
two_merges_of_the_same_orders_never_deadlock(void **state)
{
    pthread_t threads[2];
    struct merger mergers[2] = {{false, -1}, {true, -1}};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, merge_overlapping, &mergers[i]), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(mergers[i].failures, 0);
    }
    assert_int_equal(test_int64("SELECT sum(version - 1) FROM amsync.document"),
                     2 * OVERLAPPING * ROUNDS);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"),
                     test_int64("SELECT count(*) FROM amsync.sales_order"));
}

static void
queue_notifications(struct database *database, int count, int body_bytes)
{
    struct query_params params = {0};
    struct error err;

    params_int32(&params, count);
    params_int32(&params, body_bytes);
    assert_ok(database_query(
                  database,
                  "WITH n AS (INSERT INTO amsync.notification (received_on, kind, company, query,"
                  " notification_id, acumatica_timestamp, body, dedup)"
                  " SELECT (now() AT TIME ZONE 'UTC')::date, 'order', 'Company', 'Q', 'I', 1,"
                  " repeat('x', $2), sha256(i::text::bytea) FROM generate_series(1, $1) AS i"
                  " RETURNING id, received_on, dedup)"
                  " INSERT INTO amsync.intake_queue SELECT * FROM n",
                  &params, NULL, &err),
              err);
    query_params_free(&params);
}

static void
notifications_are_taken_once_and_come_back_after_a_rollback(void **state)
{
    struct database *other = test_open();
    struct notification_batch *mine = NULL;
    struct notification_batch *theirs = NULL;
    struct error err;

    queue_notifications(*state, 5, 10);
    assert_ok(database_begin(*state, &err), err);
    assert_ok(notifications_take(*state, 3, 1000000, &mine, &err), err);
    assert_int_equal(notification_batch_count(mine), 3);
    assert_int_equal(notification_batch_at(mine, 2)->body_bytes, 10);
    assert_ok(database_begin(other, &err), err);
    assert_ok(notifications_take(other, 10, 1000000, &theirs, &err), err);
    assert_int_equal(notification_batch_count(theirs), 2);
    assert_ok(database_commit(other, &err), err);
    database_rollback(*state);
    notification_batch_free(&mine);
    notification_batch_free(&theirs);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"), 3);
    database_close(&other);
}

static void
bodies_bound_a_batch_but_the_first_always_comes(void **state)
{
    struct notification_batch *batch = NULL;
    struct error err;

    queue_notifications(*state, 4, 1000);
    static const struct {
        size_t max_bytes;
        size_t taken;
    } CASES[] = {{1, 1}, {1500, 2}, {1000000, 1}};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(database_begin(*state, &err), err);
        assert_ok(notifications_take(*state, 10, CASES[i].max_bytes, &batch, &err), err);
        assert_int_equal(notification_batch_count(batch), CASES[i].taken);
        assert_ok(database_commit(*state, &err), err);
        notification_batch_free(&batch);
    }
    assert_ok(database_begin(*state, &err), err);
    assert_int_equal(notifications_take(*state, 10, 1, &batch, &err), RESULT_NONE);
    database_rollback(*state);
}

static int64_t
due_in_ms(void)
{
    return test_int64("SELECT (extract(epoch FROM due_at - now()) * 1000)::int8 FROM amsync.work");
}

static void
a_second_notification_does_not_extend_the_settling(void **state)
{
    save_order(*state, "SO1", "C1");
    int64_t first = due_in_ms();
    assert_in_range(first, 1, 60000);
    char *before = test_text("SELECT due_at FROM amsync.work");
    save_order(*state, "SO1", "C1");
    char *after = test_text("SELECT due_at FROM amsync.work");
    assert_string_equal(before, after);
    assert_int_equal(test_int64("SELECT revision FROM amsync.work"), 2);
    free(before);
    free(after);
}

static void
an_order_in_magento_does_not_settle(void **state)
{
    save_order(*state, "SO1", "C1");
    test_execute(*state, "UPDATE amsync.sales_order SET magento_entity_id = 7");
    save_order(*state, "SO1", "C1");
    assert_true(due_in_ms() <= 0);
    assert_int_equal(test_int64("SELECT lane FROM amsync.work"), 1);
}

static void
what_is_quiet_stays_quiet(void **state)
{
    save_order(*state, "SO1", "C1");
    test_execute(*state, "UPDATE amsync.sales_order SET magento_entity_id = 7");
    test_execute(*state, "UPDATE amsync.work SET quiet_until = now() + interval '1 hour'");
    save_order(*state, "SO1", "C1");
    assert_true(due_in_ms() > 3500000);
}

static void
only_a_person_comes_before_what_magento_asked_for(void **state)
{
    struct error err;

    save_order(*state, "SO1", "C1");
    test_execute(*state, "UPDATE amsync.sales_order SET magento_entity_id = 7");
    test_execute(*state, "UPDATE amsync.work SET retry_after = now() + interval '1 hour'");
    save_order(*state, "SO1", "C1");
    assert_true(due_in_ms() > 3500000);
    save_order(*state, "SO1", "C1");
    assert_true(due_in_ms() > 3500000);
    struct make_due due = {
        .sales_order_id = test_int64("SELECT id FROM amsync.sales_order"),
        .by_hand = true,
    };
    assert_ok(work_make_due(*state, &due, 1, &err), err);
    assert_true(due_in_ms() <= 0);
    save_order(*state, "SO1", "C1");
    assert_true(due_in_ms() <= 0);
}

static void
a_removed_row_is_given_time_for_its_other_half(void **state)
{
    struct error err;

    save_order(*state, "SO1", "C1");
    test_execute(*state, "UPDATE amsync.sales_order SET magento_entity_id = 7");
    struct make_due due = {
        .sales_order_id = test_int64("SELECT id FROM amsync.sales_order"),
        .not_before_ms = 100000,
    };
    struct make_due twice[] = {due, due};
    assert_ok(work_make_due(*state, twice, 2, &err), err);
    assert_in_range(due_in_ms(), 90000, 100000);
    /* Another notification of the same order does not shorten it. */
    due.not_before_ms = 0;
    assert_ok(work_make_due(*state, &due, 1, &err), err);
    assert_in_range(due_in_ms(), 80000, 100000);
}

static void
only_a_customer_that_changes_is_a_change(void **state)
{
    const char *const ids[] = {"C2", "C1", "C2"};
    struct error err;

    assert_ok(customers_set_enabled(*state, "Company", ids, 3, true, &err), err);
    assert_ok(customers_set_enabled(*state, "Company", ids, 1, true, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.rules_change"), 2);
    assert_ok(customers_set_enabled(*state, "Company", ids, 1, false, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.rules_change"), 3);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.customer WHERE enabled"), 1);
}

static void
field_mappings_come_by_kind(void **state)
{
    json_t *mappings = NULL;
    int64_t version = 0;
    struct error err;

    assert_ok(field_mappings_load(*state, &mappings, &version, &err), err);
    assert_int_equal(json_object_size(mappings), 3);
    json_decref(mappings);
    test_execute(*state, "INSERT INTO amsync.field_mapping (kind, caption, field)"
                         " VALUES ('invoice', 'Betrag', 'Amount')");
    assert_ok(field_mappings_load(*state, &mappings, &version, &err), err);
    assert_string_equal(json_object_text(json_object_object(mappings, "invoice"), "Betrag"),
                        "Amount");
    assert_true(version >= 1);
    json_decref(mappings);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(documents_are_made_once_and_found),
        TEST(however_many_there_are_only_those_asked_for_are_read),
        TEST(what_is_saved_comes_back_to_the_last_digit),
        TEST(a_restamped_document_is_no_new_version),
        TEST(two_merges_of_the_same_orders_never_deadlock),
        TEST(notifications_are_taken_once_and_come_back_after_a_rollback),
        TEST(bodies_bound_a_batch_but_the_first_always_comes),
        TEST(a_second_notification_does_not_extend_the_settling),
        TEST(an_order_in_magento_does_not_settle),
        TEST(what_is_quiet_stays_quiet),
        TEST(only_a_person_comes_before_what_magento_asked_for),
        TEST(a_removed_row_is_given_time_for_its_other_half),
        TEST(only_a_customer_that_changes_is_a_change),
        TEST(field_mappings_come_by_kind),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
