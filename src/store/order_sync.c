#include "store/order_sync.h"

#include "base/cleanup.h"
#include "store/database.h"
#include "store/documents.h"
#include "store/order_retry.h"

struct sync_request {
    int64_t sales_order_id;
    bool force;
};

static enum result
sync_now(struct database *database, void *argument, struct error *err)
{
    static const char sql[] = "UPDATE amsync.sales_order SET forced = forced OR $2 WHERE id = $1"
                              " RETURNING id";
    const struct sync_request *request = argument;
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&params, request->sales_order_id);
    params_bool(&params, request->force);

    enum result result = database_query(database, sql, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(rows) == 0)
        return RESULT_NONE;

    struct make_due due = {.sales_order_id = request->sales_order_id, .by_hand = true};

    result = documents_try_again(database, request->sales_order_id, err);
    if (result != RESULT_OK)
        return result;
    return work_make_due(database, &due, 1, err);
}

enum result
order_sync_now(struct database *database, int64_t sales_order_id, bool force, struct error *err)
{
    struct sync_request request = {.sales_order_id = sales_order_id, .force = force};

    return database_transaction(database, sync_now, &request, err);
}
