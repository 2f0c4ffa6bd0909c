#include "store/magento_forget.h"

#include <stdio.h>

#include "store/connector_log.h"
#include "store/database.h"
#include "store/documents.h"

#define HAS_NUMBERS "(magento_increment_id IS NOT NULL OR magento_entity_id IS NOT NULL)"

static const char FIND_SQL[] = "SELECT id FROM amsync.sales_order"
                               " WHERE shop = 'default' AND id > $1 AND " HAS_NUMBERS
                               " ORDER BY id LIMIT $2 FOR NO KEY UPDATE";

/* Should it be the same shop after all, each order is found there by its ext_order_id. */
static const char ORDERS_SQL[] =
    "UPDATE amsync.sales_order SET magento_increment_id = NULL, magento_store_id = NULL,"
    " magento_entity_id = NULL, number_may_differ = true, held_by_amsync = false, sent = NULL,"
    " state = 'pending', reason = '', updated_at = clock_timestamp()"
    " WHERE id = ANY ($1::int8[])";

static const char DOCUMENTS_SQL[] =
    "UPDATE amsync.document SET magento_entity_id = NULL, magento_increment_id = NULL,"
    " state = 'pending', reason = '', attempts = 0, version = version + 1,"
    " settled_note = CASE WHEN settled = 'done' THEN NULL ELSE settled_note END,"
    " settled = nullif(settled, 'done')"
    " WHERE sales_order_id = ANY ($1::int8[])";

static const char LINES_SQL[] =
    "DELETE FROM amsync.order_line WHERE sales_order_id = ANY ($1::int8[])";

enum result
magento_forget_count(struct database *database, int64_t *ret_orders, struct error *err)
{
    static const char SQL[] = "SELECT count(*) FROM amsync.sales_order WHERE " HAS_NUMBERS;
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result == RESULT_OK)
        *ret_orders = row_int64(rows, 0, 0);
    return result;
}

enum result
service_is_running(struct database *database, bool *ret_running, struct error *err)
{
    static const char SQL[] =
        "SELECT EXISTS (SELECT FROM amsync.heartbeat WHERE stopped_at IS NULL"
        " AND greatest(alive_at, beat_at) > clock_timestamp() - interval '20 seconds')";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result == RESULT_OK)
        *ret_running = row_bool(rows, 0, 0);
    return result;
}

/* What one call works on. */
struct step {
    int64_t after_id;
    struct make_due dues[MAGENTO_FORGET_BATCH];
    size_t count;
};

static enum result
update(struct database *database, const struct step *step, const char *sql, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params ids = {0};

    params_int64_array(&ids);
    for (size_t i = 0; i < step->count; i++)
        params_push_int64(&ids, step->dues[i].sales_order_id);
    return database_query(database, sql, &ids, NULL, err);
}

static enum result
step_body(struct database *database, void *argument, struct error *err)
{
    struct step *step = argument;
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *found = NULL;

    params_int64(&params, step->after_id);
    params_int64(&params, MAGENTO_FORGET_BATCH);
    enum result result = database_query(database, FIND_SQL, &params, &found, err);
    if (result != RESULT_OK)
        return result;
    step->count = (size_t)PQntuples(found);
    if (step->count == 0)
        return RESULT_NONE;
    for (size_t i = 0; i < step->count; i++)
        step->dues[i] = (struct make_due){.sales_order_id = row_int64(found, (int)i, 0)};
    result = update(database, step, ORDERS_SQL, err);
    if (result == RESULT_OK)
        result = update(database, step, DOCUMENTS_SQL, err);
    if (result == RESULT_OK)
        result = update(database, step, LINES_SQL, err);
    return result == RESULT_OK ? work_make_due(database, step->dues, step->count, err) : result;
}

enum result
magento_forget_some(struct database *database, struct forget_walk *walk, struct error *err)
{
    struct step step = {.after_id = walk->after_id};
    enum result result = database_transaction(database, step_body, &step, err);

    if (result == RESULT_OK) {
        walk->after_id = step.dues[step.count - 1].sales_order_id;
        walk->orders += step.count;
    }
    return result;
}

static enum result
forget_shop_body(struct database *database, void *argument, struct error *err)
{
    static const char SQL[] = "DELETE FROM amsync.magento WHERE shop = 'default'";
    const size_t *orders = argument;
    char message[200];
    const struct log_line line = {
        .entity = "service",
        .action = "decide",
        .status = document_state_name(STATE_PENDING),
        .message = message,
    };

    (void)snprintf(message, sizeof(message),
                   "The Magento numbers of %zu order%s were forgotten by a person: from now on "
                   "orders go to the shop that AMSYNC_MAGENTO_URL names",
                   *orders, *orders == 1 ? "" : "s");
    enum result result = database_query(database, SQL, NULL, NULL, err);
    return result == RESULT_OK ? connector_log_append(database, &line, 1, err) : result;
}

enum result
magento_forget_shop(struct database *database, size_t orders, struct error *err)
{
    return database_transaction(database, forget_shop_body, &orders, err);
}
