#include "store/documents.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "store/database.h"
#include "store/document_body.h"

/* Deeper than any body that merging writes. */
#define BODY_MAX_DEPTH 16

struct open_documents {
    size_t count;
    struct open_document *documents; /* in the order of their keys */
    char **texts;                    /* copies of the keys' texts, some may be NULL */
    size_t text_count;
};

#define TEXTS_PER_KEY 5

static int
key_compare(const struct document_key *left, const struct document_key *right)
{
    int order = strcmp(left->company, right->company);

    if (order == 0)
        order = strcmp(left->order_type, right->order_type);
    if (order == 0)
        order = strcmp(left->order_nbr, right->order_nbr);
    if (order == 0)
        order = (int)left->kind - (int)right->kind;
    if (order == 0)
        order = strcmp(left->type, right->type);
    if (order == 0)
        order = strcmp(left->number, right->number);
    return order;
}

static int
document_compare(const void *left, const void *right)
{
    return key_compare(&((const struct open_document *)left)->key,
                       &((const struct open_document *)right)->key);
}

static bool
copy_key(struct document_key *key, char **texts)
{
    const char **members[TEXTS_PER_KEY] = {&key->company, &key->order_type, &key->order_nbr,
                                           &key->type, &key->number};

    for (size_t i = 0; i < TEXTS_PER_KEY; i++) {
        texts[i] = strdup(*members[i]);
        if (texts[i] == NULL)
            return false;
        *members[i] = texts[i];
    }
    return true;
}

