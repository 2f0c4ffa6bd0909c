#include "store/standing.h"

#include "base/json.h"
#include "store/database.h"

/* Of very many the first ones show which reasons there are; of each state, so that none hides another. */
static const char SQL[] =
    "WITH listed AS MATERIALIZED ("
    "  (SELECT document_id FROM amsync.attention WHERE state = 'waiting' LIMIT $3) UNION ALL"
    "  (SELECT document_id FROM amsync.attention WHERE state = 'failed' LIMIT $3) UNION ALL"
    "  (SELECT document_id FROM amsync.attention"
    "   WHERE state = 'retrying' AND attempts >= $1 LIMIT $3)"
    ") SELECT state, total::bigint, reason, documents, order_nbr, kind, number FROM ("
    "  SELECT d.state, d.reason, count(*) AS documents, min(o.order_nbr) AS order_nbr,"
    "         (array_agg(d.kind ORDER BY o.order_nbr, d.id))[1] AS kind,"
    "         (array_agg(d.number ORDER BY o.order_nbr, d.id))[1] AS number,"
    "         sum(count(*)) OVER (PARTITION BY d.state) AS total,"
    "         row_number() OVER (PARTITION BY d.state ORDER BY count(*) DESC, d.reason) AS place"
    "  FROM listed JOIN amsync.document AS d ON d.id = listed.document_id"
    "  JOIN amsync.sales_order AS o ON o.id = d.sales_order_id"
    "  GROUP BY d.state, d.reason) AS reasons"
    " WHERE place <= $2 ORDER BY state, place";

static bool
add_reason(json_t *standing, const PGresult *rows, int row)
{
    const char *state = row_text(rows, row, 0);

    if (json_object_get(standing, state) == NULL &&
        json_object_set_new(standing, state,
                            json_pack("{s:I, s:[]}", "documents",
                                      (json_int_t)row_int64(rows, row, 1), "reasons")) != 0)
        return false;
    return json_array_append_new(
               json_object_get(json_object_get(standing, state), "reasons"),
               json_pack("{s:s, s:I, s:s, s:s, s:s}", "reason", row_text(rows, row, 2), "documents",
                         (json_int_t)row_int64(rows, row, 3), "order_nbr", row_text(rows, row, 4),
                         "kind", row_text(rows, row, 5), "number", row_text(rows, row, 6))) == 0;
}

enum result
documents_standing(struct database *database, int64_t max_attempts, json_t **ret_standing,
                   struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *standing = json_object();

    params_int64(&params, max_attempts);
    params_int32(&params, STANDING_REASONS_MAX);
    params_int32(&params, STANDING_DOCUMENTS_MAX);

    enum result result = database_query(database, SQL, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    for (int row = 0; row < PQntuples(rows); row++) {
        if (!add_reason(standing, rows, row))
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    *ret_standing = TAKE_PTR(standing);
    return RESULT_OK;
}
