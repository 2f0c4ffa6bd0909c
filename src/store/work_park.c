#include "store/work_park.h"

#include "store/database.h"

struct parking {
    int64_t sales_order_id;
    const char *claim;
};

/* The order first, as everybody who locks both does it. */
static const char LOCK_SQL[] = "SELECT id FROM amsync.sales_order WHERE id = $1 FOR NO KEY UPDATE";

static const char END_WORK_SQL[] =
    "DELETE FROM amsync.work WHERE sales_order_id = $1 AND claim = $2::text::uuid RETURNING 1";

static const char PARK_SQL[] =
    "WITH parked AS ("
    "  UPDATE amsync.sales_order SET state = 'failed', reason = 'its handling crashed',"
    "  updated_at = clock_timestamp() WHERE id = $1"
    "  RETURNING id, company, order_type, order_nbr, magento_increment_id"
    "), documents AS ("
    "  UPDATE amsync.document SET state = 'failed', reason = 'its handling crashed'"
    "  WHERE sales_order_id = $1 AND (kind = 'order' OR state IN ('pending', 'retrying'))"
    ") INSERT INTO amsync.connector_log"
    "  (sales_order_id, company, entity, action, status, order_type, order_nbr, magento_nbr,"
    "   message)"
    " SELECT id, company, 'order', 'decide', 'failed', order_type, order_nbr,"
    "  magento_increment_id, order_nbr || ' failed: its handling crashed again and again, so it'"
    "  || ' is set aside. Try again: amsync sync ' || order_type || ' ' || order_nbr"
    " FROM parked";

static enum result
park_body(struct database *database, void *argument, struct error *err)
{
    const struct parking *parking = argument;
    AMSYNC_CLEANUP(query_params_free) struct query_params order = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params work = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *ended = NULL;

    params_int64(&order, parking->sales_order_id);
    params_int64(&work, parking->sales_order_id);
    params_text(&work, parking->claim);
    enum result result = database_query(database, LOCK_SQL, &order, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, END_WORK_SQL, &work, &ended, err);
    if (result == RESULT_OK && PQntuples(ended) > 0)
        result = database_query(database, PARK_SQL, &order, NULL, err);
    return result;
}

enum result
work_park(struct database *database, int64_t sales_order_id, const char *claim, struct error *err)
{
    struct parking parking = {.sales_order_id = sales_order_id, .claim = claim};

    return database_transaction(database, park_body, &parking, err);
}
