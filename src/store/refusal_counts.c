#include "store/refusal_counts.h"

#include "base/clock.h"
#include "base/json.h"
#include "store/arrivals.h"
#include "store/database.h"

/* There are not many reasons for which a request can be refused. */
#define STATUSES_MAX 20

enum result
refusal_counts_add(struct database *database, const struct refusal_count *counts, size_t count,
                   struct error *err)
{
    /* In the order of the key, so that programs that count at the same time do not deadlock. */
    static const char SQL[] =
        "INSERT INTO amsync.refusal_count AS c"
        " (minute, entity, http_status, requests, last_at, last_message)"
        " SELECT date_trunc('minute', clock_timestamp()), entity, http_status, requests,"
        "        clock_timestamp(), message"
        " FROM unnest($1::text[], $2::int4[], $3::int8[], $4::text[])"
        "  AS t (entity, http_status, requests, message) ORDER BY entity, http_status"
        " ON CONFLICT (minute, entity, http_status) DO UPDATE SET"
        "  requests = c.requests + excluded.requests, last_at = excluded.last_at,"
        "  last_message = excluded.last_message";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    if (count == 0)
        return RESULT_OK;
    params_text_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_text(&params, counts[i].entity);
    params_int32_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int32(&params, counts[i].http_status);
    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&params, (int64_t)counts[i].requests);
    params_text_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_text(&params, counts[i].last_message);
    return database_query(database, SQL, &params, NULL, err);
}

static json_t *
count_json(const PGresult *rows, int row)
{
    struct timestamp_buffer last;

    return json_pack("{s:i, s:I, s:s, s:s, s:b}", "http_status", (int)row_int32(rows, row, 0),
                     "requests", (json_int_t)row_int64(rows, row, 1), "last_at",
                     timestamp_format_rfc3339(row_int64(rows, row, 2), &last), "last_message",
                     row_text(rows, row, 3), "mended", row_bool(rows, row, 4));
}

enum result
refusal_counts_since(struct database *database, int64_t since_unix_ms, json_t **ret_counts,
                     struct error *err)
{
    static const char SQL[] =
        "WITH refused AS ("
        "  SELECT http_status, sum(requests)::bigint AS requests, max(last_at) AS last_at,"
        "         (array_agg(last_message ORDER BY last_at DESC))[1] AS last_message"
        "  FROM amsync.refusal_count"
        "  WHERE minute >= date_trunc('minute', $1::timestamptz) AND last_at >= $1"
        "  GROUP BY http_status"
        ") SELECT http_status, requests, (extract(epoch FROM last_at) * 1000)::bigint,"
        "  last_message, EXISTS (SELECT FROM amsync.notification AS n"
        "    WHERE n.id > (SELECT last_value FROM amsync.notification_id_seq) - $3"
        "      AND n.received_at > r.last_at AND CASE http_status WHEN 401 THEN true"
        "      WHEN 403 THEN n.company = substring(last_message FROM"
        "        '^CompanyId \"(.*)\" is not in AMSYNC_COMPANIES')"
        "      WHEN 400 THEN n.query = substring(last_message FROM"
        "        '^Query \"(.*)\" is in none of AMSYNC_QUERY_ORDERS')"
        "      ELSE false END)"
        " FROM refused AS r ORDER BY 2 DESC, 1 LIMIT $2";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *counts = json_array();

    params_timestamp_ms(&params, since_unix_ms);
    params_int32(&params, STATUSES_MAX);
    params_int64(&params, ARRIVALS_NOTIFICATIONS_MAX);

    enum result result = database_query(database, SQL, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    for (int row = 0; row < PQntuples(rows); row++) {
        if (json_array_append_new(counts, count_json(rows, row)) != 0)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    *ret_counts = TAKE_PTR(counts);
    return RESULT_OK;
}

enum result
refusal_counts_drop_old(struct database *database, unsigned retention_days, struct error *err)
{
    static const char SQL[] = "DELETE FROM amsync.refusal_count"
                              " WHERE minute < clock_timestamp() - make_interval(days => $1)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int32(&params, (int32_t)retention_days);
    return database_query(database, SQL, &params, NULL, err);
}
