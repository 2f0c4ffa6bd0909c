#include "store/database.h"
#include "store/documents.h"

/*
 * An order already due keeps its place: only its revision rises, which touches no index. One not yet
 * due (settling, or to be tried again later) is brought forward, never pushed back. While it is
 * being worked on, its due time is what the new notification asks for. None of this shortens what Magento
 * asked for (retry_after); only amsync retry and sync do.
 *
 * A customer's further orders get turns 100 ms behind those that already wait for theirs, so that
 * others' first ones pass them. Orders that are only due later (retries) do not count; they are passed
 * by in the index, a thousand at most, so that many of them do not make this slow.
 *
 * Turns are a time of their own, which stands still while nobody is served: where orders wait whose
 * turns are long past, a customer's first order stands with the one whose turn it is, not behind all
 * that came before. A ten-thousandth of the real time keeps those who come after each other in order.
 *
 * Orders and work are looked up by the ids, and each customer's last turn once: a plan that was made
 * while the queue was empty would do either for each pair of rows.
 */
static const char SQL[] =
    "WITH asked AS ("
    "  SELECT t.id, t.by_hand, statement_timestamp() AS now, interval '1 millisecond' * CASE"
    "         WHEN o.magento_entity_id IS NULL THEN t.settle_ms ELSE 0 END AS settle,"
    "         CASE WHEN t.not_before_ms > 0 THEN statement_timestamp()"
    "              + interval '1 millisecond' * t.not_before_ms END AS not_before,"
    "         CASE WHEN o.magento_entity_id IS NULL THEN 0 ELSE 1 END AS lane,"
    "         o.company || '/' || coalesce(o.customer_id, '#' || o.id) AS fair_key"
    "  FROM (SELECT id, min(settle_ms) AS settle_ms, max(not_before_ms) AS not_before_ms,"
    "               bool_or(by_hand) AS by_hand"
    "        FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::bool[])"
    "             AS u (id, settle_ms, not_before_ms, by_hand)"
    "        GROUP BY id) AS t"
    "  JOIN amsync.sales_order AS o ON o.id = t.id WHERE o.id = ANY ($1::int8[])"
    "), wanted AS ("
    "  SELECT a.*, CASE WHEN NOT a.by_hand THEN w.retry_after END AS retry_after, greatest("
    "           CASE WHEN w.quiet_until > a.now THEN w.quiet_until END, a.not_before,"
    "           CASE WHEN w.retry_after > a.now AND NOT a.by_hand THEN w.retry_after END,"
    "           CASE WHEN w.due_at > a.now THEN least(w.due_at, a.now + a.settle)"
    "                WHEN w.claim IS NULL AND w.due_at IS NOT NULL THEN w.due_at"
    "                ELSE a.now + a.settle END) AS due_at,"
    "         w.due_at AS due_before, w.turn_at AS turn_before"
    "  FROM asked AS a LEFT JOIN amsync.work AS w"
    "  ON w.sales_order_id = a.id AND w.sales_order_id = ANY ($1::int8[])"
    "), numbered AS ("
    "  SELECT w.*, w.due_before IS DISTINCT FROM w.due_at AS moves,"
    "         row_number() OVER (PARTITION BY w.fair_key, w.due_before IS DISTINCT FROM w.due_at"
    "                            ORDER BY w.id) AS nth"
    "  FROM wanted AS w"
    "), behind AS ("
    "  SELECT n.*, CASE WHEN n.moves AND n.nth = 1 THEN"
    "      (SELECT max(last.turn_at) FROM (SELECT w.turn_at, w.due_at"
    "        FROM amsync.work AS w WHERE w.fair_key = n.fair_key"
    "        ORDER BY w.turn_at DESC LIMIT 1000) AS last"
    "      WHERE last.due_at <= n.now + interval '5 seconds') END AS last_turn"
    "  FROM numbered AS n"
    "), served AS MATERIALIZED ("
    "  SELECT lane, (SELECT w.turn_at FROM amsync.work AS w"
    "    WHERE w.lane = l.lane AND w.turn_at <= statement_timestamp()"
    "    AND w.due_at <= statement_timestamp() AND w.claim IS NULL AND w.crashes = 0"
    "    ORDER BY w.turn_at LIMIT 1) AS turn_at FROM (VALUES (0), (1)) AS l (lane)"
    "), placed AS ("
    "  SELECT b.*, CASE WHEN NOT b.moves THEN b.turn_before ELSE greatest("
    "           max(b.last_turn) OVER (PARTITION BY b.fair_key, b.moves)"
    "             + interval '100 milliseconds' * b.nth,"
    "           least(b.due_at, s.turn_at + (b.now - s.turn_at) / 10000)"
    "             + interval '100 milliseconds' * (b.nth - 1)) END AS turn_at"
    "  FROM behind AS b JOIN served AS s USING (lane)"
    ") INSERT INTO amsync.work AS w"
    "  (sales_order_id, due_at, turn_at, quiet_until, retry_after, lane, fair_key)"
    " SELECT id, due_at, turn_at, not_before, retry_after, lane, fair_key FROM placed ORDER BY id"
    " ON CONFLICT (sales_order_id) DO UPDATE SET revision = w.revision + 1,"
    "  due_at = excluded.due_at, turn_at = excluded.turn_at, lane = excluded.lane,"
    "  fair_key = excluded.fair_key, retry_after = excluded.retry_after,"
    "  quiet_until = greatest(w.quiet_until, excluded.quiet_until)";

enum result
orders_lock(struct database *database, const struct make_due *orders, size_t count,
            struct error *err)
{
    static const char LOCK_SQL[] = "SELECT id FROM amsync.sales_order WHERE id = ANY ($1::int8[])"
                                   " ORDER BY id FOR NO KEY UPDATE";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&params, orders[i].sales_order_id);
    return database_query(database, LOCK_SQL, &params, NULL, err);
}

enum result
work_make_due(struct database *database, const struct make_due *orders, size_t count,
              struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    if (count == 0)
        return RESULT_OK;
    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&params, orders[i].sales_order_id);
    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&params, orders[i].settle_ms);
    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&params, orders[i].not_before_ms);
    params_bool_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_bool(&params, orders[i].by_hand);
    return database_query(database, SQL, &params, NULL, err);
}
