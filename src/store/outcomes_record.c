#include <stdlib.h>

#include "base/failure_point.h"
#include "base/json.h"
#include "store/database.h"
#include "store/outcome.h"

#define SENT_MAX_BYTES ((size_t)64 << 20)

/*
 * Everybody locks orders before work, each in the order of ids. Whatever is joined with the ids is
 * looked up by them, too: the queue is empty most of the time, and a plan that was made then would read
 * all of it when very many orders wait.
 */
static const char LOCK_ORDERS_SQL[] =
    "SELECT id FROM amsync.sales_order WHERE id = ANY ($1::int8[])"
    " ORDER BY id FOR NO KEY UPDATE";

static const char LOCK_WORK_SQL[] =
    "SELECT k.position FROM amsync.work AS w"
    " JOIN unnest($1::int8[], $2::text[]) WITH ORDINALITY AS k (id, claim, position)"
    " ON w.sales_order_id = k.id AND w.claim = k.claim::uuid"
    " WHERE w.sales_order_id = ANY ($1::int8[])"
    " ORDER BY w.sales_order_id FOR UPDATE OF w";

static const char DOCUMENTS_SQL[] =
    "UPDATE amsync.document AS d SET"
    " state = CASE WHEN d.version = t.version THEN t.state ELSE d.state END,"
    " reason = CASE WHEN d.version = t.version THEN t.reason ELSE d.reason END,"
    " attempts = CASE WHEN d.version = t.version THEN t.attempts ELSE d.attempts END,"
    " magento_entity_id = coalesce(t.entity_id, d.magento_entity_id),"
    " magento_increment_id = coalesce(t.increment_id, d.magento_increment_id)"
    " FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::int4[], $6::int8[],"
    "             $7::text[])"
    "      AS t (id, version, state, reason, attempts, entity_id, increment_id)"
    " WHERE d.id = t.id AND d.id = ANY ($1::int8[])";

/* An order's state is that of its own document, which has just been written. */
static const char ORDERS_SQL[] =
    "UPDATE amsync.sales_order AS o SET"
    " magento_entity_id = coalesce(t.entity_id, o.magento_entity_id),"
    " magento_increment_id = CASE WHEN t.increment_id IS NOT NULL THEN t.increment_id"
    "     WHEN t.forget THEN NULL ELSE o.magento_increment_id END,"
    " magento_store_id = CASE WHEN t.forget THEN NULL ELSE o.magento_store_id END,"
    " number_may_differ = o.number_may_differ OR t.forget,"
    " held_by_amsync = coalesce(t.held, o.held_by_amsync),"
    " sent = coalesce(t.sent::json, o.sent),"
    " state = coalesce(d.state, o.state), reason = coalesce(d.reason, o.reason),"
    " updated_at = clock_timestamp()"
    " FROM unnest($1::int8[], $2::int8[], $3::text[], $4::bool[], $5::bool[], $6::text[])"
    "      AS t (id, entity_id, increment_id, forget, held, sent)"
    " LEFT JOIN LATERAL (SELECT state, reason FROM amsync.document"
    "     WHERE sales_order_id = t.id AND kind = 'order' LIMIT 1) AS d ON true"
    " WHERE o.id = t.id AND o.id = ANY ($1::int8[])";

static const char LINES_SQL[] =
    "INSERT INTO amsync.order_line AS l (sales_order_id, line_nbr, magento_item_id)"
    " SELECT DISTINCT ON (id, line_nbr) id, line_nbr, item_id"
    " FROM unnest($1::int8[], $2::int4[], $3::int8[]) AS t (id, line_nbr, item_id)"
    " ORDER BY id, line_nbr"
    " ON CONFLICT (sales_order_id, line_nbr) DO UPDATE"
    " SET magento_item_id = excluded.magento_item_id"
    " WHERE l.magento_item_id <> excluded.magento_item_id";

