#include "store/order_retry.h"

#include <assert.h>

#include "store/database.h"
#include "store/documents.h"

/* Orders looked at a call, so that finding few among very many is quick, too. */
#define ORDERS_SCANNED 20000

/* Orders in a window by id, of which those with such a document; and how far it has come (NULL: to
 * the end). */
static const char FIND_SQL[] =
    "WITH scanned AS MATERIALIZED ("
    "  SELECT id, company FROM amsync.sales_order"
    "  WHERE shop = 'default' AND id > $1 ORDER BY id LIMIT $2"
    "), found AS MATERIALIZED ("
    "  SELECT s.id FROM scanned AS s WHERE ($4::text IS NULL OR s.company = $4)"
    "  AND EXISTS (SELECT FROM amsync.document AS d"
    "              WHERE d.sales_order_id = s.id AND d.state = $5)"
    "  ORDER BY s.id LIMIT $3"
    ") SELECT id, false FROM found UNION ALL"
    " SELECT CASE WHEN (SELECT count(*) FROM found) = $3 THEN (SELECT max(id) FROM found)"
    "             WHEN (SELECT count(*) FROM scanned) = $2 THEN (SELECT max(id) FROM scanned)"
    "        END, true";

static const char DOCUMENTS_SQL[] =
    "UPDATE amsync.document SET attempts = 0,"
    " version = CASE WHEN state = 'failed' THEN version + 1 ELSE version END,"
    " reason = CASE WHEN state = 'failed' THEN '' ELSE reason END,"
    " state = CASE WHEN state = 'failed' THEN 'pending' ELSE state END"
    " WHERE sales_order_id = ANY ($1::int8[]) AND state = ANY ($2::text[])"
    " AND (state = 'failed' OR attempts > 0)";

/* The state of an order is that of its own document. */
static const char ORDERS_SQL[] =
    "UPDATE amsync.sales_order AS o SET state = 'pending', reason = '',"
    " updated_at = clock_timestamp()"
    " WHERE o.id = ANY ($1::int8[]) AND o.state = 'failed' AND NOT EXISTS ("
    "  SELECT FROM amsync.document AS d WHERE d.sales_order_id = o.id AND d.kind = 'order'"
    "  AND d.state = 'failed')";

static void
push_orders(struct query_params *params, const struct make_due *orders, size_t count)
{
    params_int64_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(params, orders[i].sales_order_id);
}

static enum result
try_again(struct database *database, const struct make_due *orders, size_t count,
          const enum document_state *states, size_t state_count, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params documents = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params ids = {0};

    push_orders(&documents, orders, count);
    params_text_array(&documents);
    for (size_t i = 0; i < state_count; i++)
        params_push_text(&documents, document_state_name(states[i]));
    push_orders(&ids, orders, count);
    enum result result = database_query(database, DOCUMENTS_SQL, &documents, NULL, err);
    return result == RESULT_OK ? database_query(database, ORDERS_SQL, &ids, NULL, err) : result;
}

enum result
documents_try_again(struct database *database, int64_t sales_order_id, struct error *err)
{
    static const enum document_state states[] = {STATE_FAILED, STATE_WAITING, STATE_RETRYING};
    const struct make_due order = {.sales_order_id = sales_order_id};

    assert(database_in_transaction(database));
    return try_again(database, &order, 1, states, sizeof(states) / sizeof(states[0]), err);
}

/* What one call works on. */
struct step {
    const struct retry_walk *walk;
    struct make_due dues[ORDERS_RETRY_BATCH];
    size_t count;
    int64_t after_id; /* 0: to the end */
};

static enum result
find_orders(struct database *database, struct step *step, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *found = NULL;

    step->count = 0;
    step->after_id = 0;
    params_int64(&params, step->walk->after_id);
    params_int64(&params, ORDERS_SCANNED);
    params_int64(&params, ORDERS_RETRY_BATCH);
    params_text(&params, step->walk->company);
    params_text(&params, document_state_name(step->walk->state));
    enum result result = database_query(database, FIND_SQL, &params, &found, err);
    for (int row = 0; result == RESULT_OK && row < PQntuples(found); row++) {
        if (row_bool(found, row, 1))
            step->after_id = row_int64(found, row, 0);
        else
            step->dues[step->count++] =
                (struct make_due){.sales_order_id = row_int64(found, row, 0), .by_hand = true};
    }
    return result;
}

static enum result
step_body(struct database *database, void *argument, struct error *err)
{
    struct step *step = argument;
    enum result result = find_orders(database, step, err);

    if (result != RESULT_OK || step->count == 0)
        return result;
    result = orders_lock(database, step->dues, step->count, err);
    if (result == RESULT_OK)
        result = try_again(database, step->dues, step->count, &step->walk->state, 1, err);
    return result == RESULT_OK ? work_make_due(database, step->dues, step->count, err) : result;
}

enum result
orders_retry_some(struct database *database, struct retry_walk *walk, struct error *err)
{
    struct step step = {.walk = walk};

    if (walk->after_id < 0)
        return RESULT_NONE;
    enum result result = database_transaction(database, step_body, &step, err);
    if (result != RESULT_OK)
        return result;
    walk->made_due += step.count;
    walk->after_id = step.after_id == 0 ? -1 : step.after_id;
    return RESULT_OK;
}
