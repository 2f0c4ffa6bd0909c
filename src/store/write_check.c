#include "store/write_check.h"

#include "base/cleanup.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>

#define END_OF_ANSWER_MS 2000

static void
cleanup_result(PGresult **result)
{
    PQclear(*result);
}

/* "ERROR:  text\n" as libpq has it, without the line feed. */
static enum result
check_failure(struct error *err, const char *message)
{
    return error_result(err, RESULT_RETRY, "the database takes no writes: %.*s",
                        (int)strcspn(message, "\n"), message);
}

enum result
write_check_send(PGconn *connection, struct error *err)
{
    /* A message in the write-ahead log that nobody reads; a commit has to flush it. Where only
     * reading is allowed it is not written, and there is no row. */
    static const char sql[] = "SELECT pg_logical_emit_message(true, 'amsync', 'writable')"
                              " WHERE current_setting('transaction_read_only') = 'off'";

    if (PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, 0) == 0)
        return check_failure(err, PQerrorMessage(connection));
    return RESULT_OK;
}

enum result
write_check_send_room(PGconn *connection, struct error *err)
{
    static const char sql[] =
        "DO $$ BEGIN"
        " INSERT INTO amsync.refusal_count"
        " (minute, entity, http_status, requests, last_at, last_message)"
        " SELECT 'epoch', 'notification', 0, 0, 'epoch', string_agg(gen_random_uuid()::text, '')"
        " FROM generate_series(1, 4000);"
        " RAISE SQLSTATE 'AS001';"
        " EXCEPTION WHEN SQLSTATE 'AS001' THEN NULL;"
        " END $$";

    if (PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, 0) == 0)
        return check_failure(err, PQerrorMessage(connection));
    return RESULT_OK;
}

/* The end comes together with the answer, so this hardly ever waits; should the server freeze in
 * between, not for long. */
static bool
next_is_there(PGconn *connection)
{
    while (PQisBusy(connection)) {
        struct pollfd socket = {.fd = PQsocket(connection), .events = POLLIN};
        if (poll(&socket, 1, END_OF_ANSWER_MS) <= 0 || PQconsumeInput(connection) == 0)
            return false;
    }
    return true;
}

enum result
write_check_finish(PGconn *connection, struct error *err)
{
    enum result outcome = RESULT_RETRY;

    error_set(err, "the database does not answer");
    for (;;) {
        if (!next_is_there(connection))
            return check_failure(err, "its answer does not end");
        PGresult *next = PQgetResult(connection);
        if (next == NULL)
            return outcome;
        AMSYNC_CLEANUP(cleanup_result) PGresult *result = next;
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            outcome = check_failure(err, PQresultErrorMessage(result));
        else if (status == PGRES_TUPLES_OK && PQntuples(result) != 1)
            outcome = check_failure(err, "it is read-only");
        else
            outcome = RESULT_OK;
    }
}
