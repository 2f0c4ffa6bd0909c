#include "store/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/database.h"
#include "store/document_kind.h"

static const char find_sql[] =
    "SELECT o.id, o.company, o.order_type, o.order_nbr FROM amsync.sales_order o"
    " WHERE o.id IN (SELECT id FROM amsync.sales_order WHERE order_nbr = $3"
    "                UNION SELECT id FROM amsync.sales_order WHERE magento_increment_id = $3"
    "                UNION SELECT sales_order_id FROM amsync.document"
    "                       WHERE number = $3 AND kind <> 'order')"
    "   AND ($1::text IS NULL OR o.company = $1) AND ($2::text IS NULL OR o.order_type = $2)"
    " ORDER BY o.id LIMIT $4";

/* Magento gives orders, shipments and invoices numbers that look the same, so this is asked only when
 * nothing else has the number. */
static const char find_in_magento_sql[] =
    "SELECT o.id, o.company, o.order_type, o.order_nbr FROM amsync.sales_order o"
    " WHERE o.id IN (SELECT sales_order_id FROM amsync.document"
    "                 WHERE magento_increment_id = $3 AND kind <> 'order')"
    "   AND ($1::text IS NULL OR o.company = $1) AND ($2::text IS NULL OR o.order_type = $2)"
    " ORDER BY o.id LIMIT $4";

/* An answer that takes too long is none: what can be said of an unknown number is still to be said. */
static enum result
find_in_magento(struct database *database, struct query_params *params, PGresult **ret_rows,
                struct error *err)
{
    enum result result = database_query(database, find_in_magento_sql, params, ret_rows, err);

    return database_took_too_long(database) ? RESULT_NONE : result;
}

static bool
copy_text(const PGresult *rows, int row, int column, char **ret_text)
{
    const char *text = row_text(rows, row, column);

    *ret_text = strdup(text != NULL ? text : "");
    return *ret_text != NULL;
}

enum result
orders_find(struct database *database, const char *company, const char *order_type,
            const char *number, struct found_order **ret_orders, size_t *ret_count,
            struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_text(&params, company);
    params_text(&params, order_type);
    params_text(&params, number);
    params_int32(&params, FOUND_ORDERS_MAX);

    enum result result = database_query(database, find_sql, &params, &rows, err);

    if (result == RESULT_OK && PQntuples(rows) == 0) {
        PQclear(TAKE_PTR(rows));
        result = find_in_magento(database, &params, &rows, err);
    }
    if (result != RESULT_OK)
        return result;

    size_t count = (size_t)PQntuples(rows);

    if (count == 0)
        return RESULT_NONE;

    struct found_order *orders = calloc(count, sizeof(*orders));

    if (orders == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    for (size_t i = 0; i < count; i++) {
        orders[i].sales_order_id = row_int64(rows, (int)i, 0);
        if (!copy_text(rows, (int)i, 1, &orders[i].company) ||
            !copy_text(rows, (int)i, 2, &orders[i].order_type) ||
            !copy_text(rows, (int)i, 3, &orders[i].order_nbr)) {
            found_orders_free(&orders, count);
            return error_result(err, RESULT_FAILED, "out of memory");
        }
    }
    *ret_orders = orders;
    *ret_count = count;
    return RESULT_OK;
}

void
found_orders_free(struct found_order **orders, size_t count)
{
    if (*orders == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        free((*orders)[i].company);
        free((*orders)[i].order_type);
        free((*orders)[i].order_nbr);
    }
    free(*orders);
    *orders = NULL;
}

enum result
next_look_read(struct database *database, int64_t sales_order_id, struct next_look *ret_next,
               struct error *err)
{
    static const char sql[] = "SELECT greatest(0, extract(epoch FROM greatest(due_at, quiet_until)"
                              "                           - clock_timestamp()) * 1000)::bigint,"
                              "       claim IS NOT NULL AND lease_until > clock_timestamp()"
                              " FROM amsync.work WHERE sales_order_id = $1";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&params, sales_order_id);

    enum result result = database_query(database, sql, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(rows) == 0)
        return RESULT_NONE;
    *ret_next = (struct next_look){
        .in_ms = row_int64(rows, 0, 0),
        .working = row_bool(rows, 0, 1),
    };
    return RESULT_OK;
}

enum result
order_updated_read(struct database *database, int64_t sales_order_id, int64_t *ret_unix_ms,
                   struct error *err)
{
    static const char SQL[] = "SELECT (extract(epoch FROM updated_at) * 1000)::bigint"
                              " FROM amsync.sales_order WHERE id = $1";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&params, sales_order_id);

    enum result result = database_query(database, SQL, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(rows) == 0)
        return RESULT_NONE;
    *ret_unix_ms = row_int64(rows, 0, 0);
    return RESULT_OK;
}

enum result
order_message_read(struct database *database, const struct order_message_key *key,
                   char **ret_message, struct error *err)
{
    static const char SQL[] =
        "SELECT message FROM amsync.connector_log"
        " WHERE order_nbr = $1 AND sales_order_id = $2 AND status = $3 AND entity = $4"
        " AND document_nbr IS NOT DISTINCT FROM $5"
        " ORDER BY logged_on DESC, id DESC LIMIT 1";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_text(&params, key->order_nbr);
    params_int64(&params, key->sales_order_id);
    params_text(&params, document_state_name(key->state));
    params_text(&params, document_kind_name(key->kind));
    params_text(&params, key->document_nbr);

    enum result result = database_query(database, SQL, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(rows) == 0)
        return RESULT_NONE;
    return copy_text(rows, 0, 0, ret_message) ? RESULT_OK
                                              : error_result(err, RESULT_FAILED, "out of memory");
}
