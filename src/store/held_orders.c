#include "store/held_orders.h"

#include "store/database.h"

enum result
held_orders_step(struct database *database, struct held_walk *walk, struct error *err)
{
    static const char SQL[] =
        "SELECT id, magento_entity_id IS NULL"
        "   AND (state = 'waiting' OR $4 AND state = 'skipped' OR $5 AND state = 'pending')"
        "   AND ($2::text IS NULL OR company = $2)"
        "   AND (cardinality($3::text[]) = 0 OR customer_id = ANY ($3))"
        " FROM amsync.sales_order WHERE id < $1 ORDER BY id DESC LIMIT $6";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&params, walk->before_id);
    params_text(&params, walk->company);
    params_text_array(&params);
    for (size_t i = 0; i < walk->customer_count; i++)
        params_push_text(&params, walk->customer_ids[i]);
    params_bool(&params, walk->with_skipped);
    params_bool(&params, walk->with_pending);
    params_int32(&params, HELD_ORDERS_STEP);

    enum result result = database_query(database, SQL, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    walk->count = 0;
    if (PQntuples(rows) == 0)
        return RESULT_NONE;
    for (int row = 0; row < PQntuples(rows); row++) {
        walk->before_id = row_int64(rows, row, 0);
        if (row_bool(rows, row, 1))
            walk->ids[walk->count++] = walk->before_id;
    }
    return RESULT_OK;
}