/* Work that was raised meanwhile stays due, and keeps its turn. */
static const char CLEAR_WORK_SQL[] =
    "DELETE FROM amsync.work AS w"
    " USING unnest($1::int8[], $2::int8[], $3::bool[]) AS t (id, revision, done)"
    " WHERE w.sales_order_id = t.id AND w.sales_order_id = ANY ($1::int8[])"
    " AND w.revision = t.revision AND t.done";

/* What is due again at once keeps its place. */
static const char KEEP_WORK_SQL[] =
    "UPDATE amsync.work AS w SET claim = NULL, lease_until = NULL, crashes = 0, alone = false,"
    " lane = CASE WHEN o.magento_entity_id IS NULL THEN 0 ELSE 1 END,"
    " due_at = greatest(coalesce(CASE WHEN w.revision = t.revision THEN t.due_at END, w.due_at),"
    "                   t.retry_after, t.quiet_until,"
    "                   CASE WHEN w.quiet_until > statement_timestamp() THEN w.quiet_until END),"
    " turn_at = greatest(coalesce(CASE WHEN w.revision = t.revision THEN t.due_at END, w.turn_at),"
    "                    t.retry_after, t.quiet_until),"
    " retry_after = t.retry_after, quiet_until = greatest(w.quiet_until, t.quiet_until)"
    " FROM (SELECT id, revision,"
    "              CASE WHEN again_in_ms > 0 THEN"
    "                   clock_timestamp() + again_in_ms * interval '1 millisecond' END AS due_at,"
    "              CASE WHEN retry_after_ms > 0 THEN"
    "                   clock_timestamp() + retry_after_ms * interval '1 millisecond' END"
    "              AS retry_after,"
    "              CASE WHEN quiet_for_ms > 0 THEN"
    "                   clock_timestamp() + quiet_for_ms * interval '1 millisecond' END"
    "              AS quiet_until"
    "       FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[])"
    "            AS u (id, revision, again_in_ms, retry_after_ms, quiet_for_ms)) AS t"
    " JOIN amsync.sales_order AS o USING (id)"
    " WHERE w.sales_order_id = t.id AND w.sales_order_id = ANY ($1::int8[])"
    " AND o.id = ANY ($1::int8[])";

static const char GIVE_BACK_SQL[] =
    "UPDATE amsync.work AS w SET claim = NULL, lease_until = NULL, alone = false"
    " FROM (SELECT s.sales_order_id FROM amsync.work AS s"
    "       JOIN unnest($1::int8[], $2::text[]) AS k (id, claim)"
    "       ON s.sales_order_id = k.id AND s.claim = k.claim::uuid"
    "       WHERE s.sales_order_id = ANY ($1::int8[])"
    "       ORDER BY s.sales_order_id FOR UPDATE OF s) AS held"
    " WHERE w.sales_order_id = held.sales_order_id AND w.sales_order_id = ANY ($1::int8[])";

struct recording {
    struct outcome *const *outcomes;
    size_t count;
    const struct outcome **held; /* those whose claim holds */
    size_t held_count;
};

static void
add_claims(struct query_params *params, struct claimed_order *const *orders, size_t count)
{
    params_int64_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(params, orders[i]->sales_order_id);
    params_text_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_text(params, orders[i]->claim);
}

static enum result
lock_held(struct database *database, struct recording *recording, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params ids = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params claims = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64_array(&ids);
    params_int64_array(&claims);
    for (size_t i = 0; i < recording->count; i++) {
        params_push_int64(&ids, recording->outcomes[i]->order->sales_order_id);
        params_push_int64(&claims, recording->outcomes[i]->order->sales_order_id);
    }
    params_text_array(&claims);
    for (size_t i = 0; i < recording->count; i++)
        params_push_text(&claims, recording->outcomes[i]->order->claim);
    enum result result = database_query(database, LOCK_ORDERS_SQL, &ids, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, LOCK_WORK_SQL, &claims, &rows, err);
    recording->held_count = 0;
    for (int row = 0; result == RESULT_OK && row < PQntuples(rows); row++)
        recording->held[recording->held_count++] = recording->outcomes[row_int64(rows, row, 0) - 1];
    return result;
}

static void
push_id_or_null(struct query_params *params, int64_t id)
{
    if (id == 0)
        params_push_null(params);
    else
        params_push_int64(params, id);
}

