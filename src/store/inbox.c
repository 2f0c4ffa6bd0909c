#include "store/inbox.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/database.h"

#define END_OF_ANSWER_MS 2000

static const char STATEMENT[] = "inbox";

/* Answers the positions (from 1) of the rows that were kept. Rows are inserted in the order of their
 * digests, so that two programs with the same notifications cannot wait for each other. The lines
 * for duplicates are bounded: what is not ours to choose is cut. */
static const char SQL[] =
    "WITH input AS ("
    "  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[],"
    "                       $6::text[], $7::bytea[]) WITH ORDINALITY"
    "  AS t (kind, company, query, notification_id, acumatica_timestamp, body, dedup, position)"
    "), kept AS ("
    "  INSERT INTO amsync.notification"
    "    (received_on, kind, company, query, notification_id, acumatica_timestamp, body, dedup)"
    "  SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date, kind, company, query,"
    "         notification_id, acumatica_timestamp, body, dedup"
    "  FROM input ORDER BY dedup, position"
    "  ON CONFLICT DO NOTHING RETURNING id, received_on, dedup"
    "), queued AS ("
    "  INSERT INTO amsync.intake_queue (id, received_on, dedup)"
    "  SELECT id, received_on, dedup FROM kept"
    "), accepted AS ("
    "  SELECT min(input.position) AS position"
    "  FROM input JOIN kept USING (dedup) GROUP BY input.dedup"
    "), logged AS ("
    "  INSERT INTO amsync.connector_log (company, entity, action, status, message)"
    "  SELECT left(company, 100), 'notification', 'receive', 'duplicate',"
    "         'Notification ' || left(notification_id, 100) || ' of ' || left(query, 100)"
    "         || ' has arrived again today; it was already kept'"
    "  FROM input WHERE position NOT IN (SELECT position FROM accepted)"
    ") SELECT position FROM accepted";

#define PARAM_COUNT 7

enum result
inbox_prepare(PGconn *connection, unsigned timeout_ms, struct error *err)
{
    char timeout_text[16];
    (void)snprintf(timeout_text, sizeof(timeout_text), "%u", timeout_ms);
    const char *const values[] = {timeout_text};
    AMSYNC_CLEANUP(cleanup_pgresult)
    PGresult *set = PQexecParams(connection,
                                 "SELECT set_config('statement_timeout', $1, false),"
                                 " set_config('synchronous_commit', CASE"
                                 " current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
                                 " ELSE current_setting('synchronous_commit') END, false)",
                                 1, NULL, values, NULL, NULL, 0);

    if (PQresultStatus(set) != PGRES_TUPLES_OK)
        return database_result(connection, set, err);
    AMSYNC_CLEANUP(cleanup_pgresult)
    PGresult *prepared = PQprepare(connection, STATEMENT, SQL, PARAM_COUNT, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
        return database_result(connection, prepared, err);
    if (PQsetnonblocking(connection, 1) != 0)
        return error_result(err, RESULT_FAILED, "cannot make a connection non-blocking");
    return RESULT_OK;
}

static void
add_texts(struct query_params *params, const struct inbox_row *rows, size_t count)
{
    params_text_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_text(params, document_kind_name(rows[i].kind));
    params_text_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_text(params, rows[i].company);
    params_text_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_text(params, rows[i].query);
    params_text_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_text(params, rows[i].notification_id);
}

static void
add_contents(struct query_params *params, const struct inbox_row *rows, size_t count)
{
    params_int64_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(params, rows[i].acumatica_timestamp);
    params_text_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_bytes(params, rows[i].body, rows[i].body_bytes);
    params_bytea_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_bytes(params, rows[i].dedup, sizeof(rows[i].dedup));
}

enum result
inbox_send(PGconn *connection, const struct inbox_row *rows, size_t count, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    struct query_params_pq pq;

    assert(count >= 1 && count <= INBOX_BATCH_MAX);
    add_texts(&params, rows, count);
    add_contents(&params, rows, count);
    enum result result = query_params_pq(&params, &pq, err);
    if (result != RESULT_OK)
        return result;
    if (!PQsendQueryPrepared(connection, STATEMENT, PARAM_COUNT, pq.values, pq.lengths, pq.formats,
                             0))
        return database_result(connection, NULL, err);
    return RESULT_OK;
}

static void
write_verdicts(const PGresult *accepted, struct inbox_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rows[i].verdict = INBOX_DUPLICATE;
    for (int row = 0; row < PQntuples(accepted); row++) {
        int64_t position = row_int64(accepted, row, 0);
        assert(position >= 1 && (size_t)position <= count);
        rows[position - 1].verdict = INBOX_ACCEPTED;
    }
}

/* The end of the answer is sent together with the rows, so this hardly ever waits; should a server
 * freeze in between, it is not for long. RESULT_NONE: libpq is done. */
static enum result
next_answer(PGconn *connection, PGresult **ret_answer, struct error *err)
{
    while (PQisBusy(connection)) {
        struct pollfd socket = {.fd = PQsocket(connection), .events = POLLIN};
        if (poll(&socket, 1, END_OF_ANSWER_MS) <= 0)
            return error_result(err, RESULT_RETRY, "PostgreSQL's answer does not end");
        if (PQconsumeInput(connection) == 0)
            return database_result(connection, NULL, err);
    }
    *ret_answer = PQgetResult(connection);
    return *ret_answer == NULL ? RESULT_NONE : RESULT_OK;
}

/* Everything until libpq is done, so that the next batch can be sent: an error may follow the rows.
 * RESULT_NONE: there was nothing. */
static enum result
collect(PGconn *connection, PGresult **ret_rows, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result outcome = RESULT_NONE;

    for (;;) {
        AMSYNC_CLEANUP(cleanup_pgresult) PGresult *answer = NULL;
        struct error reason;
        enum result got = next_answer(connection, &answer, &reason);
        if (got == RESULT_NONE)
            break;
        enum result meaning = got;
        if (got == RESULT_OK && PQresultStatus(answer) != PGRES_TUPLES_OK)
            meaning = database_result(connection, answer, &reason);
        if (meaning == RESULT_OK && rows == NULL)
            rows = TAKE_PTR(answer);
        if (outcome == RESULT_NONE || outcome == RESULT_OK)
            outcome =
                meaning == RESULT_OK ? meaning : error_result(err, meaning, "%s", reason.text);
        if (got != RESULT_OK)
            break;
    }
    if (outcome == RESULT_OK)
        *ret_rows = TAKE_PTR(rows);
    return outcome;
}

enum result
inbox_finish(PGconn *connection, struct inbox_row *rows, size_t count, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *accepted = NULL;
    enum result result = collect(connection, &accepted, err);

    if (result == RESULT_NONE)
        return error_result(err, RESULT_FAILED, "nothing was sent to PostgreSQL");
    if (result == RESULT_OK)
        write_verdicts(accepted, rows, count);
    else if (result == RESULT_REJECTED && count == 1)
        rows[0].verdict = INBOX_REFUSED;
    return result;
}
