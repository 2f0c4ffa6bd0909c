#include <stdio.h>
#include <string.h>

#include "store/database.h"
#include "store/database_session.h"

/* Commits that do not wait for the disk would break the promise that 202 means kept. No statement is
 * long enough to be worth compiling, but one that must scan looks so where scans are avoided. */
static const char SESSION_SQL[] =
    "SELECT set_config('statement_timeout', $1, false),"
    " set_config('idle_in_transaction_session_timeout', $1, false),"
    " set_config('synchronous_commit',"
    "            CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
    "            ELSE current_setting('synchronous_commit') END, false),"
    " set_config('TimeZone', 'UTC', false),"
    " set_config('DateStyle', 'ISO', false),"
    " set_config('jit', 'off', false),"
    " set_config('search_path', 'pg_catalog', false)";

static void
forget_notice(void *argument, const PGresult *result)
{
    (void)argument;
    (void)result;
}

enum result
database_session_setup(PGconn *connection, unsigned timeout_ms, struct error *err)
{
    char timeout_text[16];
    (void)snprintf(timeout_text, sizeof(timeout_text), "%u", timeout_ms);
    const char *const values[] = {timeout_text};
    char ignored[SQLSTATE_BYTES];

    /* A blocking call would wait for ever for a server that lets us in and then says nothing. */
    if (PQsetnonblocking(connection, 1) != 0)
        return error_result(err, RESULT_FAILED, "cannot make a connection non-blocking");
    if (!PQsendQueryParams(connection, SESSION_SQL, 1, NULL, values, NULL, NULL, 0))
        return database_result(connection, NULL, err);
    return database_collect(connection, timeout_ms, ignored, NULL, err);
}

/* A password whose special characters are not percent-encoded ends up in other parts of a URI, which
 * libpq and PostgreSQL then show in their messages. */
static bool
holds_part_of_a_password(const PQconninfoOption *option)
{
    if (option->val == NULL)
        return false;
    if (strcmp(option->keyword, "port") == 0)
        return strspn(option->val, "0123456789,") != strlen(option->val);
    return (strcmp(option->keyword, "host") == 0 || strcmp(option->keyword, "dbname") == 0) &&
           strchr(option->val, '@') != NULL;
}

/* libpq shows parts of a string that it cannot read, so its own message is not passed on. */
static enum result
check_url(const char *url, struct error *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);

    PQfreemem(message);
    if (options == NULL)
        return error_result(err, RESULT_REJECTED,
                            "AMSYNC_DATABASE_URL is neither a connection string (host=... "
                            "dbname=...) nor a URI (postgresql://...) of libpq");
    bool split = false;

    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        split = split || holds_part_of_a_password(option);
    PQconninfoFree(options);
    if (split)
        return error_result(err, RESULT_REJECTED,
                            "AMSYNC_DATABASE_URL has a host, port or database that cannot be one; "
                            "in a URI's password write @ as %%40, : as %%3A and / as %%2F");
    return RESULT_OK;
}

enum result
database_refused(const PGconn *connection, struct error *err)
{
    const char *message = PQerrorMessage(connection);
    size_t length = strcspn(message, "\n");

    return error_result(err, RESULT_RETRY, "cannot connect to PostgreSQL: %.*s", (int)length,
                        message);
}

enum result
database_connect(const char *url, const char *application_name, unsigned timeout_ms,
                 PGconn **ret_connection, struct error *err)
{
    /* What stands before dbname is a default that the string may override. */
    const char *const keywords[] = {
        "connect_timeout",           "keepalives",
        "keepalives_idle",           "keepalives_interval",
        "keepalives_count",          "tcp_user_timeout",
        "fallback_application_name", "dbname",
        "client_encoding",           NULL,
    };
    const char *const values[] = {
        "5", "1", "10", "5", "3", "20000", application_name, url, "UTF8", NULL,
    };

    enum result result = check_url(url, err);
    if (result != RESULT_OK)
        return result;
    PGconn *connection = PQconnectdbParams(keywords, values, 1);
    if (connection == NULL)
        return error_result(err, RESULT_FAILED, "no memory for a connection to PostgreSQL");
    if (PQstatus(connection) != CONNECTION_OK)
        result = database_refused(connection, err);
    else
        result = database_session_setup(connection, timeout_ms, err);
    if (result != RESULT_OK) {
        PQfinish(connection);
        return result;
    }
    PQsetNoticeReceiver(connection, forget_notice, NULL);
    *ret_connection = connection;
    return RESULT_OK;
}
