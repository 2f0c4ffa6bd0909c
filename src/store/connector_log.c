#include "store/connector_log.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "store/database.h"

/* A message is at most this long (the column has no bound of its own). */
#define MESSAGE_MAX_CHARACTERS 2000

static const char SQL[] =
    "INSERT INTO amsync.connector_log (sales_order_id, company, entity, action, status, order_type,"
    " order_nbr, document_nbr, magento_nbr, message, http_status, attempt, duration_ms,"
    " request_body, answer_body)"
    " SELECT sales_order_id, company, entity, action, status, order_type, order_nbr, document_nbr,"
    "        magento_nbr, message, http_status, attempt, duration_ms, request_body, answer_body"
    " FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
    "             $7::text[], $8::text[], $9::text[], $10::text[], $11::int4[], $12::int4[],"
    "             $13::int4[], $14::text[], $15::text[]) WITH ORDINALITY"
    " AS t (sales_order_id, company, entity, action, status, order_type, order_nbr, document_nbr,"
    "       magento_nbr, message, http_status, attempt, duration_ms, request_body, answer_body,"
    "       position) ORDER BY position";

static void
add_texts(struct query_params *params, const struct log_line *lines, size_t count, size_t member)
{
    params_text_array(params);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        memcpy(&text, (const char *)&lines[i] + member, sizeof(text));
        params_push_text(params, text);
    }
}

static void
add_numbers(struct query_params *params, const struct log_line *lines, size_t count, size_t member)
{
    params_int32_array(params);
    for (size_t i = 0; i < count; i++) {
        int number;
        memcpy(&number, (const char *)&lines[i] + member, sizeof(number));
        if (number == 0)
            params_push_null(params);
        else
            params_push_int32(params, number);
    }
}

static void
add_messages(struct query_params *params, const struct log_line *lines, size_t count)
{
    params_text_array(params);
    for (size_t i = 0; i < count; i++)
        params_push_bytes(params, lines[i].message,
                          text_prefix_bytes(lines[i].message, MESSAGE_MAX_CHARACTERS));
}

enum result
connector_log_append(struct database *database, const struct log_line *lines, size_t count,
                     struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    if (count == 0)
        return RESULT_OK;
    params_int64_array(&params);
    for (size_t i = 0; i < count; i++) {
        if (lines[i].sales_order_id == 0)
            params_push_null(&params);
        else
            params_push_int64(&params, lines[i].sales_order_id);
    }
    add_texts(&params, lines, count, offsetof(struct log_line, company));
    add_texts(&params, lines, count, offsetof(struct log_line, entity));
    add_texts(&params, lines, count, offsetof(struct log_line, action));
    add_texts(&params, lines, count, offsetof(struct log_line, status));
    add_texts(&params, lines, count, offsetof(struct log_line, order_type));
    add_texts(&params, lines, count, offsetof(struct log_line, order_nbr));
    add_texts(&params, lines, count, offsetof(struct log_line, document_nbr));
    add_texts(&params, lines, count, offsetof(struct log_line, magento_nbr));
    add_messages(&params, lines, count);
    add_numbers(&params, lines, count, offsetof(struct log_line, http_status));
    add_numbers(&params, lines, count, offsetof(struct log_line, attempt));
    add_numbers(&params, lines, count, offsetof(struct log_line, duration_ms));
    add_texts(&params, lines, count, offsetof(struct log_line, request_body));
    add_texts(&params, lines, count, offsetof(struct log_line, answer_body));
    return database_query(database, SQL, &params, NULL, err);
}

enum result
connector_log_read_stop(struct database *database, char **ret_message, struct error *err)
{
    /* Lines of that status have an index; and the end of a stop is told soon after it. */
    static const char sql[] =
        "WITH stop AS (SELECT logged_on, id, message FROM amsync.connector_log"
        " WHERE status = 'retrying' AND entity = 'service' AND action = 'decide'"
        " AND logged_on >= (statement_timestamp() AT TIME ZONE 'UTC')::date - 7"
        " ORDER BY logged_on DESC, id DESC LIMIT 1)"
        " SELECT message FROM stop WHERE NOT EXISTS (SELECT FROM amsync.connector_log AS l"
        "     WHERE (l.logged_on, l.id) > (stop.logged_on, stop.id)"
        "     AND l.entity = 'service' AND l.action = 'decide' AND l.status = 'pending')";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, sql, NULL, &rows, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(rows) == 0)
        return RESULT_NONE;

    char *message = strdup(row_text(rows, 0, 0));

    if (message == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_message = message;
    return RESULT_OK;
}
