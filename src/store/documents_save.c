#include <assert.h>

#include "base/json.h"
#include "store/database.h"
#include "store/documents.h"

#define BODY_MAX_BYTES ((size_t)256 << 20)

static const char SAVE_BODIES_SQL[] =
    "INSERT INTO amsync.document_body (document_id, body)"
    " SELECT id, body::json FROM unnest($1::int8[], $2::text[]) AS t (id, body) ORDER BY id"
    " ON CONFLICT (document_id) DO UPDATE SET body = excluded.body";

/* $2: the warehouses of the document at the same position, as one JSON array each; NULL leaves
 * them. */
static const char NEW_VERSIONS_SQL[] =
    "UPDATE amsync.document AS d SET version = d.version + 1, state = 'pending', reason = '',"
    " attempts = 0, warehouses = CASE WHEN t.warehouses IS NULL THEN d.warehouses"
    " ELSE ARRAY(SELECT json_array_elements_text(t.warehouses::json)) END"
    " FROM unnest($1::int8[], $2::text[]) AS t (id, warehouses)"
    " WHERE d.id = t.id AND d.id = ANY ($1::int8[])";

static const char ORDERS_SQL[] =
    "UPDATE amsync.sales_order AS o SET state = 'pending', reason = '',"
    " customer_id = coalesce(t.customer_id, o.customer_id),"
    " ship_via = coalesce(t.ship_via, o.ship_via),"
    " payment_method = coalesce(t.payment_method, o.payment_method),"
    " updated_at = clock_timestamp()"
    " FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[])"
    "      AS t (id, customer_id, ship_via, payment_method)"
    " WHERE o.id = t.id AND o.id = ANY ($1::int8[])";

static bool
body_is_to_be_saved(const struct open_document *document)
{
    return document->changed || document->restamped;
}

/* Appends a JSON value's text to an array parameter. */
static enum result
push_json(struct query_params *params, const json_t *value, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    size_t length;

    if (value == NULL) {
        params_push_null(params);
        return RESULT_OK;
    }
    enum result result = json_encode(value, BODY_MAX_BYTES, &text, &length);
    if (result != RESULT_OK)
        return error_result(err, result, "a document is too large to be stored");
    params_push_bytes(params, text, length);
    return RESULT_OK;
}

static enum result
save_bodies(struct database *database, struct open_documents *documents, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    enum result result = RESULT_OK;
    size_t count = open_documents_count(documents);
    bool any = false;

    params_int64_array(&params);
    for (size_t i = 0; i < count; i++) {
        const struct open_document *document = open_documents_at(documents, i);
        if (body_is_to_be_saved(document)) {
            params_push_int64(&params, document->document_id);
            any = true;
        }
    }
    params_text_array(&params);
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        const struct open_document *document = open_documents_at(documents, i);
        if (body_is_to_be_saved(document))
            result = push_json(&params, document->body, err);
    }
    if (result != RESULT_OK || !any)
        return result;
    return database_query(database, SAVE_BODIES_SQL, &params, NULL, err);
}

static enum result
raise_versions(struct database *database, struct open_documents *documents, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    enum result result = RESULT_OK;
    size_t count = open_documents_count(documents);
    bool any = false;

    params_int64_array(&params);
    for (size_t i = 0; i < count; i++) {
        const struct open_document *document = open_documents_at(documents, i);
        if (document->changed) {
            params_push_int64(&params, document->document_id);
            any = true;
        }
    }
    params_text_array(&params);
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        const struct open_document *document = open_documents_at(documents, i);
        if (document->changed)
            result = push_json(&params, document->warehouses, err);
    }
    if (result != RESULT_OK || !any)
        return result;
    return database_query(database, NEW_VERSIONS_SQL, &params, NULL, err);
}

static void
push_member(struct query_params *params, struct open_documents *documents, size_t member)
{
    params_text_array(params);
    for (size_t i = 0; i < open_documents_count(documents); i++) {
        const struct open_document *document = open_documents_at(documents, i);
        const char *const members[] = {document->customer_id, document->ship_via,
                                       document->payment_method};
        if (document->changed && document->key.kind == DOCUMENT_ORDER)
            params_push_text(params, members[member]);
    }
}

static enum result
save_orders(struct database *database, struct open_documents *documents, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    bool any = false;

    params_int64_array(&params);
    for (size_t i = 0; i < open_documents_count(documents); i++) {
        const struct open_document *document = open_documents_at(documents, i);
        if (document->changed && document->key.kind == DOCUMENT_ORDER) {
            params_push_int64(&params, document->sales_order_id);
            any = true;
        }
    }
    for (size_t member = 0; member < 3; member++)
        push_member(&params, documents, member);
    return any ? database_query(database, ORDERS_SQL, &params, NULL, err) : RESULT_OK;
}

enum result
documents_save(struct database *database, struct open_documents *documents, struct error *err)
{
    assert(database_in_transaction(database));
    enum result result = save_bodies(database, documents, err);
    if (result == RESULT_OK)
        result = raise_versions(database, documents, err);
    if (result == RESULT_OK)
        result = save_orders(database, documents, err);
    return result;
}
