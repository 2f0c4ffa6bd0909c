#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/documents.h"
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
    test_execute(
        database,
        "TRUNCATE amsync.notification, amsync.intake_queue, amsync.sales_order,"
        " amsync.work, amsync.document, amsync.attention, amsync.document_body,"
        " amsync.order_line, amsync.connector_log, amsync.preference, amsync.shipping_mapping,"
        " amsync.payment_mapping, amsync.warehouse_mapping, amsync.customer,"
        " amsync.field_mapping, amsync.rules_change, amsync.heartbeat, amsync.magento,"
        " amsync.accepting_gap, amsync.refusal_count, amsync.magento_link");
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

static int64_t
statistic(struct database *database, const char *sql, const char *tables)
{
    struct query_params params = {0};
    PGresult *result = NULL;
    struct error err;

    assert_true(database_in_transaction(database));
    params_text(&params, tables);
    assert_ok(database_query(database, sql, &params, &result, &err), err);
    query_params_free(&params);

    int64_t value = row_int64(result, 0, 0);

    PQclear(result);
    return value;
}

int64_t
test_rows_read(struct database *database, const char *tables)
{
    static const char SQL[] = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint"
                              " FROM pg_stat_xact_user_tables"
                              " WHERE schemaname = 'amsync' AND relname LIKE $1";

    return statistic(database, SQL, tables);
}

int64_t
test_scans(struct database *database, const char *tables)
{
    static const char SQL[] = "SELECT sum(seq_scan + coalesce(idx_scan, 0))::bigint"
                              " FROM pg_stat_xact_user_tables"
                              " WHERE schemaname = 'amsync' AND relname LIKE $1";

    return statistic(database, SQL, tables);
}

static void
merge_orders(struct database *database, const struct document_key *keys, size_t count,
             const char *customer_id, struct make_due *dues)
{
    struct open_documents *open = NULL;
    struct error err;

    assert_ok(database_begin(database, &err), err);
    assert_ok(documents_open(database, keys, count, &open, &err), err);
    for (size_t i = 0; i < count; i++) {
        struct open_document *document = open_documents_at(open, i);
        document->changed = true;
        document->customer_id = customer_id;
        dues[i] = (struct make_due){.sales_order_id = document->sales_order_id};
    }
    assert_ok(documents_save(database, open, &err), err);
    assert_ok(work_make_due(database, dues, count, &err), err);
    assert_ok(database_commit(database, &err), err);
    open_documents_free(&open);
}

static struct document_key
order_key(const char *order_nbr)
{
    return (struct document_key){.company = "Company",
                                 .order_type = "SO",
                                 .order_nbr = order_nbr,
                                 .kind = DOCUMENT_ORDER,
                                 .type = "SO",
                                 .number = order_nbr};
}

int64_t
test_save_order(struct database *database, const char *order_nbr, const char *customer_id)
{
    struct document_key key = order_key(order_nbr);
    struct make_due due;

    merge_orders(database, &key, 1, customer_id, &due);
    return due.sales_order_id;
}

void
test_save_orders(struct database *database, const char *prefix, size_t count,
                 const char *customer_id)
{
    char(*numbers)[32] = calloc(count, sizeof(*numbers));
    struct document_key *keys = calloc(count, sizeof(*keys));
    struct make_due *dues = calloc(count, sizeof(*dues));

    assert_true(numbers != NULL && keys != NULL && dues != NULL);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(numbers[i], sizeof(numbers[i]), "%s%zu", prefix, i);
        keys[i] = order_key(numbers[i]);
    }
    merge_orders(database, keys, count, customer_id, dues);
    free(numbers);
    free(keys);
    free(dues);
}
