#include "store/rules_list.h"

#include <assert.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "store/query_json.h"

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

/* Of what is looked at: not what is in Magento, is left out or was settled by a person. */
#define NEEDS_MAPPINGS "o.magento_entity_id IS NULL AND o.state NOT IN ('published', 'skipped')"

enum result
mappings_missing(struct database *database, enum mapping mapping, json_t **ret_list,
                 struct error *err)
{
    /* The newest orders, and whatever waits. */
    static const char *const sql[] = {
        "WITH looked_at AS ("
        "  SELECT o.id, o.ship_via"
        "  FROM (SELECT * FROM amsync.sales_order ORDER BY id DESC LIMIT $1) AS o"
        "  WHERE " NEEDS_MAPPINGS "  UNION SELECT o.id, o.ship_via FROM amsync.attention AS a"
        "  JOIN amsync.sales_order AS o ON o.id = a.sales_order_id"
        "  WHERE a.state = 'waiting' AND " NEEDS_MAPPINGS ")"
        " SELECT coalesce(json_agg(json_build_object('from', ship_via, 'orders', orders)"
        "   ORDER BY orders DESC, ship_via), '[]')"
        " FROM (SELECT ship_via, count(*) AS orders FROM looked_at"
        "        WHERE ship_via <> '' GROUP BY 1) AS seen"
        " WHERE NOT EXISTS (SELECT FROM amsync.shipping_mapping AS m WHERE m.shop = 'default'"
        "   AND lower(m.ship_via) IN ('*', lower(seen.ship_via)))",
        "WITH looked_at AS ("
        "  SELECT o.id, o.payment_method"
        "  FROM (SELECT * FROM amsync.sales_order ORDER BY id DESC LIMIT $1) AS o"
        "  WHERE " NEEDS_MAPPINGS "  UNION SELECT o.id, o.payment_method FROM amsync.attention AS a"
        "  JOIN amsync.sales_order AS o ON o.id = a.sales_order_id"
        "  WHERE a.state = 'waiting' AND " NEEDS_MAPPINGS ")"
        " SELECT coalesce(json_agg(json_build_object('from', payment_method, 'orders', orders)"
        "   ORDER BY orders DESC, payment_method), '[]')"
        " FROM (SELECT payment_method, count(*) AS orders FROM looked_at"
        "        WHERE payment_method <> '' GROUP BY 1) AS seen"
        " WHERE NOT EXISTS (SELECT FROM amsync.payment_mapping AS m WHERE m.shop = 'default'"
        "   AND lower(m.payment_method) IN ('*', lower(seen.payment_method)))",
    };
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    assert(mapping != MAPPING_WAREHOUSE);
    params_int32(&params, MAPPINGS_MISSING_NEWEST);
    return query_json(database, sql[mapping], &params, ret_list, err);
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
