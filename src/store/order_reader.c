#include "store/order_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "store/database.h"
#include "store/document_body.h"

#define BODY_MAX_DEPTH 16
#define SENT_MAX_DEPTH 64

/* Whatever is joined with the ids is looked up by them, too, however few rows the planner believes
 * there are. */
static const char ORDERS_SQL[] =
    "SELECT k.position, o.id, o.company, o.order_type, o.order_nbr, o.magento_increment_id,"
    " o.magento_store_id, o.magento_entity_id, o.number_may_differ, o.forced, o.held_by_amsync,"
    " coalesce((SELECT c.enabled FROM amsync.customer AS c WHERE c.shop = o.shop"
    "   AND c.company = o.company AND c.customer_id = o.customer_id), false), o.sent"
    " FROM unnest($1::int8[]) WITH ORDINALITY AS k (id, position)"
    " JOIN amsync.sales_order AS o USING (id)"
    " WHERE o.id = ANY ($1::int8[])";

static const char DOCUMENTS_SQL[] =
    "SELECT k.position, d.id, d.kind, d.type, d.number, d.version, d.state, d.reason, d.attempts,"
    " d.magento_entity_id, d.magento_increment_id, d.settled,"
    " (SELECT b.body FROM amsync.document_body AS b WHERE b.document_id = d.id),"
    " d.settled_note, d.reduced_at IS NOT NULL"
    " FROM unnest($1::int8[]) WITH ORDINALITY AS k (id, position)"
    " JOIN amsync.document AS d ON d.sales_order_id = k.id"
    " WHERE d.sales_order_id = ANY ($1::int8[])"
    " ORDER BY k.position, d.kind <> 'order', d.id";

static const char LINES_SQL[] = "SELECT k.position, l.line_nbr, l.magento_item_id"
                                " FROM unnest($1::int8[]) WITH ORDINALITY AS k (id, position)"
                                " JOIN amsync.order_line AS l ON l.sales_order_id = k.id"
                                " WHERE l.sales_order_id = ANY ($1::int8[])"
                                " ORDER BY k.position, l.line_nbr";

void
claimed_order_free(struct claimed_order **order)
{
    struct claimed_order *gone = *order;

    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->document_count; i++) {
        struct claimed_document *document = &gone->documents[i];
        free(document->type);
        free(document->number);
        free(document->reason);
        free(document->magento_increment_id);
        free(document->settled);
        free(document->settled_note);
        json_decref(document->body);
    }
    free(gone->documents);
    free(gone->lines);
    free(gone->company);
    free(gone->order_type);
    free(gone->order_nbr);
    free(gone->magento_increment_id);
    free(gone->link_holder);
    json_decref(gone->sent);
    free(gone);
    *order = NULL;
}

/* A copy of a column, NULL for SQL NULL; *ok turns false without memory. */
static char *
copy_text(const PGresult *rows, int row, int column, bool *ok)
{
    const char *text = row_text(rows, row, column);

    if (text == NULL)
        return NULL;
    char *copy = strdup(text);
    *ok = *ok && copy != NULL;
    return copy;
}

static json_t *
copy_json(const PGresult *rows, int row, int column, unsigned max_depth, bool *ok)
{
    const char *text = row_text(rows, row, column);
    json_t *value = NULL;

    if (text == NULL)
        return NULL;
    if (json_decode(text, (size_t)PQgetlength(rows, row, column), max_depth, 0, &value, NULL) !=
        RESULT_OK)
        *ok = false;
    return value;
}

static struct claimed_order *
read_order(const PGresult *rows, int row)
{
    AMSYNC_CLEANUP(claimed_order_free) struct claimed_order *order = calloc(1, sizeof(*order));
    bool ok = true;

    if (order == NULL)
        return NULL;
    order->sales_order_id = row_int64(rows, row, 1);
    order->company = copy_text(rows, row, 2, &ok);
    order->order_type = copy_text(rows, row, 3, &ok);
    order->order_nbr = copy_text(rows, row, 4, &ok);
    order->magento_increment_id = copy_text(rows, row, 5, &ok);
    order->magento_store_id = row_int32(rows, row, 6);
    order->magento_entity_id = row_int64(rows, row, 7);
    order->lane = order->magento_entity_id == 0 ? LANE_NEW : LANE_KNOWN;
    order->number_may_differ = row_bool(rows, row, 8);
    order->forced = row_bool(rows, row, 9);
    order->held_by_amsync = row_bool(rows, row, 10);
    order->customer_enabled = row_bool(rows, row, 11);
    order->sent = copy_json(rows, row, 12, SENT_MAX_DEPTH, &ok);
    return ok ? TAKE_PTR(order) : NULL;
}

