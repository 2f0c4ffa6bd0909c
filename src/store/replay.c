#include "store/replay.h"

#include "base/text.h"
#include "store/database.h"

/* received_on leaves out the partitions of the days before. */
#define RECEIVED_SINCE                                                                             \
    "received_on >= ($1::timestamptz AT TIME ZONE 'UTC')::date AND received_at >= $1"

static const char BOUNDS_SQL[] =
    "SELECT min(id), max(id) FROM amsync.notification WHERE " RECEIVED_SINCE;

/* How many there are, and how many of them were not queued already. */
#define QUEUE_AGAIN(condition, bound)                                                              \
    "WITH again AS MATERIALIZED ("                                                                 \
    "  SELECT id, received_on, dedup FROM amsync.notification WHERE " condition bound              \
    "), queued AS ("                                                                               \
    "  INSERT INTO amsync.intake_queue (id, received_on, dedup)"                                   \
    "  SELECT id, received_on, dedup FROM again ORDER BY id"                                       \
    "  ON CONFLICT (id) DO NOTHING RETURNING id"                                                   \
    ") SELECT (SELECT count(*) FROM again), (SELECT count(*) FROM queued)"

#define BOUNDED " ORDER BY id LIMIT $2"

static const char SOME_SQL[] = QUEUE_AGAIN(RECEIVED_SINCE, " AND id > $2 AND id <= $3");
static const char BY_ID_SQL[] = QUEUE_AGAIN("id = $1", BOUNDED);
static const char BY_ACUMATICA_ID_SQL[] = QUEUE_AGAIN("notification_id = $1", BOUNDED);

enum result
replay_start(struct database *database, int64_t since_unix_ms, struct replay_walk *ret_walk,
             struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *bounds = NULL;

    params_timestamp_ms(&params, since_unix_ms);
    enum result result = database_query(database, BOUNDS_SQL, &params, &bounds, err);
    if (result != RESULT_OK)
        return result;
    if (row_text(bounds, 0, 0) == NULL)
        return RESULT_NONE;
    *ret_walk = (struct replay_walk){
        .since_unix_ms = since_unix_ms,
        .after_id = row_int64(bounds, 0, 0) - 1,
        .last_id = row_int64(bounds, 0, 1),
    };
    return RESULT_OK;
}

enum result
replay_some(struct database *database, struct replay_walk *walk, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *queued = NULL;
    int64_t left = walk->last_id - walk->after_id;
    int64_t to_id = walk->after_id + (left < REPLAY_BATCH ? left : REPLAY_BATCH);

    if (left <= 0)
        return RESULT_NONE;
    params_timestamp_ms(&params, walk->since_unix_ms);
    params_int64(&params, walk->after_id);
    params_int64(&params, to_id);
    enum result result = database_query(database, SOME_SQL, &params, &queued, err);
    if (result == RESULT_OK) {
        walk->queued += (size_t)row_int64(queued, 0, 1);
        walk->after_id = to_id;
    }
    return result;
}

enum result
replay_notification(struct database *database, const char *id, size_t *ret_queued,
                    struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *counts = NULL;
    int64_t number;
    bool is_number = parse_int64(id, 1, INT64_MAX, &number) == RESULT_OK;

    if (is_number)
        params_int64(&params, number);
    else
        params_text(&params, id);
    params_int64(&params, REPLAY_BATCH);
    enum result result = database_query(database, is_number ? BY_ID_SQL : BY_ACUMATICA_ID_SQL,
                                        &params, &counts, err);
    if (result != RESULT_OK)
        return result;
    if (row_int64(counts, 0, 0) == 0)
        return RESULT_NONE;
    *ret_queued = (size_t)row_int64(counts, 0, 1);
    return RESULT_OK;
}
