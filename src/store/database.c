#include "store/database.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "store/database_session.h"

#define STATEMENTS_MAX 128
#define TRANSACTION_TRIES 5
#define STATEMENT_NAME_BYTES 16

struct database {
    PGconn *connection;
    unsigned timeout_ms;
    bool in_transaction;
    bool avoids_scans;
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
    return PQstatus(database->connection) == CONNECTION_OK &&
           PQtransactionStatus(database->connection) != PQTRANS_ACTIVE;
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
    if (result == RESULT_OK && database->avoids_scans)
        result = database_avoid_scans(database, err);
    if (result != RESULT_OK)
        database_hang_up(database->connection); /* else it would be taken for one that is set up */
    return result;
}

enum result
database_avoid_scans(struct database *database, struct error *err)
{
    database->avoids_scans = true;
    return database_query(database, "SELECT set_config('enable_seqscan', 'off', false)", NULL, NULL,
                          err);
}

static enum result
collect(struct database *database, PGresult **ret_result, struct error *err)
{
    enum result result = database_collect(database->connection, database->timeout_ms,
                                          database->sqlstate, ret_result, err);

    if (strcmp(database->sqlstate, "26000") == 0)
        database_hang_up(database->connection); /* the session is not the one that prepared */
    return result;
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
    enum result result = collect(database, NULL, err);
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
    return collect(database, ret_result, err);
}

static enum result
execute(struct database *database, const char *sql, PGresult **ret_result, struct error *err)
{
    database->sqlstate[0] = '\0';
    if (!PQsendQuery(database->connection, sql))
        return database_result(database->connection, NULL, err);
    return collect(database, ret_result, err);
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
database_set_lock_timeout(struct database *database, unsigned timeout_ms, struct error *err)
{
    static const char SQL[] = "SELECT set_config('lock_timeout', $1::int8::text, false)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, timeout_ms);
    return database_query(database, SQL, &params, NULL, err);
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
        database_hang_up(database->connection);
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
        database_hang_up(database->connection);
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
