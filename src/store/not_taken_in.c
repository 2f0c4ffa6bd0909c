#include "store/not_taken_in.h"

#include "base/cleanup.h"
#include "store/arrivals.h"
#include "store/query_json.h"

/* Looked through for the messages that differ. */
#define FAILED_LINES_MAX 1000

enum result
suspects_list(struct database *database, json_t **ret_list, struct error *err)
{
    /* The first attempt was made together with others. */
    static const char SQL[] =
        "SELECT coalesce(json_agg(json_build_object('id', id, 'attempts', attempts - 1, 'due_at',"
        "   to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')) ORDER BY id), "
        "'[]')"
        " FROM (SELECT id, attempts, due_at FROM amsync.intake_queue WHERE attempts > 1"
        "        ORDER BY id LIMIT $1) AS suspects";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int32(&params, NOT_TAKEN_IN_MAX);
    return query_json(database, SQL, &params, ret_list, err);
}

enum result
failed_notifications_list(struct database *database, int64_t since_unix_ms, json_t **ret_list,
                          struct error *err)
{
    /* A line names its inquiry at the start of its message. */
    static const char SQL[] =
        "WITH failed AS ("
        "  SELECT message, company, max(id) AS id, max(at) AS at, substring(message FROM"
        "    '^(.*?)(?: has no column |: [0-9]+ rows? cannot be used)') AS query"
        "  FROM (SELECT id, at, company, message FROM amsync.connector_log"
        "         WHERE status = 'failed' AND entity = 'notification' AND at >= $1"
        "           AND logged_on >= ($1 AT TIME ZONE 'UTC')::date"
        "         ORDER BY logged_on DESC, id DESC LIMIT $3) AS lines"
        "  GROUP BY message, company ORDER BY 3 DESC LIMIT $2"
        ") SELECT coalesce(json_agg(json_build_object('message', message, 'notification',"
        "   substring(message FROM '^notification ([0-9]{1,18}) cannot be taken in')::bigint,"
        "   'lasts', query IS NOT NULL AND NOT EXISTS (SELECT FROM amsync.notification AS n"
        "     WHERE n.id > (SELECT last_value FROM amsync.notification_id_seq) - $4"
        "       AND n.query = failed.query AND n.company = coalesce(failed.company, n.company)"
        "       AND n.received_at > failed.at"
        "       AND NOT EXISTS (SELECT FROM amsync.intake_queue AS q WHERE q.id = n.id)))"
        "   ORDER BY id DESC), '[]')"
        " FROM failed";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_timestamp_ms(&params, since_unix_ms);
    params_int32(&params, NOT_TAKEN_IN_MAX);
    params_int32(&params, FAILED_LINES_MAX);
    params_int64(&params, ARRIVALS_NOTIFICATIONS_MAX);
    return query_json(database, SQL, &params, ret_list, err);
}
