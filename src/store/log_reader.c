#include "store/log_reader.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/database.h"

/* A line may be seen this long after it was written: transactions of few statements, each of which is
 * ended sooner. */
#define LOOK_BACK_MS 120000
#define FOLLOW_LINES_MAX 10000

#define LINE_COLUMNS                                                                               \
    " id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), company, entity,"   \
    " action, status, order_type, order_nbr, document_nbr, magento_nbr, message, http_status,"     \
    " attempt, duration_ms"
/* Bodies are long: they are read only for those who ask. `wanted` is the parameter that says so. */
#define BODY_COLUMNS(wanted)                                                                       \
    ", CASE WHEN " wanted " THEN request_body END, CASE WHEN " wanted " THEN answer_body END"

/* A single status is also compared as such: only then its lines come in the order of their index. */
#define LINE_PASSES_FILTER                                                                         \
    " (cardinality($1::text[]) = 0 OR status = ANY ($1))"                                          \
    " AND (cardinality($1::text[]) <> 1 OR status = ($1::text[])[1])"                              \
    " AND ($2::text IS NULL OR entity = $2)"                                                       \
    " AND ($3::text IS NULL OR company = $3)"                                                      \
    " AND (cardinality($4::text[]) = 0 OR order_nbr = ANY ($4))"

/* The columns' names in `log --json`; the numbers are at the positions that is_number says, and the last
 * BODIES are the bodies. */
#define BODIES 2
static const char *const names[] = {
    "id",         "at",          "company",      "entity",      "action",  "status",
    "order_type", "order_nbr",   "document_nbr", "magento_nbr", "message", "http_status",
    "attempt",    "duration_ms", "request_body", "answer_body",
};

static bool
is_number(size_t column)
{
    return column == 0 || (column > 10 && column < 14);
}

static json_t *
line_json(const PGresult *rows, int row, bool bodies)
{
    json_t *line = json_object();
    size_t count = sizeof(names) / sizeof(names[0]) - (bodies ? 0 : BODIES);

    for (size_t i = 0; i < count; i++) {
        const char *text = row_text(rows, row, (int)i);
        json_t *value = text == NULL   ? json_null()
                        : is_number(i) ? json_integer(row_int64(rows, row, (int)i))
                                       : json_string(text);

        if (json_object_set_new(line, names[i], value) != 0) {
            json_decref(line);
            return NULL;
        }
    }
    return line;
}

