#include "store/database.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "store/database_session.h"

#define STATEMENTS_MAX 128
/* How much longer than the server's own time-out we wait before we hang up. */
#define ANSWER_GRACE_MS 5000
#define TRANSACTION_TRIES 5
#define STATEMENT_NAME_BYTES 16
#define SQLSTATE_BYTES 6

struct database {
    PGconn *connection;
    unsigned timeout_ms;
    bool in_transaction;
    char sqlstate[SQLSTATE_BYTES]; /* with which the last statement failed, or "" */
    /* Statements that this connection has prepared, by the address of their SQL. */
    const char *statements[STATEMENTS_MAX];
    size_t statement_count;
};

enum result
database_open(const char *url, const char *application_name, unsigned timeout_ms,
              struct database **ret_database, struct error *err)
{
    struct database *database = calloc(1, sizeof(*database));

    if (database == NULL)
        return error_result(err, RESULT_FAILED, "no memory for a connection to PostgreSQL");
    database->timeout_ms = timeout_ms;
    enum result result =
        database_connect(url, application_name, timeout_ms, &database->connection, err);
    if (result == RESULT_OK && PQsetnonblocking(database->connection, 1) != 0)
        result = error_result(err, RESULT_FAILED, "cannot make a connection non-blocking");
    if (result != RESULT_OK) {
        database_close(&database);
        return result;
    }
    *ret_database = database;
    return RESULT_OK;
}

void
database_close(struct database **database)
{
    if (*database == NULL)
        return;
    PQfinish((*database)->connection);
    free(*database);
    *database = NULL;
}

bool
database_is_connected(const struct database *database)
{
    return PQstatus(database->connection) == CONNECTION_OK;
}

int
database_server_version(const struct database *database)
{
    return PQserverVersion(database->connection);
}

enum result
database_reconnect(struct database *database, struct error *err)
{
    assert(!database->in_transaction || !database_is_connected(database));
    database->in_transaction = false;
    database->statement_count = 0;
    PQreset(database->connection);
    if (!database_is_connected(database))
        return database_refused(database->connection, err);
    enum result result = database_session_setup(database->connection, database->timeout_ms, err);
    if (result == RESULT_OK && PQsetnonblocking(database->connection, 1) != 0)
        result = error_result(err, RESULT_FAILED, "cannot make a connection non-blocking");
    return result;
}

/* Ends a connection that does not answer, so that libpq sees it as broken. */
static void
hang_up(struct database *database)
{
    int fd = PQsocket(database->connection);

    if (fd >= 0)
        (void)shutdown(fd, SHUT_RDWR);
    /* What had arrived is read first; then libpq meets the end. */
    while (database_is_connected(database) && PQconsumeInput(database->connection) != 0)
        continue;
}