/* The distinct keys, sorted, as documents that know nothing but their key. */
static struct open_documents *
documents_new(const struct document_key *keys, size_t count)
{
    AMSYNC_CLEANUP(open_documents_free)
    struct open_documents *documents = calloc(1, sizeof(*documents));

    if (documents == NULL)
        return NULL;
    documents->text_count = count * TEXTS_PER_KEY;
    documents->documents = calloc(count, sizeof(*documents->documents));
    documents->texts = calloc(documents->text_count, sizeof(*documents->texts));
    if (documents->documents == NULL || documents->texts == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        documents->documents[i].key = keys[i];
    qsort(documents->documents, count, sizeof(*documents->documents), document_compare);
    for (size_t i = 0; i < count; i++) {
        struct open_document *next = &documents->documents[documents->count];
        if (documents->count > 0 && document_compare(next - 1, &documents->documents[i]) == 0)
            continue;
        next->key = documents->documents[i].key;
        if (!copy_key(&next->key, &documents->texts[documents->count * TEXTS_PER_KEY]))
            return NULL;
        documents->count++;
    }
    return TAKE_PTR(documents);
}

void
open_documents_free(struct open_documents **documents)
{
    struct open_documents *open = *documents;

    if (open == NULL)
        return;
    for (size_t i = 0; i < open->count; i++) {
        json_decref(open->documents[i].body);
        json_decref(open->documents[i].warehouses);
    }
    for (size_t i = 0; open->texts != NULL && i < open->text_count; i++)
        free(open->texts[i]);
    free(open->texts);
    free(open->documents);
    free(open);
    *documents = NULL;
}

size_t
open_documents_count(const struct open_documents *documents)
{
    return documents->count;
}

struct open_document *
open_documents_at(struct open_documents *documents, size_t index)
{
    assert(index < documents->count);
    return &documents->documents[index];
}

struct open_document *
open_documents_find(struct open_documents *documents, const struct document_key *key)
{
    struct open_document wanted = {.key = *key};

    return bsearch(&wanted, documents->documents, documents->count, sizeof(wanted),
                   document_compare);
}

/*
 * Three steps, each seeing what the one before has locked: orders, their locks, documents. What is
 * looked up stands in subqueries of one row, each found by its unique index: joined, all orders of the
 * shop might be compared with all keys, as when the plan was made for tables with few rows.
 */
static const char MAKE_ORDERS_SQL[] =
    "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
    " SELECT DISTINCT k.company, k.order_type, k.order_nbr"
    " FROM unnest($1::text[], $2::text[], $3::text[]) AS k (company, order_type, order_nbr)"
    " WHERE ("
    "     SELECT o.id FROM amsync.sales_order AS o WHERE o.shop = 'default'"
    "     AND o.company = k.company AND o.order_type = k.order_type"
    "     AND o.order_nbr = k.order_nbr) IS NULL"
    " ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING";

/* Locking in the order of ids keeps two merges from waiting for each other. */
static const char LOCK_ORDERS_SQL[] =
    "SELECT o.id, o.company, o.order_type, o.order_nbr, o.magento_entity_id IS NOT NULL"
    " FROM amsync.sales_order AS o WHERE o.id = ANY (ARRAY("
    "     SELECT f.id"
    "     FROM unnest($1::text[], $2::text[], $3::text[]) AS k (company, order_type, order_nbr)"
    "     CROSS JOIN LATERAL ("
    "         SELECT o.id FROM amsync.sales_order AS o WHERE o.shop = 'default'"
    "         AND o.company = k.company AND o.order_type = k.order_type"
    "         AND o.order_nbr = k.order_nbr LIMIT 1) AS f))"
    " ORDER BY o.id FOR NO KEY UPDATE";

static const char MAKE_DOCUMENTS_SQL[] =
    "INSERT INTO amsync.document (sales_order_id, kind, type, number)"
    " SELECT k.sales_order_id, k.kind, k.type, k.number"
    " FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[])"
    "      AS k (sales_order_id, kind, type, number)"
    " WHERE ("
    "     SELECT d.id FROM amsync.document AS d WHERE d.sales_order_id = k.sales_order_id"
    "     AND d.kind = k.kind AND d.type = k.type AND d.number = k.number) IS NULL"
    " ON CONFLICT DO NOTHING";

static const char READ_DOCUMENTS_SQL[] =
    "SELECT k.position, d.id,"
    "       (SELECT b.body FROM amsync.document_body AS b WHERE b.document_id = d.id)"
    " FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY"
    "      AS k (sales_order_id, kind, type, number, position)"
    " CROSS JOIN LATERAL ("
    "     SELECT d.id FROM amsync.document AS d WHERE d.sales_order_id = k.sales_order_id"
    "     AND d.kind = k.kind AND d.type = k.type AND d.number = k.number LIMIT 1) AS d";

static void
add_order_keys(struct query_params *params, const struct open_documents *open)
{
    params_text_array(params);
    for (size_t i = 0; i < open->count; i++)
        params_push_text(params, open->documents[i].key.company);
    params_text_array(params);
    for (size_t i = 0; i < open->count; i++)
        params_push_text(params, open->documents[i].key.order_type);
    params_text_array(params);
    for (size_t i = 0; i < open->count; i++)
        params_push_text(params, open->documents[i].key.order_nbr);
}

static void
add_document_keys(struct query_params *params, const struct open_documents *open)
{
    params_int64_array(params);
    for (size_t i = 0; i < open->count; i++)
        params_push_int64(params, open->documents[i].sales_order_id);
    params_text_array(params);
    for (size_t i = 0; i < open->count; i++)
        params_push_text(params, document_kind_name(open->documents[i].key.kind));
    params_text_array(params);
    for (size_t i = 0; i < open->count; i++)
        params_push_text(params, open->documents[i].key.type);
    params_text_array(params);
    for (size_t i = 0; i < open->count; i++)
        params_push_text(params, open->documents[i].key.number);
}

static int
order_compare(const struct document_key *key, const PGresult *orders, int row)
{
    int order = strcmp(key->company, row_text(orders, row, 1));

    if (order == 0)
        order = strcmp(key->order_type, row_text(orders, row, 2));
    if (order == 0)
        order = strcmp(key->order_nbr, row_text(orders, row, 3));
    return order;
}

/* The documents that belong to the order of this row, which stand together, get its id. */
static void
give_order(struct open_documents *open, const PGresult *orders, int row)
{
    size_t low = 0;
    size_t high = open->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order_compare(&open->documents[middle].key, orders, row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < open->count && order_compare(&open->documents[low].key, orders, row) == 0; low++) {
        open->documents[low].sales_order_id = row_int64(orders, row, 0);
        open->documents[low].in_magento = row_bool(orders, row, 4);
    }
}

static enum result
open_orders(struct database *database, struct open_documents *open, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *orders = NULL;

    add_order_keys(&params, open);
    enum result result = database_query(database, MAKE_ORDERS_SQL, &params, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, LOCK_ORDERS_SQL, &params, &orders, err);
    for (int row = 0; result == RESULT_OK && row < PQntuples(orders); row++)
        give_order(open, orders, row);
    for (size_t i = 0; result == RESULT_OK && i < open->count; i++)
        if (open->documents[i].sales_order_id == 0)
            result = error_result(err, RESULT_RETRY, "order %s was removed meanwhile",
                                  open->documents[i].key.order_nbr);
    return result;
}

static enum result
read_body(struct open_document *document, const PGresult *rows, int row, struct error *err)
{
    const char *text = row_text(rows, row, 2);

    document->document_id = row_int64(rows, row, 1);
    if (text == NULL) {
        document->body = document_body_new();
        return document->body != NULL
                   ? RESULT_OK
                   : error_result(err, RESULT_FAILED, "no memory for a document");
    }
    enum result result = json_decode(text, (size_t)PQgetlength(rows, row, 2), BODY_MAX_DEPTH, 0,
                                     &document->body, err);
    if (result == RESULT_REJECTED) {
        error_prefix(err, "stored document %lld", (long long)document->document_id);
        return RESULT_FAILED;
    }
    return result;
}

static enum result
open_bodies(struct database *database, struct open_documents *open, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    add_document_keys(&params, open);
    enum result result = database_query(database, MAKE_DOCUMENTS_SQL, &params, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, READ_DOCUMENTS_SQL, &params, &rows, err);
    for (int row = 0; result == RESULT_OK && row < PQntuples(rows); row++) {
        int64_t position = row_int64(rows, row, 0);
        assert(position >= 1 && (size_t)position <= open->count);
        result = read_body(&open->documents[position - 1], rows, row, err);
    }
    return result;
}

enum result
documents_open(struct database *database, const struct document_key *keys, size_t count,
               struct open_documents **ret_documents, struct error *err)
{
    AMSYNC_CLEANUP(open_documents_free) struct open_documents *open = NULL;

    assert(database_in_transaction(database) && count > 0);
    open = documents_new(keys, count);
    if (open == NULL)
        return error_result(err, RESULT_FAILED, "no memory for documents");
    enum result result = open_orders(database, open, err);
    if (result == RESULT_OK)
        result = open_bodies(database, open, err);
    if (result == RESULT_OK)
        *ret_documents = TAKE_PTR(open);
    return result;
}
