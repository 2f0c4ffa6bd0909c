#include "store/gauges.h"

#include "store/database.h"

/* In the order of an index, so that no plan reads the whole table. A claim keeps its due_at. */
#define DUE(lane)                                                                                  \
    "(SELECT due_at FROM amsync.work WHERE lane = " lane " AND due_at <= statement_timestamp()"    \
    " AND (claim IS NULL OR lease_until <= statement_timestamp())"                                 \
    " ORDER BY due_at LIMIT $1)"

static const char SQL[] =
    "WITH due AS (SELECT count(*) AS orders, min(due_at) AS oldest"
    " FROM (" DUE("0") " UNION ALL " DUE(
        "1") ") AS d"
             "), attention AS (SELECT s.state, a.orders, a.stuck"
             " FROM unnest(ARRAY['waiting', 'retrying', 'failed']) AS s (state)"
             " CROSS JOIN LATERAL (SELECT count(DISTINCT sales_order_id) AS orders,"
             "   count(DISTINCT sales_order_id) FILTER (WHERE attempts >= $2) AS stuck"
             "   FROM (SELECT sales_order_id, attempts FROM amsync.attention WHERE state = s.state"
             "         ORDER BY sales_order_id LIMIT $1) AS t) AS a"
             "), queue AS (SELECT count(*) AS notifications, min(queued_at) AS oldest"
             " FROM (SELECT queued_at FROM amsync.intake_queue ORDER BY id LIMIT $1) AS q"
             ") SELECT least(due.orders, $1),"
             " (extract(epoch FROM clock_timestamp() - due.oldest) * 1000)::int8,"
             " (SELECT orders FROM attention WHERE state = 'waiting'),"
             " (SELECT orders FROM attention WHERE state = 'retrying'),"
             " (SELECT stuck FROM attention WHERE state = 'retrying'),"
             " (SELECT orders FROM attention WHERE state = 'failed'),"
             " queue.notifications,"
             " (extract(epoch FROM clock_timestamp() - queue.oldest) * 1000)::int8"
             " FROM due, queue";

static int64_t
age(int64_t age_ms)
{
    return age_ms < 0 ? 0 : age_ms;
}

enum result
gauges_read(struct database *database, int64_t max_attempts, struct gauges *ret_gauges,
            struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&params, GAUGES_COUNT_MAX);
    params_int64(&params, max_attempts);
    enum result result = database_query(database, SQL, &params, &rows, err);
    if (result != RESULT_OK)
        return result;
    *ret_gauges = (struct gauges){
        .orders_due = row_int64(rows, 0, 0),
        .oldest_due_age_ms = age(row_int64(rows, 0, 1)),
        .orders_waiting = row_int64(rows, 0, 2),
        .orders_retrying = row_int64(rows, 0, 3),
        .orders_stuck = row_int64(rows, 0, 4),
        .orders_failed = row_int64(rows, 0, 5),
        .intake_queue = row_int64(rows, 0, 6),
        .oldest_intake_age_ms = age(row_int64(rows, 0, 7)),
    };
    return RESULT_OK;
}
