#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/documents.h"
#include "store/housekeeping.h"

/* Orders looked at a call, so that a change that concerns few of very many is quick, too. */
#define ORDERS_SCANNED 20000
/* Customers are often enabled by the hundred: changes of one company are worked off together. */
#define CHANGES_TOGETHER 1000

static const char TAKE_SQL[] =
    "SELECT id, company, kind, value, after_order_id FROM amsync.rules_change"
    " WHERE shop = 'default' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED";

/* The further customers of the same company that are as far. */
static const char TAKE_CUSTOMERS_SQL[] =
    "SELECT id, value FROM amsync.rules_change WHERE shop = 'default' AND kind = 'customer'"
    " AND company = $1 AND after_order_id = $2 AND id > $3 ORDER BY id LIMIT $4"
    " FOR UPDATE SKIP LOCKED";

/* What every search has in common: a window of orders by id, of which those that the change affects
 * are found, $4 at most. $5 is the company, empty for all; $1 the values. An order that is being
 * worked on is decided by the rules of before, so it counts as one that may have been skipped. So
 * does one that is due: its claim may have read it and not be committed yet. */
#define WINDOW                                                                                     \
    "WITH scanned AS MATERIALIZED (SELECT * FROM amsync.sales_order"                               \
    " WHERE shop = 'default' AND id > $2 ORDER BY id LIMIT $3), found AS MATERIALIZED ("           \
    " SELECT o.id FROM scanned AS o WHERE ($5 = '' OR o.company = $5) AND "

#define WINDOW_END                                                                                 \
    " ORDER BY o.id LIMIT $4)"                                                                     \
    " SELECT id, false FROM found UNION ALL"                                                       \
    " SELECT CASE WHEN (SELECT count(*) FROM found) = $4 THEN (SELECT max(id) FROM found)"         \
    "             WHEN (SELECT count(*) FROM scanned) = $3 THEN (SELECT max(id) FROM scanned)"     \
    "        END, true"

#define WORKED_ON                                                                                  \
    "EXISTS (SELECT FROM amsync.work AS w WHERE w.sales_order_id = o.id"                           \
    " AND (w.claim IS NOT NULL OR w.due_at <= clock_timestamp()))"

#define NOT_IN_MAGENTO_AND(states)                                                                 \
    "o.magento_entity_id IS NULL AND (o.state IN (" states ") OR " WORKED_ON ")"

static const char CUSTOMER_SQL[] = WINDOW NOT_IN_MAGENTO_AND(
    "'skipped', 'waiting'") " AND o.customer_id = ANY ($1::text[])" WINDOW_END;

static const char SHIPPING_SQL[] = WINDOW NOT_IN_MAGENTO_AND(
    "'waiting'") " AND CASE WHEN $1::text[] = ARRAY['*'] THEN NOT EXISTS ("
                 "     SELECT FROM amsync.shipping_mapping AS m WHERE m.shop = 'default'"
                 "     AND lower(m.ship_via) = lower(coalesce(o.ship_via, '')))"
                 "     ELSE lower(coalesce(o.ship_via, '')) = lower(($1::text[])[1]) "
                 "END" WINDOW_END;

static const char PAYMENT_SQL[] = WINDOW NOT_IN_MAGENTO_AND(
    "'waiting'") " AND CASE WHEN $1::text[] = ARRAY['*'] THEN NOT EXISTS ("
                 "     SELECT FROM amsync.payment_mapping AS m WHERE m.shop = 'default'"
                 "     AND lower(m.payment_method) = lower(coalesce(o.payment_method, '')))"
                 "     ELSE lower(coalesce(o.payment_method, '')) = lower(($1::text[])[1]) "
                 "END" WINDOW_END;

static const char SCOPE_SQL[] =
    WINDOW NOT_IN_MAGENTO_AND("'skipped', 'waiting'") " AND $1::text[] IS NOT NULL" WINDOW_END;

static const char WAITING_SQL[] =
    WINDOW NOT_IN_MAGENTO_AND("'waiting'") " AND $1::text[] IS NOT NULL" WINDOW_END;

static const char PENDING_SQL[] =
    WINDOW "(EXISTS (SELECT FROM amsync.document AS d WHERE d.sales_order_id = o.id"
           " AND d.state = 'pending') OR " WORKED_ON ") AND $1::text[] IS NOT NULL" WINDOW_END;

static const char SHIPMENTS_SQL[] = WINDOW
    "EXISTS (SELECT FROM amsync.document AS d WHERE d.sales_order_id = o.id"
    " AND d.kind = 'shipment' AND d.state <> 'published') AND $1::text[] IS NOT NULL" WINDOW_END;

/* Preferences that are not here affect no order that has been decided. */
static const struct {
    const char *kind;
    const char *key; /* of a preference; NULL: any value */
    const char *sql;
} SEARCHES[] = {
    {"customer", NULL, CUSTOMER_SQL},
    {"shipping", NULL, SHIPPING_SQL},
    {"payment", NULL, PAYMENT_SQL},
    {"preference", "order_types", SCOPE_SQL},
    {"preference", "orders_from", SCOPE_SQL},
    {"preference", "excluded_customer_classes", SCOPE_SQL},
    {"preference", "condition.match", SCOPE_SQL},
    {"preference", "condition.customer_enabled", SCOPE_SQL},
    {"preference", "condition.shipment_confirmed", SCOPE_SQL},
    {"preference", "condition.unpaid_balance_zero", SCOPE_SQL},
    {"preference", "fallback_email", WAITING_SQL},
    {"preference", "publishing", PENDING_SQL},
    {"preference", "shipment_trigger", SHIPMENTS_SQL},
};

