#include <stdlib.h>

#include "store/database.h"
#include "store/housekeeping.h"

/* The same as the plan's order_is_completed and order_is_cancelled. */
#define IS_CLOSED                                                                                  \
    "(lower(b.body #>> '{header,f,Status}') IN ('completed', 'canceled', 'cancelled')"             \
    " OR lower(b.body #>> '{header,f,Cancelled}') IN ('true', 'yes', '1'))"

/* Whether order o is finished, has not changed for $2 days, and has something to be deleted. Every
 * outcome and every change of the order writes updated_at. An order that was reduced before and whose
 * own notification has not come since is still finished. What it costs most to know comes last. */
#define IS_TO_BE_REDUCED                                                                           \
    " o.updated_at < clock_timestamp() - $2 * interval '1 day'"                                    \
    " AND NOT EXISTS (SELECT FROM amsync.work AS w WHERE w.sales_order_id = o.id)"                 \
    " AND NOT EXISTS (SELECT FROM amsync.document AS d WHERE d.sales_order_id = o.id"              \
    "                 AND d.state NOT IN ('published', 'skipped'))"                                \
    " AND EXISTS (SELECT FROM amsync.document AS d JOIN amsync.document_body AS b"                 \
    "             ON b.document_id = d.id WHERE d.sales_order_id = o.id)"                          \
    " AND EXISTS (SELECT FROM amsync.document AS d LEFT JOIN amsync.document_body AS b"            \
    "             ON b.document_id = d.id WHERE d.sales_order_id = o.id AND d.kind = 'order'"      \
    "             AND (d.settled IS NOT NULL OR " IS_CLOSED                                        \
    "                  OR (d.reduced_at IS NOT NULL AND b.document_id IS NULL)))"

/* The last row is how far the scan has come; its id is NULL if there was nothing to scan. */
static const char FIND_SQL[] =
    "WITH scanned AS MATERIALIZED (SELECT id, updated_at FROM amsync.sales_order"
    " WHERE id > $1 ORDER BY id LIMIT $3)"
    " SELECT id, false FROM scanned AS o WHERE" IS_TO_BE_REDUCED
    " UNION ALL SELECT max(id), true FROM scanned";

/* Locked as everybody locks orders; one that is just being changed is left for the next time. */
static const char LOCK_SQL[] = "SELECT id FROM amsync.sales_order WHERE id = ANY ($1::int8[])"
                               " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED";

/* As the plan says it (sync/plan_reduced.c). */
#define REDUCED_REASON                                                                             \
    " reason = CASE WHEN state = 'skipped'"                                                        \
    " THEN 'it was finished long ago, and only its numbers are kept' ELSE '' END,"

/* Looked at again now that they are locked. */
static const char REDUCE_ORDERS_SQL[] =
    "UPDATE amsync.sales_order AS o SET sent = NULL," REDUCED_REASON " customer_id = NULL,"
    " ship_via = NULL, payment_method = NULL"
    " WHERE o.id = ANY ($1::int8[]) AND" IS_TO_BE_REDUCED " RETURNING o.id";

static const char REDUCE_DOCUMENTS_SQL[] =
    "WITH reduced AS (UPDATE amsync.document SET reduced_at = clock_timestamp()," REDUCED_REASON
    "  warehouses = '{}', settled_note = CASE WHEN settled IS NOT NULL THEN '' END"
    "  WHERE sales_order_id = ANY ($1::int8[]) RETURNING id)"
    " DELETE FROM amsync.document_body AS b USING reduced WHERE b.document_id = reduced.id";

/* One call's work. */
struct reduction {
    int64_t after_id;
    unsigned retention_days;
    bool at_end;
    int64_t scanned_to;
    size_t reduced;
};

static void
push_ids(struct query_params *params, const PGresult *rows, int count)
{
    params_int64_array(params);
    for (int row = 0; row < count; row++)
        params_push_int64(params, row_int64(rows, row, 0));
}

static enum result
reduce(struct database *database, const PGresult *found, int count, struct reduction *reduction,
       struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params to_lock = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params locked_ids = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params ids = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *locked = NULL;
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *reduced = NULL;

    push_ids(&to_lock, found, count);
    enum result result = database_query(database, LOCK_SQL, &to_lock, &locked, err);
    if (result != RESULT_OK)
        return result;
    push_ids(&locked_ids, locked, PQntuples(locked));
    params_int32(&locked_ids, (int32_t)reduction->retention_days);
    result = database_query(database, REDUCE_ORDERS_SQL, &locked_ids, &reduced, err);
    if (result != RESULT_OK)
        return result;
    reduction->reduced = (size_t)PQntuples(reduced);
    push_ids(&ids, reduced, PQntuples(reduced));
    return database_query(database, REDUCE_DOCUMENTS_SQL, &ids, NULL, err);
}

static enum result
reduce_body(struct database *database, void *argument, struct error *err)
{
    struct reduction *reduction = argument;
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *found = NULL;

    reduction->reduced = 0;
    params_int64(&params, reduction->after_id);
    params_int32(&params, (int32_t)reduction->retention_days);
    params_int64(&params, REDUCE_SCAN);
    enum result result = database_query(database, FIND_SQL, &params, &found, err);
    if (result != RESULT_OK)
        return result;

    int count = PQntuples(found) - 1;

    reduction->at_end = row_text(found, count, 0) == NULL;
    reduction->scanned_to = row_int64(found, count, 0);
    return count > 0 ? reduce(database, found, count, reduction, err) : RESULT_OK;
}

enum result
finished_orders_reduce(struct database *database, unsigned retention_days, int64_t *after_id,
                       size_t *ret_reduced, struct error *err)
{
    struct reduction reduction = {.after_id = *after_id, .retention_days = retention_days};
    enum result result = database_transaction(database, reduce_body, &reduction, err);

    if (result != RESULT_OK)
        return result;
    if (reduction.at_end)
        return RESULT_NONE;
    *after_id = reduction.scanned_to;
    *ret_reduced = reduction.reduced;
    return RESULT_OK;
}