/* The rows come newest first. */
static enum result
lines_json(const PGresult *rows, bool bodies, json_t **ret_lines, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *lines = json_array();

    for (int row = PQntuples(rows) - 1; row >= 0; row--) {
        if (json_array_append_new(lines, line_json(rows, row, bodies)) != 0)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    if (lines == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_lines = TAKE_PTR(lines);
    return RESULT_OK;
}

static void
append_filter(struct query_params *params, const struct log_filter *filter)
{
    params_text_array(params);
    for (size_t i = 0; i < filter->status_count; i++)
        params_push_text(params, filter->statuses[i]);
    params_text(params, filter->entity);
    params_text(params, filter->company);
    params_text_array(params);
    for (size_t i = 0; i < filter->order_nbr_count; i++)
        params_push_text(params, filter->order_nbrs[i]);
}

enum result
log_read(struct database *database, const struct log_filter *filter, json_t **ret_lines,
         struct error *err)
{
    static const char sql[] = "SELECT" LINE_COLUMNS BODY_COLUMNS(
        "$7") " FROM amsync.connector_log"
              " WHERE" LINE_PASSES_FILTER
              " AND at >= $5 AND logged_on >= ($5 AT TIME ZONE 'UTC')::date"
              " ORDER BY logged_on DESC, id DESC LIMIT $6";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    append_filter(&params, filter);
    params_timestamp_ms(&params, filter->since_unix_ms);
    params_int32(&params, filter->limit);
    params_bool(&params, filter->bodies);

    enum result result = database_query(database, sql, &params, &rows, err);

    return result == RESULT_OK ? lines_json(rows, filter->bodies, ret_lines, err) : result;
}

/* The lines that were returned already and are numbered after `after_id`. What is numbered up to it is
 * not returned any more: it is older than the look back, or was left out by log_read's limit. */
struct log_follower {
    int64_t *ids;
    size_t count;
    int64_t after_id;
};

static int64_t
line_id(const json_t *line)
{
    return (int64_t)json_integer_value(json_object_get(line, "id"));
}

static enum result
remember(struct log_follower *follower, const json_t *lines, struct error *err)
{
    size_t added = json_array_size(lines);

    if (added == 0)
        return RESULT_OK;

    int64_t *ids = reallocarray(follower->ids, follower->count + added, sizeof(*ids));

    if (ids == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    for (size_t i = 0; i < added; i++)
        ids[follower->count + i] = line_id(json_array_get(lines, i));
    follower->ids = ids;
    follower->count += added;
    return RESULT_OK;
}

enum result
log_follower_new(const json_t *seen, struct log_follower **ret_follower, struct error *err)
{
    struct log_follower *follower = calloc(1, sizeof(*follower));

    if (follower == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");

    enum result result = remember(follower, seen, err);

    if (json_array_size(seen) > 0)
        follower->after_id = line_id(json_array_get(seen, 0)) - 1;
    if (result != RESULT_OK) {
        log_follower_free(&follower);
        return result;
    }
    *ret_follower = follower;
    return RESULT_OK;
}

void
log_follower_free(struct log_follower **follower)
{
    if (*follower == NULL)
        return;
    free((*follower)->ids);
    free(*follower);
    *follower = NULL;
}

/* Looks back no further than to `after_id`, and keeps only the ids that it can meet then. */
static void
look_back_to(struct log_follower *follower, int64_t after_id)
{
    size_t kept = 0;

    if (after_id <= follower->after_id)
        return;
    follower->after_id = after_id;
    for (size_t i = 0; i < follower->count; i++) {
        if (follower->ids[i] > after_id)
            follower->ids[kept++] = follower->ids[i];
    }
    follower->count = kept;
}

/* The last line that is older than the look back, found from the newest one backwards. */
static enum result
find_look_back(struct database *database, struct log_follower *follower, struct error *err)
{
    static const char sql[] =
        "SELECT id FROM amsync.connector_log"
        " WHERE at < statement_timestamp() - $1 * interval '1 millisecond'"
        "  AND logged_on BETWEEN (statement_timestamp() AT TIME ZONE 'UTC')::date - 1"
        "                    AND (statement_timestamp() AT TIME ZONE 'UTC')::date"
        " ORDER BY logged_on DESC, id DESC LIMIT 1";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int32(&params, LOOK_BACK_MS);

    enum result result = database_query(database, sql, &params, &rows, err);

    if (result == RESULT_OK && PQntuples(rows) > 0)
        look_back_to(follower, row_int64(rows, 0, 0));
    return result;
}

enum result
log_follow(struct database *database, struct log_follower *follower,
           const struct log_filter *filter, json_t **ret_lines, struct error *err)
{
    /* statement_timestamp() does not change within a statement, so that the other days' partitions are
     * left out, and two days by their names are entered by the key. */
    static const char sql[] = "SELECT" LINE_COLUMNS BODY_COLUMNS(
        "$8") " FROM amsync.connector_log"
              " WHERE" LINE_PASSES_FILTER
              " AND logged_on IN ((statement_timestamp() AT TIME ZONE 'UTC')::date,"
              "                   (statement_timestamp() AT TIME ZONE 'UTC')::date - 1)"
              " AND NOT id = ANY ($5) AND id > $6 ORDER BY logged_on DESC, id DESC LIMIT $7";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *lines = NULL;
    enum result result = find_look_back(database, follower, err);

    if (result != RESULT_OK)
        return result;
    append_filter(&params, filter);
    params_int64_array(&params);
    for (size_t i = 0; i < follower->count; i++)
        params_push_int64(&params, follower->ids[i]);
    params_int64(&params, follower->after_id);
    params_int32(&params, FOLLOW_LINES_MAX);
    params_bool(&params, filter->bodies);
    result = database_query(database, sql, &params, &rows, err);
    if (result == RESULT_OK)
        result = lines_json(rows, filter->bodies, &lines, err);
    if (result == RESULT_OK)
        result = remember(follower, lines, err);
    if (result == RESULT_OK)
        *ret_lines = TAKE_PTR(lines);
    return result;
}
