#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "store/migrate.h"

const char *
test_database_url(void)
{
    const char *url = getenv("AMSYNC_TEST_DATABASE_URL");

    if (url == NULL)
        fail_msg("run this with tests/support/with-postgres");
    return url;
}

struct database *
test_open(void)
{
    struct database *database = NULL;
    struct error err;

    assert_ok(database_open(test_database_url(), "test", 20000, &database, &err), err);
    return database;
}

int
test_migrate(void **state)
{
    struct database *database = test_open();
    struct error err;
    size_t applied;

    (void)state;
    test_execute(database, "DROP SCHEMA IF EXISTS amsync CASCADE");
    assert_ok(migrate_run(database, "0.1.0", &applied, &err), err);
    database_close(&database);
    return 0;
}

int
test_empty(void **state)
{
    struct database *database = test_open();

    (void)state;
    test_execute(database,
                 "TRUNCATE amsync.notification, amsync.intake_queue, amsync.sales_order,"
                 " amsync.work, amsync.document, amsync.document_body, amsync.order_line,"
                 " amsync.connector_log, amsync.preference, amsync.shipping_mapping,"
                 " amsync.payment_mapping, amsync.warehouse_mapping, amsync.customer,"
                 " amsync.field_mapping, amsync.rules_change, amsync.heartbeat, amsync.magento");
    database_close(&database);
    return 0;
}

static PGresult *
run(const char *sql)
{
    PGconn *connection = NULL;
    struct error err;

    assert_ok(database_connect(test_database_url(), "test", 20000, &connection, &err), err);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    PQfinish(connection);
    return result;
}

int64_t
test_int64(const char *sql)
{
    PGresult *result = run(sql);
    int64_t value = PQntuples(result) == 0 ? 0 : row_int64(result, 0, 0);

    PQclear(result);
    return value;
}

char *
test_text(const char *sql)
{
    PGresult *result = run(sql);
    const char *text = PQntuples(result) == 0 ? NULL : row_text(result, 0, 0);
    char *copy = strdup(text == NULL ? "" : text);

    PQclear(result);
    return copy;
}

void
test_execute(struct database *database, const char *sql)
{
    struct error err;

    assert_ok(database_execute(database, sql, &err), err);
}