static bool
read_document(const PGresult *rows, int row, struct claimed_document *document)
{
    bool ok = true;

    document->id = row_int64(rows, row, 1);
    ok = document_kind_from_name(row_text(rows, row, 2), &document->kind) == RESULT_OK;
    document->type = copy_text(rows, row, 3, &ok);
    document->number = copy_text(rows, row, 4, &ok);
    document->version = row_int64(rows, row, 5);
    ok = ok && document_state_from_name(row_text(rows, row, 6), &document->state) == RESULT_OK;
    document->reason = copy_text(rows, row, 7, &ok);
    document->attempts = row_int32(rows, row, 8);
    document->magento_entity_id = row_int64(rows, row, 9);
    document->magento_increment_id = copy_text(rows, row, 10, &ok);
    document->settled = copy_text(rows, row, 11, &ok);
    document->settled_note = copy_text(rows, row, 13, &ok);
    document->reduced = row_bool(rows, row, 14);
    document->body = copy_json(rows, row, 12, BODY_MAX_DEPTH, &ok);
    if (document->body == NULL && ok) {
        document->body = document_body_new();
        ok = document->body != NULL;
    }
    return ok;
}

/* The rows of one position, from `first` on. */
static int
rows_of_position(const PGresult *rows, int first)
{
    int row = first;

    while (row < PQntuples(rows) && row_int64(rows, row, 0) == row_int64(rows, first, 0))
        row++;
    return row - first;
}

static bool
read_documents(const PGresult *rows, int first, int count, struct claimed_order *order)
{
    order->documents = calloc((size_t)count, sizeof(*order->documents));
    if (order->documents == NULL)
        return false;
    for (int i = 0; i < count; i++) {
        order->document_count++;
        if (!read_document(rows, first + i, &order->documents[i]))
            return false;
    }
    return true;
}

static bool
read_lines(const PGresult *rows, int first, int count, struct claimed_order *order)
{
    order->lines = calloc((size_t)count, sizeof(*order->lines));
    if (order->lines == NULL)
        return false;
    for (int i = 0; i < count; i++) {
        order->lines[i].line_nbr = row_int32(rows, first + i, 1);
        order->lines[i].magento_item_id = row_int64(rows, first + i, 2);
    }
    order->line_count = (size_t)count;
    return true;
}

typedef bool (*part_reader)(const PGresult *rows, int first, int count,
                            struct claimed_order *order);

/* Hands each order its rows; one that cannot read them is given up. */
static void
distribute(const PGresult *rows, part_reader read, struct claimed_order **orders)
{
    for (int row = 0; row < PQntuples(rows);) {
        struct claimed_order **order = &orders[row_int64(rows, row, 0) - 1];
        int count = rows_of_position(rows, row);
        if (*order != NULL && !read(rows, row, count, *order))
            claimed_order_free(order);
        row += count;
    }
}

enum result
orders_read(struct database *database, const int64_t *ids, size_t count,
            struct claimed_order **orders, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *documents = NULL;
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *lines = NULL;

    params_int64_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_int64(&params, ids[i]);
    enum result result = database_query(database, ORDERS_SQL, &params, &rows, err);
    if (result == RESULT_OK)
        result = database_query(database, DOCUMENTS_SQL, &params, &documents, err);
    if (result == RESULT_OK)
        result = database_query(database, LINES_SQL, &params, &lines, err);
    if (result != RESULT_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        orders[i] = NULL;
    for (int row = 0; row < PQntuples(rows); row++)
        orders[row_int64(rows, row, 0) - 1] = read_order(rows, row);
    distribute(documents, read_documents, orders);
    distribute(lines, read_lines, orders);
    return RESULT_OK;
}