/* Calls `push` for each document of the outcomes, as one array parameter. */
static void
each_document(const struct recording *recording, struct query_params *params,
              void (*push)(struct query_params *, const struct document_outcome *))
{
    for (size_t i = 0; i < recording->held_count; i++)
        for (size_t d = 0; d < recording->held[i]->document_count; d++)
            push(params, &recording->held[i]->documents[d]);
}

static void
push_document_id(struct query_params *params, const struct document_outcome *document)
{
    params_push_int64(params, document->document_id);
}

static void
push_version(struct query_params *params, const struct document_outcome *document)
{
    params_push_int64(params, document->version);
}

static void
push_state(struct query_params *params, const struct document_outcome *document)
{
    params_push_text(params, document_state_name(document->state));
}

static void
push_reason(struct query_params *params, const struct document_outcome *document)
{
    params_push_text(params, document->reason == NULL ? "" : document->reason);
}

static void
push_attempts(struct query_params *params, const struct document_outcome *document)
{
    params_push_int32(params, document->attempts);
}

static void
push_document_entity(struct query_params *params, const struct document_outcome *document)
{
    push_id_or_null(params, document->magento_entity_id);
}

static void
push_document_increment(struct query_params *params, const struct document_outcome *document)
{
    params_push_text(params, document->magento_increment_id);
}

static enum result
record_documents(struct database *database, const struct recording *recording, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64_array(&params);
    each_document(recording, &params, push_document_id);
    params_int64_array(&params);
    each_document(recording, &params, push_version);
    params_text_array(&params);
    each_document(recording, &params, push_state);
    params_text_array(&params);
    each_document(recording, &params, push_reason);
    params_int32_array(&params);
    each_document(recording, &params, push_attempts);
    params_int64_array(&params);
    each_document(recording, &params, push_document_entity);
    params_text_array(&params);
    each_document(recording, &params, push_document_increment);
    return database_query(database, DOCUMENTS_SQL, &params, NULL, err);
}

static enum result
push_sent(struct query_params *params, const json_t *sent, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    size_t length;

    if (sent == NULL) {
        params_push_null(params);
        return RESULT_OK;
    }
    enum result result = json_encode(sent, SENT_MAX_BYTES, &text, &length);
    if (result != RESULT_OK)
        return error_result(err, result, "what was sent of an order is too large to be stored");
    params_push_bytes(params, text, length);
    return RESULT_OK;
}

static void
push_held(struct query_params *params, int held_by_amsync)
{
    if (held_by_amsync < 0)
        params_push_null(params);
    else
        params_push_bool(params, held_by_amsync != 0);
}

static enum result
record_orders(struct database *database, const struct recording *recording, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    enum result result = RESULT_OK;
    size_t count = recording->held_count;

    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&params, recording->held[i]->order->sales_order_id);
    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        push_id_or_null(&params, recording->held[i]->magento_entity_id);
    params_text_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_text(&params, recording->held[i]->magento_increment_id);
    params_bool_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_bool(&params, recording->held[i]->forget_number);
    params_bool_array(&params);
    for (size_t i = 0; i < count; i++)
        push_held(&params, recording->held[i]->held_by_amsync);
    params_text_array(&params);
    for (size_t i = 0; i < count && result == RESULT_OK; i++)
        result = push_sent(&params, recording->held[i]->sent, err);
    return result == RESULT_OK ? database_query(database, ORDERS_SQL, &params, NULL, err) : result;
}

static enum result
record_lines(struct database *database, const struct recording *recording, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64_array(&params);
    for (size_t i = 0; i < recording->held_count; i++)
        for (size_t l = 0; l < recording->held[i]->line_count; l++)
            params_push_int64(&params, recording->held[i]->order->sales_order_id);
    params_int32_array(&params);
    for (size_t i = 0; i < recording->held_count; i++)
        for (size_t l = 0; l < recording->held[i]->line_count; l++)
            params_push_int32(&params, recording->held[i]->lines[l].line_nbr);
    params_int64_array(&params);
    for (size_t i = 0; i < recording->held_count; i++)
        for (size_t l = 0; l < recording->held[i]->line_count; l++)
            params_push_int64(&params, recording->held[i]->lines[l].magento_item_id);
    return database_query(database, LINES_SQL, &params, NULL, err);
}

