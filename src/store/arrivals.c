#include "store/arrivals.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/database.h"

/* At null: none came. */
static json_t *
arrival_json(const PGresult *rows)
{
    struct timestamp_buffer at;

    if (PQntuples(rows) == 0)
        return json_null();
    return json_pack("{s:s, s:s}", "at", timestamp_format_rfc3339(row_int64(rows, 0, 0), &at),
                     "number", row_text(rows, 0, 1));
}

enum result
last_arrivals(struct database *database, json_t **ret_arrivals, struct error *err)
{
    /* Backwards along the log's key, day by day, until one is found. What was taken in again came when
     * the newest notification of its kind did: at the latest with the oldest of those looked at. */
    static const char SQL[] =
        "SELECT (extract(epoch FROM least(at,"
        "     (SELECT coalesce(max(n.received_at) FILTER (WHERE n.kind = $1), min(n.received_at))"
        "      FROM amsync.notification AS n"
        "      WHERE n.id > (SELECT last_value FROM amsync.notification_id_seq) - $3)"
        " )) * 1000)::bigint, coalesce(document_nbr, order_nbr)"
        " FROM (SELECT * FROM amsync.connector_log ORDER BY logged_on DESC, id DESC LIMIT $2) AS l"
        " WHERE entity = $1 AND action = 'receive' AND status <> 'refused'"
        "   AND order_nbr IS NOT NULL ORDER BY logged_on DESC, id DESC LIMIT 1";
    static const enum document_kind KINDS[] = {DOCUMENT_ORDER, DOCUMENT_SHIPMENT, DOCUMENT_INVOICE};
    AMSYNC_CLEANUP(cleanup_json) json_t *arrivals = json_object();

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
        AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
        const char *kind = document_kind_name(KINDS[i]);

        params_text(&params, kind);
        params_int64(&params, ARRIVALS_LINES_MAX);
        params_int64(&params, ARRIVALS_NOTIFICATIONS_MAX);

        enum result result = database_query(database, SQL, &params, &rows, err);

        if (result != RESULT_OK)
            return result;
        if (json_object_set_new(arrivals, kind, arrival_json(rows)) != 0)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    *ret_arrivals = TAKE_PTR(arrivals);
    return RESULT_OK;
}

static enum result
read_notification(const PGresult *rows, struct stored_notification **ret_notification,
                  struct error *err)
{
    AMSYNC_CLEANUP(stored_notification_free)
    struct stored_notification *found = calloc(1, sizeof(*found));

    if (found == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    found->id = row_int64(rows, 0, 0);
    found->received_unix_ms = row_int64(rows, 0, 1);
    found->waits = row_bool(rows, 0, 3);
    found->query = strdup(row_text(rows, 0, 4));
    found->body = strdup(row_text(rows, 0, 5));
    if (found->query == NULL || found->body == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    if (document_kind_from_name(row_text(rows, 0, 2), &found->kind) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "notification %lld has an unknown kind",
                            (long long)found->id);
    *ret_notification = TAKE_PTR(found);
    return RESULT_OK;
}

/* The number as a JSON text has it, without and with spaces after it. */
static bool
search_texts(const char *number, char **ret_value, char **ret_padded)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *value = json_string(number);
    AMSYNC_CLEANUP(cleanup_free) char *text = json_dumps(value, JSON_ENCODE_ANY);
    AMSYNC_CLEANUP(cleanup_free) char *padded = text != NULL ? strdup(text) : NULL;

    if (padded == NULL)
        return false;
    padded[strlen(padded) - 1] = ' ';
    *ret_value = TAKE_PTR(text);
    *ret_padded = TAKE_PTR(padded);
    return true;
}

enum result
stored_notification_find(struct database *database, const char *company, const char *number,
                         struct stored_notification **ret_notification, struct error *err)
{
    /* The bodies have no index; what bounds the search is found by the ids'. */
    static const char SQL[] =
        "SELECT n.id, (extract(epoch FROM n.received_at) * 1000)::bigint, n.kind,"
        "       EXISTS (SELECT FROM amsync.intake_queue AS q WHERE q.id = n.id), n.query, n.body"
        " FROM amsync.notification AS n"
        " WHERE n.id > (SELECT last_value FROM amsync.notification_id_seq) - $4"
        "   AND ($3::text IS NULL OR n.company = $3)"
        "   AND (position($1 IN n.body) > 0 OR position($2 IN n.body) > 0)"
        " ORDER BY n.id DESC LIMIT 1";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *value = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *padded = NULL;

    if (!search_texts(number, &value, &padded))
        return error_result(err, RESULT_REJECTED, "%s is no number of a document", number);
    params_text(&params, value);
    params_text(&params, padded);
    params_text(&params, company);
    params_int64(&params, ARRIVALS_NOTIFICATIONS_MAX);

    enum result result = database_query(database, SQL, &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    return PQntuples(rows) > 0 ? read_notification(rows, ret_notification, err) : RESULT_NONE;
}

void
stored_notification_free(struct stored_notification **notification)
{
    if (*notification == NULL)
        return;
    free((*notification)->query);
    free((*notification)->body);
    free(*notification);
    *notification = NULL;
}
