#include "intake_support.h"

static const char QUEUE_SQL[] =
    "WITH n AS (INSERT INTO amsync.notification (received_on, kind, company, query,"
    "  notification_id, acumatica_timestamp, body, dedup)"
    " VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date, $1, $2, 'Q', 'I', 1, $3,"
    "         sha256(convert_to($3 || clock_timestamp()::text, 'UTF8')))"
    " RETURNING id, received_on, dedup)"
    " INSERT INTO amsync.intake_queue SELECT * FROM n";

void
test_queue(enum document_kind kind, const char *company, const char *body)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    struct database *database = test_open();
    struct error err;

    params_text(&params, document_kind_name(kind));
    params_text(&params, company);
    params_text(&params, body);
    assert_ok(database_query(database, QUEUE_SQL, &params, NULL, &err), err);
    database_close(&database);
}

size_t
test_take_in_all(struct database *database, size_t max)
{
    const struct intake_options options = {
        .settle_ms = 250, .max_notifications = max, .max_bytes = (size_t)8 << 20};
    size_t count = 0;

    for (;;) {
        struct intake_report report;
        struct error err = {0};
        enum result result = intake_run_once(database, &options, &report, &err);

        if (result == RESULT_NONE)
            return count;
        assert_ok(result, err);
        count += report.notifications;
    }
}
