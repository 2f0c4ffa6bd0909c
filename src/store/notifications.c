#include "store/documents.h"

#include <stdlib.h>

#include "store/database.h"

struct notification_batch {
    PGresult *rows; /* the texts lie in it */
    struct notification *notifications;
    size_t count;
};

#define READ_TAKEN                                                                                 \
    " SELECT t.id, n.kind, n.company, n.body"                                                      \
    " FROM taken AS t LEFT JOIN amsync.notification AS n USING (received_on, dedup)"               \
    " ORDER BY t.id"

/* An array of ids, not a join: the planner must not think of reading the whole queue. What is taken
 * in alone is passed by.
 *
 * Takes what fits: the first always, then as long as the bodies so far are below $2 bytes. A queue
 * row whose notification is gone is removed and not returned. */
static const char TAKE_SQL[] =
    "WITH candidate AS MATERIALIZED ("
    "  SELECT id, received_on, dedup FROM amsync.intake_queue WHERE attempts = 0"
    "  ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"
    "), sized AS MATERIALIZED ("
    "  SELECT c.id,"
    "         coalesce(sum(octet_length(n.body)) OVER ("
    "                  ORDER BY c.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS "
    "before"
    "  FROM candidate AS c"
    "  LEFT JOIN amsync.notification AS n USING (received_on, dedup)"
    "), taken AS ("
    "  DELETE FROM amsync.intake_queue WHERE id = ANY (ARRAY("
    "    SELECT id FROM sized WHERE before = 0 OR before < $2))"
    "  RETURNING id, received_on, dedup"
    ")" READ_TAKEN;

static const char TAKE_ONE_SQL[] =
    "WITH taken AS ("
    "  DELETE FROM amsync.intake_queue WHERE id = $1 RETURNING id, received_on, dedup"
    ")" READ_TAKEN;

static enum result
read_rows(struct notification_batch *batch, struct error *err)
{
    int rows = PQntuples(batch->rows);

    batch->notifications = calloc((size_t)rows, sizeof(*batch->notifications));
    if (batch->notifications == NULL)
        return error_result(err, RESULT_FAILED, "no memory for notifications");
    for (int row = 0; row < rows; row++) {
        struct notification *notification = &batch->notifications[batch->count];
        if (row_text(batch->rows, row, 3) == NULL)
            continue;
        notification->id = row_int64(batch->rows, row, 0);
        if (document_kind_from_name(row_text(batch->rows, row, 1), &notification->kind) !=
            RESULT_OK)
            return error_result(err, RESULT_FAILED, "notification %lld has an unknown kind",
                                (long long)notification->id);
        notification->company = row_text(batch->rows, row, 2);
        notification->body = row_text(batch->rows, row, 3);
        notification->body_bytes = (size_t)PQgetlength(batch->rows, row, 3);
        batch->count++;
    }
    return RESULT_OK;
}

static enum result
take(struct database *database, const char *sql, struct query_params *params,
     struct notification_batch **ret_batch, struct error *err)
{
    AMSYNC_CLEANUP(notification_batch_free)
    struct notification_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return error_result(err, RESULT_FAILED, "no memory for notifications");
    enum result result = database_query(database, sql, params, &batch->rows, err);
    if (result == RESULT_OK && PQntuples(batch->rows) == 0)
        return RESULT_NONE;
    if (result == RESULT_OK)
        result = read_rows(batch, err);
    if (result == RESULT_OK)
        *ret_batch = TAKE_PTR(batch);
    return result;
}

enum result
notifications_take(struct database *database, size_t max, size_t max_bytes,
                   struct notification_batch **ret_batch, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, (int64_t)max);
    params_int64(&params, (int64_t)max_bytes);
    return take(database, TAKE_SQL, &params, ret_batch, err);
}

enum result
notifications_take_one(struct database *database, int64_t id, struct notification_batch **ret_batch,
                       struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, id);
    return take(database, TAKE_ONE_SQL, &params, ret_batch, err);
}

size_t
notification_batch_count(const struct notification_batch *batch)
{
    return batch->count;
}

const struct notification *
notification_batch_at(const struct notification_batch *batch, size_t index)
{
    return &batch->notifications[index];
}

void
notification_batch_free(struct notification_batch **batch)
{
    if (*batch == NULL)
        return;
    PQclear((*batch)->rows);
    free((*batch)->notifications);
    free(*batch);
    *batch = NULL;
}
