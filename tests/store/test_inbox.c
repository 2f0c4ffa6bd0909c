#include "support.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "store/inbox.h"

static int
connect_inbox(void **state)
{
    PGconn *connection = NULL;
    struct error err;

    (void)test_empty(state);
    assert_ok(database_connect(test_database_url(), "test", 5000, &connection, &err), err);
    assert_ok(inbox_prepare(connection, 5000, &err), err);
    *state = connection;
    return 0;
}

static int
close_inbox(void **state)
{
    PQfinish(*state);
    return 0;
}

static struct inbox_row
row(const char *id, const char *body)
{
    struct inbox_row made = {
        .kind = DOCUMENT_ORDER,
        .company = "Company",
        .query = "AMSync-Orders",
        .notification_id = id,
        .acumatica_timestamp = INT64_C(638780593453014191),
        .body = body,
        .body_bytes = strlen(body),
    };

    assert_int_equal(sha256(body, strlen(body), made.dedup), RESULT_OK);
    return made;
}

/* As the ingest loop does it, but waiting. */
static enum result
keep(PGconn *connection, struct inbox_row *rows, size_t count, struct error *err)
{
    assert_ok(inbox_send(connection, rows, count, err), *err);
    for (;;) {
        int unsent = PQflush(connection);
        assert_int_not_equal(unsent, -1);
        if (unsent == 0 && !PQisBusy(connection))
            break;
        struct pollfd socket = {.fd = PQsocket(connection),
                                .events = (short)(POLLIN | (unsent ? POLLOUT : 0))};
        assert_int_equal(poll(&socket, 1, 20000), 1);
        if (PQconsumeInput(connection) == 0)
            break;
    }
    return inbox_finish(connection, rows, count, err);
}

static void
new_rows_are_kept_and_queued(void **state)
{
    struct inbox_row rows[] = {row("a", "{\"n\":1}"), row("b", "{\"n\":2, \"x\":\"\xC3\xA4\"}")};
    struct error err;

    assert_ok(keep(*state, rows, 2, &err), err);
    assert_int_equal(rows[0].verdict, INBOX_ACCEPTED);
    assert_int_equal(rows[1].verdict, INBOX_ACCEPTED);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.notification AS n"
                                " JOIN amsync.intake_queue USING (id, received_on, dedup)"
                                " WHERE n.dedup = sha256(convert_to(body, 'UTF8'))"
                                " AND acumatica_timestamp = 638780593453014191"),
                     2);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log"), 0);
}

static void
duplicates_within_and_across_batches_are_told(void **state)
{
    struct inbox_row first[] = {row("a", "1"), row("b", "2"), row("a", "1")};
    struct inbox_row second[] = {row("c", "3"), row("b", "2")};
    struct error err;

    assert_ok(keep(*state, first, 3, &err), err);
    assert_int_equal(first[0].verdict, INBOX_ACCEPTED);
    assert_int_equal(first[1].verdict, INBOX_ACCEPTED);
    assert_int_equal(first[2].verdict, INBOX_DUPLICATE);
    assert_ok(keep(*state, second, 2, &err), err);
    assert_int_equal(second[0].verdict, INBOX_ACCEPTED);
    assert_int_equal(second[1].verdict, INBOX_DUPLICATE);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"), 3);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log"
                                " WHERE status = 'duplicate' AND entity = 'notification'"),
                     2);
}

static void
a_duplicates_line_is_bounded(void **state)
{
    static char id[20001];
    memset(id, 'x', sizeof(id) - 1);
    struct inbox_row rows[] = {row(id, "1"), row(id, "1")};
    struct error err;

    assert_ok(keep(*state, rows, 2, &err), err);
    assert_true(test_int64("SELECT length(message) FROM amsync.connector_log") < 500);
}

static void
one_guilty_row_spoils_its_batch_and_is_found_alone(void **state)
{
    struct inbox_row rows[] = {row("a", "1"), row("b", "bad \xFF utf-8"), row("c", "3")};
    struct error err;

    assert_int_equal(keep(*state, rows, 3, &err), RESULT_REJECTED);
    assert_int_equal(rows[1].verdict, INBOX_UNDECIDED);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.notification"), 0);
    assert_int_equal(keep(*state, &rows[1], 1, &err), RESULT_REJECTED);
    assert_int_equal(rows[1].verdict, INBOX_REFUSED);
    assert_ok(keep(*state, &rows[0], 1, &err), err);
    assert_ok(keep(*state, &rows[2], 1, &err), err);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.notification"), 2);
}

static void
a_missing_partition_is_no_fault_of_the_row(void **state)
{
    struct database *database = test_open();
    struct inbox_row rows[] = {row("a", "1")};
    struct error err;

    test_execute(database, "DO $$ BEGIN EXECUTE 'DROP TABLE amsync.notification_p' ||"
                           " to_char((now() AT TIME ZONE 'UTC')::date, 'YYYYMMDD'); END $$");
    assert_int_equal(keep(*state, rows, 1, &err), RESULT_RETRY);
    assert_non_null(strstr(err.text, "run amsync migrate"));
    assert_int_equal(rows[0].verdict, INBOX_UNDECIDED);
    database_close(&database);
    (void)test_migrate(state);
}

static void
a_full_batch_with_large_bodies_goes_through(void **state)
{
    static struct inbox_row rows[INBOX_BATCH_MAX];
    static char body[INBOX_BATCH_MAX][40000];
    struct error err;

    for (size_t i = 0; i < INBOX_BATCH_MAX; i++) {
        memset(body[i], 'a', sizeof(body[i]) - 1);
        body[i][i] = 'b';
        rows[i] = row("id", body[i]);
    }
    assert_ok(keep(*state, rows, INBOX_BATCH_MAX, &err), err);
    for (size_t i = 0; i < INBOX_BATCH_MAX; i++)
        assert_int_equal(rows[i].verdict, INBOX_ACCEPTED);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.intake_queue"), INBOX_BATCH_MAX);
}

static void
a_connection_that_ends_keeps_nothing_for_certain(void **state)
{
    struct database *database = test_open();
    struct inbox_row rows[] = {row("a", "1")};
    struct error err;

    PQclear(PQexec(*state, "SET application_name = 'inbox to be ended'"));
    test_execute(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                           " WHERE application_name = 'inbox to be ended'");
    assert_int_equal(keep(*state, rows, 1, &err), RESULT_RETRY);
    assert_int_equal(rows[0].verdict, INBOX_UNDECIDED);
    database_close(&database);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_rows_are_kept_and_queued, connect_inbox, close_inbox),
        cmocka_unit_test_setup_teardown(duplicates_within_and_across_batches_are_told,
                                        connect_inbox, close_inbox),
        cmocka_unit_test_setup_teardown(a_duplicates_line_is_bounded, connect_inbox, close_inbox),
        cmocka_unit_test_setup_teardown(one_guilty_row_spoils_its_batch_and_is_found_alone,
                                        connect_inbox, close_inbox),
        cmocka_unit_test_setup_teardown(a_full_batch_with_large_bodies_goes_through, connect_inbox,
                                        close_inbox),
        cmocka_unit_test_setup_teardown(a_connection_that_ends_keeps_nothing_for_certain,
                                        connect_inbox, close_inbox),
        cmocka_unit_test_setup_teardown(a_missing_partition_is_no_fault_of_the_row, connect_inbox,
                                        close_inbox),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