/* The changes that one call works on. */
struct sweep {
    PGresult *change;    /* the oldest */
    PGresult *customers; /* those that go with it; NULL if it is no customer */
    size_t made_due;
};

static void
sweep_reset(struct sweep *sweep)
{
    PQclear(sweep->change);
    PQclear(sweep->customers);
    *sweep = (struct sweep){0};
}

static const char *
search_for(const PGresult *change)
{
    for (size_t i = 0; i < sizeof(SEARCHES) / sizeof(SEARCHES[0]); i++)
        if (strcmp(SEARCHES[i].kind, row_text(change, 0, 2)) == 0 &&
            (SEARCHES[i].key == NULL || strcmp(SEARCHES[i].key, row_text(change, 0, 3)) == 0))
            return SEARCHES[i].sql;
    return NULL;
}

static enum result
take_changes(struct database *database, struct sweep *sweep, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    enum result result = database_query(database, TAKE_SQL, NULL, &sweep->change, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(sweep->change) == 0)
        return RESULT_NONE;
    if (strcmp(row_text(sweep->change, 0, 2), "customer") != 0)
        return RESULT_OK;
    params_text(&params, row_text(sweep->change, 0, 1));
    params_int64(&params, row_int64(sweep->change, 0, 4));
    params_int64(&params, row_int64(sweep->change, 0, 0));
    params_int64(&params, CHANGES_TOGETHER);
    return database_query(database, TAKE_CUSTOMERS_SQL, &params, &sweep->customers, err);
}

static enum result
find_orders(struct database *database, const struct sweep *sweep, const char *sql,
            PGresult **ret_found, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text_array(&params);
    params_push_text(&params, row_text(sweep->change, 0, 3));
    for (int row = 0; sweep->customers != NULL && row < PQntuples(sweep->customers); row++)
        params_push_text(&params, row_text(sweep->customers, row, 1));
    params_int64(&params, row_int64(sweep->change, 0, 4));
    params_int64(&params, ORDERS_SCANNED);
    params_int64(&params, RULES_SWEEP_BATCH);
    params_text(&params, row_text(sweep->change, 0, 1));
    return database_query(database, sql, &params, ret_found, err);
}

/* The rows are orders, but one, which is how far the search has come (NULL: to the end). */
static enum result
make_due(struct database *database, struct sweep *sweep, const PGresult *found,
         int64_t *ret_after_order_id, struct error *err)
{
    struct make_due dues[RULES_SWEEP_BATCH] = {0};

    for (int row = 0; row < PQntuples(found); row++) {
        if (row_bool(found, row, 1))
            *ret_after_order_id = row_int64(found, row, 0);
        else
            dues[sweep->made_due++].sales_order_id = row_int64(found, row, 0);
    }
    enum result result = orders_lock(database, dues, sweep->made_due, err);
    return result == RESULT_OK ? work_make_due(database, dues, sweep->made_due, err) : result;
}

/* Keeps how far the changes have come; at the end (0) they are done. */
static enum result
advance(struct database *database, struct sweep *sweep, int64_t after_order_id, struct error *err)
{
    static const char MOVE_SQL[] =
        "UPDATE amsync.rules_change SET after_order_id = $2 WHERE id = ANY ($1)";
    static const char DONE_SQL[] = "DELETE FROM amsync.rules_change WHERE id = ANY ($1)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64_array(&params);
    params_push_int64(&params, row_int64(sweep->change, 0, 0));
    for (int row = 0; sweep->customers != NULL && row < PQntuples(sweep->customers); row++)
        params_push_int64(&params, row_int64(sweep->customers, row, 0));
    if (after_order_id == 0)
        return database_query(database, DONE_SQL, &params, NULL, err);
    params_int64(&params, after_order_id);
    return database_query(database, MOVE_SQL, &params, NULL, err);
}

static enum result
sweep_body(struct database *database, void *argument, struct error *err)
{
    struct sweep *sweep = argument;
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *found = NULL;
    int64_t after_order_id = 0;

    sweep_reset(sweep);
    enum result result = take_changes(database, sweep, err);
    if (result != RESULT_OK)
        return result;
    const char *sql = search_for(sweep->change);
    if (sql != NULL) {
        result = find_orders(database, sweep, sql, &found, err);
        if (result == RESULT_OK)
            result = make_due(database, sweep, found, &after_order_id, err);
    }
    return result == RESULT_OK ? advance(database, sweep, after_order_id, err) : result;
}

enum result
rules_change_sweep(struct database *database, size_t *ret_made_due, struct error *err)
{
    struct sweep sweep = {0};
    enum result result = database_transaction(database, sweep_body, &sweep, err);

    if (result == RESULT_OK)
        *ret_made_due = sweep.made_due;
    sweep_reset(&sweep);
    return result;
}
