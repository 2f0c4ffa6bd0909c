#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/work.h"

struct fixing {
    struct claimed_order *const *orders;
    const char *const *increment_ids;
    size_t count;
    int store_id;
    PGresult *fixed;
};

/* Orders whose claim holds, locked in the order of their ids. */
static const char LOCK_SQL[] = "SELECT o.id FROM amsync.sales_order AS o WHERE o.id = ANY (ARRAY("
                               "    SELECT w.sales_order_id FROM amsync.work AS w"
                               "    JOIN unnest($1::int8[], $2::text[]) AS k (id, claim)"
                               "    ON w.sales_order_id = k.id AND w.claim = k.claim::uuid"
                               "    WHERE w.sales_order_id = ANY ($1::int8[])))"
                               " ORDER BY o.id FOR NO KEY UPDATE";

/* A number that is there already stays. What is joined is looked up by the ids, as where outcomes are
 * recorded. */
static const char FIX_SQL[] =
    "UPDATE amsync.sales_order AS o SET"
    " magento_increment_id = coalesce(o.magento_increment_id, k.increment_id,"
    "                                 nextval('amsync.magento_number')::text),"
    " magento_store_id = coalesce(o.magento_store_id, $4), updated_at = clock_timestamp()"
    " FROM unnest($1::int8[], $2::text[], $3::text[]) WITH ORDINALITY"
    "      AS k (id, claim, increment_id, position)"
    " JOIN amsync.work AS w ON w.sales_order_id = k.id AND w.claim = k.claim::uuid"
    " WHERE o.id = k.id AND o.id = ANY ($1::int8[]) AND w.sales_order_id = ANY ($1::int8[])"
    " RETURNING k.position, o.magento_increment_id, o.magento_store_id";

static enum result
fix_body(struct database *database, void *argument, struct error *err)
{
    struct fixing *fixing = argument;
    AMSYNC_CLEANUP(query_params_free) struct query_params claims = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params numbers = {0};
    struct query_params *both[] = {&claims, &numbers};

    PQclear(TAKE_PTR(fixing->fixed));
    for (size_t n = 0; n < 2; n++) {
        params_int64_array(both[n]);
        for (size_t i = 0; i < fixing->count; i++)
            params_push_int64(both[n], fixing->orders[i]->sales_order_id);
        params_text_array(both[n]);
        for (size_t i = 0; i < fixing->count; i++)
            params_push_text(both[n], fixing->orders[i]->claim);
    }
    params_text_array(&numbers);
    for (size_t i = 0; i < fixing->count; i++)
        params_push_text(&numbers, fixing->increment_ids[i]);
    params_int32(&numbers, fixing->store_id);
    enum result result = database_query(database, LOCK_SQL, &claims, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, FIX_SQL, &numbers, &fixing->fixed, err);
    return result;
}

static enum result
write_numbers(const struct fixing *fixing, struct error *err)
{
    int rows = PQntuples(fixing->fixed);

    for (int row = 0; row < rows; row++) {
        struct claimed_order *order = fixing->orders[row_int64(fixing->fixed, row, 0) - 1];
        char *copy = strdup(row_text(fixing->fixed, row, 1));
        if (copy == NULL)
            return error_result(err, RESULT_FAILED, "no memory for a number");
        free(order->magento_increment_id);
        order->magento_increment_id = copy;
        order->magento_store_id = row_int32(fixing->fixed, row, 2);
    }
    return RESULT_OK;
}

enum result
work_fix_numbers(struct database *database, struct claimed_order *const *orders,
                 const char *const *increment_ids, size_t count, int store_id, struct error *err)
{
    struct fixing fixing = {
        .orders = orders,
        .increment_ids = increment_ids,
        .count = count,
        .store_id = store_id,
    };

    if (count == 0)
        return RESULT_OK;
    enum result result = database_transaction(database, fix_body, &fixing, err);
    if (result == RESULT_OK)
        result = write_numbers(&fixing, err);
    PQclear(fixing.fixed);
    return result;
}
