#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "store/database.h"
#include "store/database_session.h"

/* How much longer than the server's own time-out we wait before we hang up. */
#define ANSWER_GRACE_MS 5000

/* What an answer is waited for on. */
struct wait {
    PGconn *connection;
    unsigned timeout_ms;
    int64_t deadline_ms;
};

void
database_hang_up(PGconn *connection)
{
    int fd = PQsocket(connection);

    if (fd >= 0)
        (void)shutdown(fd, SHUT_RDWR);
    /* What had arrived is read first; then libpq meets the end. */
    while (PQstatus(connection) == CONNECTION_OK && PQconsumeInput(connection) != 0)
        continue;
}

/* Waits for the socket. RESULT_RETRY: the deadline has passed. */
static enum result
wait_for_socket(const struct wait *wait, short events, struct error *err)
{
    struct pollfd socket = {.fd = PQsocket(wait->connection), .events = events};

    for (;;) {
        int64_t left_ms = wait->deadline_ms - clock_boottime_ms();
        if (left_ms <= 0)
            return error_result(err, RESULT_RETRY, "PostgreSQL has not answered within %u ms",
                                wait->timeout_ms + ANSWER_GRACE_MS);
        int ready = poll(&socket, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if (ready > 0)
            return RESULT_OK;
        if (ready < 0 && errno != EINTR)
            return error_result(err, RESULT_FAILED, "poll: %s", strerror(errno));
    }
}

/* Sends what is left to send, reading meanwhile: a server that cannot write stops reading. */
static enum result
flush(const struct wait *wait, struct error *err)
{
    for (;;) {
        int state = PQflush(wait->connection);
        if (state == 0)
            return RESULT_OK;
        if (state < 0)
            return database_result(wait->connection, NULL, err);
        enum result result = wait_for_socket(wait, POLLIN | POLLOUT, err);
        if (result != RESULT_OK)
            return result;
        if (PQconsumeInput(wait->connection) == 0)
            return database_result(wait->connection, NULL, err);
    }
}

static enum result
next_result(const struct wait *wait, PGresult **ret_result, struct error *err)
{
    while (PQisBusy(wait->connection)) {
        enum result result = wait_for_socket(wait, POLLIN, err);
        if (result != RESULT_OK)
            return result;
        if (PQconsumeInput(wait->connection) == 0)
            return database_result(wait->connection, NULL, err);
    }
    *ret_result = PQgetResult(wait->connection);
    return RESULT_OK;
}

static enum result
judge(const PGconn *connection, const PGresult *answer, char sqlstate[SQLSTATE_BYTES],
      struct error *err)
{
    ExecStatusType status = PQresultStatus(answer);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        return RESULT_OK;
    const char *field = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    if (field != NULL)
        (void)snprintf(sqlstate, SQLSTATE_BYTES, "%s", field);
    return database_result(connection, answer, err);
}

/* The last result, or the first error. */
static enum result
collect(const struct wait *wait, char sqlstate[SQLSTATE_BYTES], PGresult **ret_result,
        struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *kept = NULL;
    enum result outcome = flush(wait, err);

    while (outcome == RESULT_OK || PQstatus(wait->connection) == CONNECTION_OK) {
        PGresult *answer = NULL;
        struct error ignored;
        enum result result = next_result(wait, &answer, outcome == RESULT_OK ? err : &ignored);
        if (result != RESULT_OK)
            return outcome == RESULT_OK ? result : outcome;
        if (answer == NULL)
            break;
        if (outcome == RESULT_OK)
            outcome = judge(wait->connection, answer, sqlstate, err);
        PQclear(kept);
        kept = answer;
    }
    if (outcome == RESULT_OK && kept == NULL)
        return database_result(wait->connection, NULL, err);
    if (outcome == RESULT_OK && ret_result != NULL)
        *ret_result = TAKE_PTR(kept);
    return outcome;
}

enum result
database_collect(PGconn *connection, unsigned timeout_ms, char sqlstate[SQLSTATE_BYTES],
                 PGresult **ret_result, struct error *err)
{
    const struct wait wait = {
        .connection = connection,
        .timeout_ms = timeout_ms,
        .deadline_ms = clock_boottime_ms() + (int64_t)timeout_ms + ANSWER_GRACE_MS,
    };
    enum result result = collect(&wait, sqlstate, ret_result, err);

    /* The rest of an answer that was not read to its end would be taken for the next one's. */
    if (PQtransactionStatus(connection) == PQTRANS_ACTIVE)
        database_hang_up(connection);
    return result;
}
