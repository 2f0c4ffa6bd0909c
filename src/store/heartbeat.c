#include "store/heartbeat.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/connector_log.h"
#include "store/database.h"
#include "store/document_kind.h"

/* "amsbeat" in ASCII: one program at a time looks whether nobody accepted. */
#define BEAT_LOCK INT64_C(0x616d7362656174)

#define MESSAGE_BYTES 400

struct beat {
    const struct heartbeat *heartbeat;
    bool accepting;
};

/* When nobody accepted. */
struct gap {
    int64_t from_unix_ms;
    int64_t to_unix_ms;
};

static void
describe_gap(const struct gap *gap, char message[MESSAGE_BYTES])
{
    struct timestamp_buffer from;
    struct timestamp_buffer to;
    struct timestamp_buffer until;

    (void)moment_format(gap->from_unix_ms, gap->to_unix_ms, &from);
    (void)moment_format(gap->to_unix_ms, gap->to_unix_ms, &to);
    if (gap->to_unix_ms - gap->from_unix_ms < ACUMATICA_KEEPS_MS)
        (void)snprintf(message, MESSAGE_BYTES,
                       "Not accepting from %s to %s UTC; press Send All on Process Push "
                       "Notifications (SM502000) before %s UTC",
                       from.text, to.text,
                       weekday_format(gap->from_unix_ms + ACUMATICA_KEEPS_MS, &until));
    else
        (void)snprintf(
            message, MESSAGE_BYTES,
            "Not accepting from %s to %s UTC; press Send All on Process Push "
            "Notifications (SM502000) at once: each is kept there for two days only, so "
            "save again what was changed before %s UTC",
            from.text, to.text,
            moment_format(gap->to_unix_ms - ACUMATICA_KEEPS_MS, gap->to_unix_ms, &until));
}

static enum result
keep_gap(struct database *database, const struct gap *gap, struct error *err)
{
    static const char SQL[] = "INSERT INTO amsync.accepting_gap (began_at, ended_at)"
                              " VALUES ($1, $2) ON CONFLICT DO NOTHING";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    char message[MESSAGE_BYTES];
    const struct log_line line = {
        .entity = "service",
        .action = "receive",
        .status = document_state_name(STATE_WAITING), /* for a person */
        .message = message,
    };

    params_timestamp_ms(&params, gap->from_unix_ms);
    params_timestamp_ms(&params, gap->to_unix_ms);
    describe_gap(gap, message);

    enum result result = database_query(database, SQL, &params, NULL, err);

    return result == RESULT_OK ? connector_log_append(database, &line, 1, err) : result;
}

/* Under the lock: whoever comes next finds this program's beat. */
static enum result
look_for_gap(struct database *database, struct error *err)
{
    static const char LOCK_SQL[] = "SELECT pg_advisory_xact_lock($1)";
    static const char LAST_SQL[] =
        "SELECT (extract(epoch FROM max(beat_at)) * 1000)::bigint,"
        "       (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM amsync.heartbeat";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&params, BEAT_LOCK);

    enum result result = database_query(database, LOCK_SQL, &params, NULL, err);

    if (result == RESULT_OK)
        result = database_query(database, LAST_SQL, NULL, &rows, err);
    if (result != RESULT_OK || row_text(rows, 0, 0) == NULL)
        return result;

    const struct gap gap = {
        .from_unix_ms = row_int64(rows, 0, 0),
        .to_unix_ms = row_int64(rows, 0, 1),
    };

    return gap.to_unix_ms - gap.from_unix_ms > ACCEPTING_GAP_MS ? keep_gap(database, &gap, err)
                                                                : RESULT_OK;
}

static enum result
beat(struct database *database, void *argument, struct error *err)
{
    static const char SQL[] =
        "INSERT INTO amsync.heartbeat AS h (instance, host, program, beat_at)"
        " VALUES ($1::text::uuid, $2, $3, CASE WHEN $4 THEN clock_timestamp() END)"
        " ON CONFLICT (instance) DO UPDATE SET alive_at = clock_timestamp(),"
        "  beat_at = coalesce(excluded.beat_at, h.beat_at)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    const struct beat *beat = argument;
    enum result result = beat->accepting ? look_for_gap(database, err) : RESULT_OK;

    if (result != RESULT_OK)
        return result;
    params_text(&params, beat->heartbeat->instance.text);
    params_text(&params, beat->heartbeat->host);
    params_text(&params, beat->heartbeat->program);
    params_bool(&params, beat->accepting);
    return database_query(database, SQL, &params, NULL, err);
}