/* Waits for the socket. RESULT_RETRY: the deadline has passed. */
static enum result
wait_for_socket(struct database *database, short events, int64_t deadline_ms, struct error *err)
{
    struct pollfd socket = {.fd = PQsocket(database->connection), .events = events};

    for (;;) {
        int64_t left_ms = deadline_ms - clock_boottime_ms();
        if (left_ms <= 0) {
            hang_up(database);
            return error_result(err, RESULT_RETRY, "PostgreSQL has not answered within %u ms",
                                database->timeout_ms + ANSWER_GRACE_MS);
        }
        int ready = poll(&socket, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if (ready > 0)
            return RESULT_OK;
        if (ready < 0 && errno != EINTR)
            return error_result(err, RESULT_FAILED, "poll: %s", strerror(errno));
    }
}

/* Sends what is left to send, reading meanwhile: a server that cannot write stops reading. */
static enum result
flush(struct database *database, int64_t deadline_ms, struct error *err)
{
    for (;;) {
        int state = PQflush(database->connection);
        if (state == 0)
            return RESULT_OK;
        if (state < 0)
            return database_result(database->connection, NULL, err);
        enum result result = wait_for_socket(database, POLLIN | POLLOUT, deadline_ms, err);
        if (result != RESULT_OK)
            return result;
        if (PQconsumeInput(database->connection) == 0)
            return database_result(database->connection, NULL, err);
    }
}

static enum result
next_result(struct database *database, int64_t deadline_ms, PGresult **ret_result,
            struct error *err)
{
    while (PQisBusy(database->connection)) {
        enum result result = wait_for_socket(database, POLLIN, deadline_ms, err);
        if (result != RESULT_OK)
            return result;
        if (PQconsumeInput(database->connection) == 0)
            return database_result(database->connection, NULL, err);
    }
    *ret_result = PQgetResult(database->connection);
    return RESULT_OK;
}

static enum result
judge(struct database *database, const PGresult *answer, struct error *err)
{
    ExecStatusType status = PQresultStatus(answer);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        return RESULT_OK;
    const char *sqlstate = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    if (sqlstate != NULL) {
        (void)snprintf(database->sqlstate, sizeof(database->sqlstate), "%s", sqlstate);
        if (strcmp(sqlstate, "26000") == 0)
            hang_up(database); /* the session is not the one that prepared */
    }
    return database_result(database->connection, answer, err);
}

/* Collects the answer to what was sent: the last result, or the first error. */
static enum result
collect(struct database *database, int64_t deadline_ms, PGresult **ret_result, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *kept = NULL;
    enum result outcome = flush(database, deadline_ms, err);

    while (outcome == RESULT_OK || database_is_connected(database)) {
        PGresult *answer = NULL;
        struct error ignored;
        enum result result =
            next_result(database, deadline_ms, &answer, outcome == RESULT_OK ? err : &ignored);
        if (result != RESULT_OK)
            return outcome == RESULT_OK ? result : outcome;
        if (answer == NULL)
            break;
        if (outcome == RESULT_OK)
            outcome = judge(database, answer, err);
        PQclear(kept);
        kept = answer;
    }
    if (outcome == RESULT_OK && kept == NULL)
        return database_result(database->connection, NULL, err);
    if (outcome == RESULT_OK && ret_result != NULL)
        *ret_result = TAKE_PTR(kept);
    return outcome;
}

static int64_t
statement_deadline(const struct database *database)
{
    return clock_boottime_ms() + (int64_t)database->timeout_ms + ANSWER_GRACE_MS;
}

/* The name under which the connection knows the statement. */
static enum result
prepare(struct database *database, const char *sql, size_t param_count, const Oid *types,
        char ret_name[STATEMENT_NAME_BYTES], struct error *err)
{
    size_t index = 0;

    while (index < database->statement_count && database->statements[index] != sql)
        index++;
    (void)snprintf(ret_name, STATEMENT_NAME_BYTES, "s%zu", index);
    if (index < database->statement_count)
        return RESULT_OK;
    assert(index < STATEMENTS_MAX);
    if (!PQsendPrepare(database->connection, ret_name, sql, (int)param_count, types))
        return database_result(database->connection, NULL, err);
    enum result result = collect(database, statement_deadline(database), NULL, err);
    if (result == RESULT_OK)
        database->statements[database->statement_count++] = sql;
    return result;
}

enum result
database_query(struct database *database, const char *sql, struct query_params *params,
               PGresult **ret_result, struct error *err)
{
    struct query_params none = {0};
    struct query_params_pq pq;
    char name[STATEMENT_NAME_BYTES];

    if (params == NULL)
        params = &none;
    database->sqlstate[0] = '\0';
    enum result result = query_params_pq(params, &pq, err);
    if (result == RESULT_OK)
        result = prepare(database, sql, params->count, pq.types, name, err);
    if (result != RESULT_OK)
        return result;
    if (!PQsendQueryPrepared(database->connection, name, (int)params->count, pq.values, pq.lengths,
                             pq.formats, 0))
        return database_result(database->connection, NULL, err);
    return collect(database, statement_deadline(database), ret_result, err);
}

static enum result
execute(struct database *database, const char *sql, PGresult **ret_result, struct error *err)
{
    database->sqlstate[0] = '\0';
    if (!PQsendQuery(database->connection, sql))
        return database_result(database->connection, NULL, err);
    return collect(database, statement_deadline(database), ret_result, err);
}

enum result
database_execute(struct database *database, const char *sql, struct error *err)
{
    return execute(database, sql, NULL, err);
}

enum result
database_set_timeout(struct database *database, unsigned timeout_ms, struct error *err)
{
    static const char SQL[] =
        "SELECT set_config('statement_timeout', $1::int8::text, false),"
        " set_config('idle_in_transaction_session_timeout', $1::int8::text, false)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, timeout_ms);
    enum result result = database_query(database, SQL, &params, NULL, err);
    if (result == RESULT_OK)
        database->timeout_ms = timeout_ms;
    return result;
}

enum result
database_begin(struct database *database, struct error *err)
{
    assert(!database->in_transaction);
    enum result result = database_execute(database, "BEGIN", err);
    database->in_transaction = result == RESULT_OK;
    return result;
}

enum result
database_commit(struct database *database, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *answer = NULL;

    assert(database->in_transaction);
    enum result result = execute(database, "COMMIT", &answer, err);
    if (result == RESULT_OK && strcmp(PQcmdStatus(answer), "COMMIT") != 0)
        result = error_result(err, RESULT_FAILED,
                              "a transaction with a failed statement was to be committed");
    database->in_transaction = false;
    if (database_is_connected(database) &&
        PQtransactionStatus(database->connection) != PQTRANS_IDLE)
        hang_up(database);
    return result;
}

void
database_rollback(struct database *database)
{
    struct error ignored;

    assert(database->in_transaction);
    database->in_transaction = false;
    if (!database_is_connected(database))
        return;
    char sqlstate[SQLSTATE_BYTES];
    memcpy(sqlstate, database->sqlstate, sizeof(sqlstate));
    if (database_execute(database, "ROLLBACK", &ignored) != RESULT_OK)
        hang_up(database);
    memcpy(database->sqlstate, sqlstate, sizeof(sqlstate));
}

bool
database_in_transaction(const struct database *database)
{
    return database->in_transaction;
}

const char *
database_sqlstate(const struct database *database)
{
    return database->sqlstate;
}

bool
database_took_too_long(const struct database *database)
{
    return strcmp(database->sqlstate, "57014") == 0;
}

/* A deadlock or a serialization failure: tried again it may well succeed. */
static bool
met_a_conflict(const struct database *database)
{
    return strcmp(database->sqlstate, "40001") == 0 || strcmp(database->sqlstate, "40P01") == 0;
}

static enum result
transaction_once(struct database *database, database_body body, void *argument, struct error *err)
{
    enum result result = database_begin(database, err);

    if (result != RESULT_OK)
        return result;
    result = body(database, argument, err);
    if (result == RESULT_OK)
        return database_commit(database, err);
    database_rollback(database);
    return result;
}

/* Up to 50 ms, so that two who were in each other's way do not meet again. */
static void
pause_at_random(void)
{
    uint8_t byte = 128;

    if (random_bytes(&byte, sizeof(byte)) != RESULT_OK)
        byte = 128;
    struct timespec pause = {.tv_nsec = (long)byte * 200000};
    (void)nanosleep(&pause, NULL);
}

enum result
database_transaction(struct database *database, database_body body, void *argument,
                     struct error *err)
{
    for (int tries = 1;; tries++) {
        enum result result = transaction_once(database, body, argument, err);
        assert(!database->in_transaction);
        if (result != RESULT_RETRY || !met_a_conflict(database) || tries == TRANSACTION_TRIES)
            return result;
        pause_at_random();
    }
}
