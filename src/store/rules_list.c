#include "store/rules_list.h"

#include <stdint.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/database.h"

/* PostgreSQL makes the JSON: one row with one value. */
static enum result
query_json(struct database *database, const char *sql, struct query_params *params,
           json_t **ret_json, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, sql, params, &rows, err);

    if (result != RESULT_OK)
        return result;
    return json_decode(PQgetvalue(rows, 0, 0), (size_t)PQgetlength(rows, 0, 0), 8, 0, ret_json,
                       err);
}

enum result
preferences_list(struct database *database, json_t **ret_list, struct error *err)
{
    static const char sql[] =
        "SELECT coalesce(json_agg(json_build_object('company', company, 'key', key,"
        " 'value', value) ORDER BY key, company), '[]')"
        " FROM amsync.preference WHERE shop = 'default'";

    return query_json(database, sql, NULL, ret_list, err);
}

enum result
mappings_list(struct database *database, enum mapping mapping, json_t **ret_list, struct error *err)
{
    static const char *const sql[] = {
        "WITH seen AS (SELECT ship_via AS \"from\", count(*) AS orders FROM amsync.sales_order"
        "               WHERE ship_via <> '' GROUP BY 1)"
        " SELECT coalesce(json_agg(json_build_object("
        "   'from', coalesce(m.ship_via, s.\"from\"), 'to', m.method, 'title', m.title,"
        "   'carrier', m.carrier, 'orders', coalesce(s.orders, 0))"
        "   ORDER BY coalesce(m.ship_via, s.\"from\")), '[]')"
        " FROM amsync.shipping_mapping m FULL JOIN seen s ON lower(s.\"from\") = lower(m.ship_via)",
        "WITH seen AS (SELECT payment_method AS \"from\", count(*) AS orders"
        "               FROM amsync.sales_order WHERE payment_method <> '' GROUP BY 1)"
        " SELECT coalesce(json_agg(json_build_object("
        "   'from', coalesce(m.payment_method, s.\"from\"), 'to', m.code,"
        "   'orders', coalesce(s.orders, 0))"
        "   ORDER BY coalesce(m.payment_method, s.\"from\")), '[]')"
        " FROM amsync.payment_mapping m"
        " FULL JOIN seen s ON lower(s.\"from\") = lower(m.payment_method)",
        "WITH seen AS (SELECT warehouse AS \"from\", count(DISTINCT sales_order_id) AS orders"
        "               FROM amsync.document, unnest(warehouses) AS warehouse"
        "              WHERE kind = 'shipment' GROUP BY 1)"
        " SELECT coalesce(json_agg(json_build_object("
        "   'from', coalesce(m.warehouse, s.\"from\"), 'to', m.source,"
        "   'orders', coalesce(s.orders, 0))"
        "   ORDER BY coalesce(m.warehouse, s.\"from\")), '[]')"
        " FROM amsync.warehouse_mapping m"
        " FULL JOIN seen s ON lower(s.\"from\") = lower(m.warehouse)",
    };

    return query_json(database, sql[mapping], NULL, ret_list, err);
}

enum result
customers_list(struct database *database, const char *company, json_t **ret_list, struct error *err)
{
    static const char sql[] =
        "SELECT coalesce(json_agg(json_build_object('company', company,"
        " 'customer_id', customer_id, 'enabled', enabled, 'changed_at',"
        " to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))"
        " ORDER BY company, customer_id), '[]')"
        " FROM amsync.customer WHERE shop = 'default' AND ($1::text IS NULL OR company = $1)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text(&params, company);
    return query_json(database, sql, &params, ret_list, err);
}

enum result
companies_list(struct database *database, json_t **ret_list, struct error *err)
{
    /* From one company to the next by the unique indexes, without reading their orders. */
    static const char sql[] =
        "WITH RECURSIVE ordering (company) AS ("
        "  (SELECT company FROM amsync.sales_order WHERE shop = 'default'"
        "    ORDER BY company LIMIT 1)"
        "  UNION ALL SELECT (SELECT o.company FROM amsync.sales_order AS o"
        "                     WHERE o.shop = 'default' AND o.company > before.company"
        "                     ORDER BY o.company LIMIT 1)"
        "   FROM ordering AS before WHERE before.company IS NOT NULL"
        "), having_customers (company) AS ("
        "  (SELECT company FROM amsync.customer WHERE shop = 'default'"
        "    ORDER BY company LIMIT 1)"
        "  UNION ALL SELECT (SELECT c.company FROM amsync.customer AS c"
        "                     WHERE c.shop = 'default' AND c.company > before.company"
        "                     ORDER BY c.company LIMIT 1)"
        "   FROM having_customers AS before WHERE before.company IS NOT NULL)"
        " SELECT coalesce(json_agg(company ORDER BY company), '[]')"
        " FROM (TABLE ordering UNION TABLE having_customers) AS seen WHERE company IS NOT NULL";

    return query_json(database, sql, NULL, ret_list, err);
}

enum result
held_orders_list(struct database *database, const char *company, const char *customer_id,
                 bool with_pending, int64_t after_id, int32_t limit, json_t **ret_ids,
                 struct error *err)
{
    static const char sql[] =
        "SELECT coalesce(json_agg(id ORDER BY id), '[]') FROM"
        " (SELECT id FROM amsync.sales_order WHERE id > $3 AND magento_entity_id IS NULL"
        "   AND (state = 'skipped' OR $5 AND state = 'pending')"
        "   AND ($1::text IS NULL OR company = $1)"
        "   AND ($2::text IS NULL OR customer_id = $2) ORDER BY id LIMIT $4) o";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text(&params, company);
    params_text(&params, customer_id);
    params_int64(&params, after_id);
    params_int32(&params, limit);
    params_bool(&params, with_pending);
    return query_json(database, sql, &params, ret_ids, err);
}
