#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/work.h"

/* "amslink" in ASCII: one program at a time takes numbers, so that each sees what the last has done. */
#define LINK_LOCK INT64_C(0x616d736c696e6b)
/* Longer ones Magento does not have. */
#define NUMBER "left(lower($1 COLLATE \"C\"), 50)"

/* An order that is not linked to that number and is not being worked on has no use for it. */
static const char TAKE_SQL[] =
    "INSERT INTO amsync.magento_link AS l (number, sales_order_id) VALUES (" NUMBER ", $2)"
    " ON CONFLICT (shop, number) DO UPDATE SET sales_order_id = excluded.sales_order_id"
    " WHERE NOT EXISTS (SELECT FROM amsync.sales_order AS o"
    "     LEFT JOIN amsync.work AS w ON w.sales_order_id = o.id"
    "     WHERE o.id = l.sales_order_id AND (w.claim IS NOT NULL OR w.crashes > 0"
    "       OR (o.magento_entity_id IS NOT NULL"
    "           AND lower(o.magento_increment_id COLLATE \"C\") = l.number)))";

static const char HOLDER_SQL[] =
    "SELECT o.order_type || ' ' || o.order_nbr FROM amsync.magento_link AS l"
    " JOIN amsync.sales_order AS o ON o.id = l.sales_order_id"
    " WHERE l.shop = 'default' AND l.number = " NUMBER " AND o.id <> $2";

struct taking {
    struct claimed_order *order;
    const char *number;
};

static enum result
take_body(struct database *database, void *argument, struct error *err)
{
    const struct taking *taking = argument;
    AMSYNC_CLEANUP(query_params_free) struct query_params lock = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&lock, LINK_LOCK);
    params_text(&params, taking->number);
    params_int64(&params, taking->order->sales_order_id);
    enum result result =
        database_query(database, "SELECT pg_advisory_xact_lock($1)", &lock, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, TAKE_SQL, &params, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, HOLDER_SQL, &params, &rows, err);
    if (result != RESULT_OK)
        return result;
    free(taking->order->link_holder);
    taking->order->link_holder = NULL;
    if (PQntuples(rows) == 0)
        return RESULT_OK;
    taking->order->link_holder = strdup(row_text(rows, 0, 0));
    return taking->order->link_holder != NULL
               ? RESULT_OK
               : error_result(err, RESULT_FAILED, "no memory for an order's number");
}

enum result
work_take_link(struct database *database, struct claimed_order *order, const char *number,
               struct error *err)
{
    struct taking taking = {.order = order, .number = number};

    return database_transaction(database, take_body, &taking, err);
}