enum result
heartbeat_beat(struct database *database, const struct heartbeat *heartbeat, bool accepting,
               struct error *err)
{
    struct beat argument = {.heartbeat = heartbeat, .accepting = accepting};

    return database_transaction(database, beat, &argument, err);
}

enum result
heartbeat_stop(struct database *database, const struct heartbeat *heartbeat, struct error *err)
{
    static const char SQL[] = "UPDATE amsync.heartbeat SET alive_at = clock_timestamp(),"
                              " stopped_at = clock_timestamp() WHERE instance = $1::text::uuid";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text(&params, heartbeat->instance.text);
    return database_query(database, SQL, &params, NULL, err);
}

enum result
heartbeat_drop_old(struct database *database, unsigned retention_days, struct error *err)
{
    static const char PROGRAMS_SQL[] =
        "DELETE FROM amsync.heartbeat"
        " WHERE greatest(alive_at, beat_at) < clock_timestamp() - interval '7 days'"
        "   AND beat_at IS DISTINCT FROM (SELECT max(beat_at) FROM amsync.heartbeat)";
    static const char GAPS_SQL[] =
        "DELETE FROM amsync.accepting_gap"
        " WHERE ended_at < clock_timestamp() - make_interval(days => $1)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    enum result result = database_query(database, PROGRAMS_SQL, NULL, NULL, err);

    params_int32(&params, (int32_t)retention_days);
    return result == RESULT_OK ? database_query(database, GAPS_SQL, &params, NULL, err) : result;
}

static json_t *
program_json(const PGresult *rows, int row)
{
    struct timestamp_buffer started;

    return json_pack("{s:s, s:s, s:s, s:b}", "host", row_text(rows, row, 0), "program",
                     row_text(rows, row, 1), "started_at",
                     timestamp_format_rfc3339(row_int64(rows, row, 2), &started), "accepting",
                     row_bool(rows, row, 3));
}

enum result
programs_running(struct database *database, json_t **ret_programs, struct error *err)
{
    /* A program of before the column alive_at says only beat_at. */
    static const char SQL[] =
        "SELECT host, program, (extract(epoch FROM started_at) * 1000)::bigint,"
        "       coalesce(beat_at > clock_timestamp() - interval '20 seconds', false)"
        " FROM amsync.heartbeat WHERE stopped_at IS NULL"
        "  AND greatest(alive_at, beat_at) > clock_timestamp() - interval '20 seconds'"
        " ORDER BY started_at LIMIT 100";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *programs = json_array();
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result != RESULT_OK)
        return result;
    for (int row = 0; row < PQntuples(rows); row++) {
        if (json_array_append_new(programs, program_json(rows, row)) != 0)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    *ret_programs = TAKE_PTR(programs);
    return RESULT_OK;
}

enum result
service_was_started(struct database *database, bool *ret_started, struct error *err)
{
    static const char SQL[] = "SELECT EXISTS (SELECT FROM amsync.heartbeat)";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result == RESULT_OK)
        *ret_started = row_bool(rows, 0, 0);
    return result;
}

static json_t *
gap_json(const PGresult *rows, int row)
{
    struct timestamp_buffer from;
    struct timestamp_buffer to;
    bool ended = row_text(rows, row, 1) != NULL;

    return json_pack("{s:s, s:s?}", "from",
                     timestamp_format_rfc3339(row_int64(rows, row, 0), &from), "to",
                     ended ? timestamp_format_rfc3339(row_int64(rows, row, 1), &to) : NULL);
}

enum result
accepting_gaps(struct database *database, int64_t since_unix_ms, json_t **ret_gaps,
               struct error *err)
{
    static const char SQL[] =
        "SELECT (extract(epoch FROM began_at) * 1000)::bigint,"
        "       (extract(epoch FROM ended_at) * 1000)::bigint FROM ("
        "  SELECT began_at, ended_at FROM amsync.accepting_gap WHERE ended_at >= $1"
        "  UNION ALL SELECT max(beat_at), NULL FROM amsync.heartbeat"
        "   HAVING max(beat_at) < clock_timestamp() - make_interval(secs => $2)"
        "  ORDER BY began_at DESC LIMIT $3) AS newest ORDER BY began_at";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *gaps = json_array();

    params_timestamp_ms(&params, since_unix_ms);
    params_int32(&params, ACCEPTING_GAP_MS / 1000);
    params_int32(&params, ACCEPTING_GAPS_MAX);

    enum result result = database_query(database, SQL, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    for (int row = 0; row < PQntuples(rows); row++) {
        if (json_array_append_new(gaps, gap_json(rows, row)) != 0)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    *ret_gaps = TAKE_PTR(gaps);
    return RESULT_OK;
}
