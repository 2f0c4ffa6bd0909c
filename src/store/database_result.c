#include <string.h>

#include "store/database.h"

/* What SQLSTATEs of a class (two characters) or one alone (five) mean; the first match counts. */
static const struct {
    const char *prefix;
    enum result result;
    const char *clue;
} MEANINGS[] = {
    {"40001", RESULT_RETRY, NULL},
    {"40P01", RESULT_RETRY, NULL},
    {"25006", RESULT_RETRY, "the database is read-only; is it a standby?"},
    {"25P03", RESULT_RETRY, "a transaction was left open for too long"},
    {"26000", RESULT_RETRY, "the session was reset; a pooler must keep sessions"},
    {"28", RESULT_RETRY, "check user and password in AMSYNC_DATABASE_URL"},
    {"3D000", RESULT_RETRY, "check the database's name in AMSYNC_DATABASE_URL"},
    {"08", RESULT_RETRY, NULL},
    {"53100", RESULT_RETRY, "the database server's disk is full"},
    {"53300", RESULT_RETRY, "raise max_connections of PostgreSQL"},
    {"53", RESULT_RETRY, NULL},
    {"55", RESULT_RETRY, NULL},
    {"57014", RESULT_RETRY, "the statement took longer than its time-out"},
    {"57", RESULT_RETRY, NULL},
    {"58", RESULT_RETRY, "look at the database server's disk and log"},
    {"22", RESULT_REJECTED, NULL},
    {"23", RESULT_REJECTED, NULL},
    {"54", RESULT_REJECTED, NULL},
    {"3F000", RESULT_FAILED, "run amsync migrate"},
    {"42P01", RESULT_FAILED, "run amsync migrate"},
    {"42703", RESULT_FAILED, "run amsync migrate"},
    {"42501", RESULT_FAILED, "the user of AMSYNC_DATABASE_URL lacks a right"},
};

/* A row for which there is no partition is reported as a check violation without a check. */
static bool
lacks_partition(const PGresult *result, const char *sqlstate)
{
    return strcmp(sqlstate, "23514") == 0 &&
           PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) == NULL;
}

static void
describe(struct error *err, const PGresult *result, const char *sqlstate, const char *clue)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (message == NULL)
        message = "no message";
    if (clue == NULL)
        error_set(err, "PostgreSQL: %s (SQLSTATE %s)", message, sqlstate);
    else
        error_set(err, "PostgreSQL: %s (SQLSTATE %s): %s", message, sqlstate, clue);
}

enum result
database_result(const PGconn *connection, const PGresult *result, struct error *err)
{
    const char *sqlstate = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate == NULL) {
        const char *message = PQerrorMessage(connection);
        size_t length = strcspn(message, "\n");
        return error_result(err, RESULT_RETRY, "the connection to PostgreSQL broke%s%.*s",
                            length == 0 ? "" : ": ", (int)length, message);
    }
    if (lacks_partition(result, sqlstate)) {
        describe(err, result, sqlstate,
                 "run amsync migrate, which makes the next days' partitions");
        return RESULT_RETRY;
    }
    for (size_t i = 0; i < sizeof(MEANINGS) / sizeof(MEANINGS[0]); i++) {
        if (strncmp(sqlstate, MEANINGS[i].prefix, strlen(MEANINGS[i].prefix)) == 0) {
            describe(err, result, sqlstate, MEANINGS[i].clue);
            return MEANINGS[i].result;
        }
    }
    describe(err, result, sqlstate, NULL);
    return RESULT_FAILED;
}
