#include "store/suspects.h"

#include "store/database.h"

/* How long after the try that has been counted as `attempts` the next one is: a crash takes the whole
 * program with it, and a fault of the server's may pass. */
#define DELAY(attempts)                                                                            \
    "(CASE " attempts " WHEN 2 THEN interval '30 s' WHEN 3 THEN interval '5 min'"                  \
    " ELSE interval '30 min' END)"

static const char NOTE_SQL[] =
    "UPDATE amsync.intake_queue SET attempts = 1, due_at = clock_timestamp()"
    " WHERE id = ANY (ARRAY(SELECT id FROM amsync.intake_queue WHERE attempts = 0"
    " ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED))";

static const char BEGIN_SQL[] =
    "UPDATE amsync.intake_queue AS q SET attempts = q.attempts + 1,"
    " due_at = clock_timestamp() + " DELAY(
        "q.attempts + 1") " WHERE q.id = ANY (ARRAY(SELECT id FROM amsync.intake_queue"
                          "  WHERE attempts > 0 AND due_at <= statement_timestamp()"
                          "  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED))"
                          " RETURNING q.id, q.attempts";

/* A suspect's try was counted when it began. */
static const char PUT_OFF_SQL[] =
    "WITH tried AS (UPDATE amsync.intake_queue SET attempts = greatest(attempts, 2),"
    "  due_at = greatest(due_at, clock_timestamp() + " DELAY(
        "2") ")"
             "  WHERE id = $1 RETURNING received_on, dedup)"
             " INSERT INTO amsync.connector_log (company, entity, action, status, message)"
             " SELECT n.company, 'notification', 'receive', 'retrying', $2"
             " FROM tried JOIN amsync.notification AS n USING (received_on, dedup)";

static const char GIVE_BACK_SQL[] =
    "UPDATE amsync.intake_queue SET attempts = greatest(attempts - 1, 1),"
    " due_at = clock_timestamp() + " DELAY("2") " WHERE id = $1";

static const char SET_ASIDE_SQL[] =
    "WITH gone AS (DELETE FROM amsync.intake_queue WHERE id = $1 RETURNING received_on, dedup)"
    " INSERT INTO amsync.connector_log (company, entity, action, status, message)"
    " SELECT n.company, 'notification', 'receive', 'failed', $2"
    " FROM gone JOIN amsync.notification AS n USING (received_on, dedup)";

enum result
suspects_note(struct database *database, size_t max, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, (int64_t)max);
    return database_query(database, NOTE_SQL, &params, NULL, err);
}

enum result
suspect_begin(struct database *database, int64_t *ret_id, bool *ret_exhausted, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *begun = NULL;
    enum result result = database_query(database, BEGIN_SQL, NULL, &begun, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(begun) == 0)
        return RESULT_NONE;
    *ret_id = row_int64(begun, 0, 0);
    *ret_exhausted = row_int32(begun, 0, 1) > 1 + SUSPECT_TRIES_MAX;
    return RESULT_OK;
}

static enum result
query_with_reason(struct database *database, const char *sql, int64_t id, const char *why,
                  struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, id);
    params_text(&params, why);
    return database_query(database, sql, &params, NULL, err);
}

enum result
suspect_put_off(struct database *database, int64_t id, const char *why, struct error *err)
{
    return query_with_reason(database, PUT_OFF_SQL, id, why, err);
}

enum result
suspect_set_aside(struct database *database, int64_t id, const char *why, struct error *err)
{
    return query_with_reason(database, SET_ASIDE_SQL, id, why, err);
}

enum result
suspect_give_back(struct database *database, int64_t id, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, id);
    return database_query(database, GIVE_BACK_SQL, &params, NULL, err);
}