static enum result
record_log(struct database *database, const struct recording *recording, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) struct log_line *lines = NULL;
    size_t total = 0;
    size_t next = 0;

    for (size_t i = 0; i < recording->held_count; i++)
        total += recording->held[i]->log_count;
    if (total == 0)
        return RESULT_OK;
    lines = calloc(total, sizeof(*lines));
    if (lines == NULL)
        return error_result(err, RESULT_FAILED, "no memory for the connector log");
    for (size_t i = 0; i < recording->held_count; i++)
        for (size_t l = 0; l < recording->held[i]->log_count; l++)
            lines[next++] = recording->held[i]->log[l];
    return connector_log_append(database, lines, total, err);
}

static enum result
record_work(struct database *database, const struct recording *recording, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params clear = {0};
    AMSYNC_CLEANUP(query_params_free) struct query_params keep = {0};
    struct query_params *both[] = {&clear, &keep};
    size_t count = recording->held_count;

    for (size_t n = 0; n < 2; n++) {
        params_int64_array(both[n]);
        for (size_t i = 0; i < count; i++)
            params_push_int64(both[n], recording->held[i]->order->sales_order_id);
        params_int64_array(both[n]);
        for (size_t i = 0; i < count; i++)
            params_push_int64(both[n], recording->held[i]->order->revision);
    }
    params_bool_array(&clear);
    for (size_t i = 0; i < count; i++)
        params_push_bool(&clear, recording->held[i]->done);
    params_int64_array(&keep);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&keep, recording->held[i]->again_in_ms);
    params_int64_array(&keep);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&keep, recording->held[i]->retry_after_ms);
    params_int64_array(&keep);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&keep, recording->held[i]->quiet_for_ms);
    enum result result = database_query(database, CLEAR_WORK_SQL, &clear, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, KEEP_WORK_SQL, &keep, NULL, err);
    return result;
}

static void
reach(enum failure_point point, const struct recording *recording)
{
    for (size_t i = 0; i < recording->held_count; i++)
        failure_point_reach(point, recording->held[i]->order->order_nbr);
}

static enum result
record_body(struct database *database, void *argument, struct error *err)
{
    struct recording *recording = argument;
    enum result result = lock_held(database, recording, err);

    if (result != RESULT_OK || recording->held_count == 0)
        return result;
    result = record_documents(database, recording, err);
    if (result == RESULT_OK)
        result = record_orders(database, recording, err);
    if (result == RESULT_OK)
        result = record_lines(database, recording, err);
    if (result == RESULT_OK)
        result = record_log(database, recording, err);
    if (result == RESULT_OK)
        result = record_work(database, recording, err);
    if (result == RESULT_OK)
        reach(FAILURE_POINT_OUTCOME_BEFORE_COMMIT, recording);
    return result;
}

enum result
outcomes_record(struct database *database, struct outcome *const *outcomes, size_t count,
                size_t *ret_dropped, struct error *err)
{
    struct recording recording = {.outcomes = outcomes, .count = count};

    recording.held = calloc(count == 0 ? 1 : count, sizeof(const struct outcome *));
    if (recording.held == NULL)
        return error_result(err, RESULT_FAILED, "no memory for outcomes");
    enum result result = database_transaction(database, record_body, &recording, err);
    if (result == RESULT_OK)
        reach(FAILURE_POINT_OUTCOME_AFTER_COMMIT, &recording);
    if (result == RESULT_OK)
        *ret_dropped = count - recording.held_count;
    free(recording.held);
    return result;
}

enum result
claims_give_back(struct database *database, struct claimed_order *const *orders, size_t count,
                 struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    if (count == 0)
        return RESULT_OK;
    add_claims(&params, orders, count);
    return database_query(database, GIVE_BACK_SQL, &params, NULL, err);
}
