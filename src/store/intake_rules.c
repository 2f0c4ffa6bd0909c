#include "base/json.h"
#include "store/database.h"
#include "store/documents.h"

enum result
customers_set_enabled(struct database *database, const char *company,
                      const char *const *customer_ids, size_t count, bool enabled,
                      struct error *err)
{
    /* Only a customer whose setting changes makes its other orders due. */
    static const char SQL[] =
        "WITH changed AS ("
        "  INSERT INTO amsync.customer AS c (company, customer_id, enabled)"
        "  SELECT $1, id, $3 FROM (SELECT DISTINCT unnest($2::text[]) AS id) AS t ORDER BY id"
        "  ON CONFLICT (shop, company, customer_id)"
        "  DO UPDATE SET enabled = excluded.enabled, changed_at = clock_timestamp()"
        "  WHERE c.enabled <> excluded.enabled RETURNING c.customer_id"
        ") INSERT INTO amsync.rules_change (company, kind, value)"
        " SELECT $1, 'customer', customer_id FROM changed";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text(&params, company);
    params_text_array(&params);
    for (size_t i = 0; i < count; i++)
        params_push_text(&params, customer_ids[i]);
    params_bool(&params, enabled);
    return database_query(database, SQL, &params, NULL, err);
}

enum result
field_mappings_load(struct database *database, json_t **ret_mappings, int64_t *ret_version,
                    struct error *err)
{
    static const char SQL[] =
        "SELECT v.version, f.kind, f.caption, f.field FROM amsync.rules_version AS v"
        " LEFT JOIN amsync.field_mapping AS f USING (shop) WHERE v.shop = 'default'";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *mappings = json_pack("{s:{}, s:{}, s:{}}", "order", "shipment", "invoice");
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result != RESULT_OK)
        return result;
    if (mappings == NULL || PQntuples(rows) == 0)
        return error_result(err, RESULT_FAILED, "no memory, or amsync.rules_version is empty");
    for (int row = 0; row < PQntuples(rows); row++) {
        if (row_text(rows, row, 1) == NULL)
            continue;
        json_t *of_kind = json_object_get(mappings, row_text(rows, row, 1));
        if (json_object_set_new(of_kind, row_text(rows, row, 2),
                                json_string(row_text(rows, row, 3))) != 0)
            return error_result(err, RESULT_FAILED, "no memory for field mappings");
    }
    *ret_version = row_int64(rows, 0, 0);
    *ret_mappings = TAKE_PTR(mappings);
    return RESULT_OK;
}
