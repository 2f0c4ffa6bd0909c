#include "store/rules_edit.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/database.h"

static const char *const mapping_names[] = {"shipping", "payment", "warehouse"};

const char *
mapping_name(enum mapping mapping)
{
    return mapping_names[mapping];
}

enum result
mapping_from_name(const char *name, enum mapping *ret_mapping)
{
    for (size_t i = 0; i < sizeof(mapping_names) / sizeof(mapping_names[0]); i++) {
        if (strcmp(name, mapping_names[i]) == 0) {
            *ret_mapping = (enum mapping)i;
            return RESULT_OK;
        }
    }
    return RESULT_REJECTED;
}

static enum result
raise_version(struct database *database, struct error *err)
{
    static const char sql[] = "UPDATE amsync.rules_version SET version = version + 1"
                              " WHERE shop = 'default'";

    return database_query(database, sql, NULL, NULL, err);
}

/* A change that orders may be waiting for. */
static enum result
note_change(struct database *database, const char *company, const char *kind, const char *value,
            struct error *err)
{
    static const char sql[] =
        "INSERT INTO amsync.rules_change (company, kind, value) VALUES ($1, $2, $3)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text(&params, company);
    params_text(&params, kind);
    params_text(&params, value);

    enum result result = raise_version(database, err);

    return result == RESULT_OK ? database_query(database, sql, &params, NULL, err) : result;
}

enum result
preference_set(struct database *database, const char *company, const char *key, const char *value,
               struct error *err)
{
    static const char sql[] = "INSERT INTO amsync.preference (company, key, value)"
                              " VALUES ($1, $2, $3) ON CONFLICT (shop, company, key) DO UPDATE"
                              " SET value = excluded.value, changed_at = clock_timestamp()";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    assert(database_in_transaction(database));
    params_text(&params, company);
    params_text(&params, key);
    params_text(&params, value);

    enum result result = preference_check(key, value, err);

    if (result == RESULT_OK)
        result = database_query(database, sql, &params, NULL, err);
    return result == RESULT_OK ? note_change(database, company, "preference", key, err) : result;
}

enum result
shipping_mapping_set(struct database *database, const struct shipping_mapping *mapping,
                     struct error *err)
{
    static const char sql[] =
        "INSERT INTO amsync.shipping_mapping (ship_via, method, title, carrier)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT (shop, ship_via) DO UPDATE"
        " SET method = excluded.method, title = excluded.title, carrier = excluded.carrier";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    assert(database_in_transaction(database));
    params_text(&params, mapping->ship_via);
    params_text(&params, mapping->method);
    params_text(&params, mapping->title);
    params_text(&params, mapping->carrier);

    enum result result = database_query(database, sql, &params, NULL, err);

    if (result != RESULT_OK)
        return result;
    return note_change(database, "", "shipping", mapping->ship_via, err);
}

enum result
code_mapping_set(struct database *database, enum mapping mapping, const char *from, const char *to,
                 struct error *err)
{
    static const char payment_sql[] =
        "INSERT INTO amsync.payment_mapping (payment_method, code) VALUES ($1, $2)"
        " ON CONFLICT (shop, payment_method) DO UPDATE SET code = excluded.code";
    static const char warehouse_sql[] =
        "INSERT INTO amsync.warehouse_mapping (warehouse, source) VALUES ($1, $2)"
        " ON CONFLICT (shop, warehouse) DO UPDATE SET source = excluded.source";
    bool payment = mapping == MAPPING_PAYMENT;
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    assert(database_in_transaction(database));
    assert(mapping != MAPPING_SHIPPING);
    params_text(&params, from);
    params_text(&params, to);

    enum result result =
        database_query(database, payment ? payment_sql : warehouse_sql, &params, NULL, err);

    if (result != RESULT_OK)
        return result;
    /* Nothing waits for a warehouse: without a mapping no source is sent. */
    return payment ? note_change(database, "", "payment", from, err) : raise_version(database, err);
}

enum result
mapping_unset(struct database *database, enum mapping mapping, const char *from, struct error *err)
{
    static const char *const sql[] = {
        "DELETE FROM amsync.shipping_mapping WHERE shop = 'default' AND ship_via = $1 RETURNING 1",
        "DELETE FROM amsync.payment_mapping WHERE shop = 'default' AND payment_method = $1"
        " RETURNING 1",
        "DELETE FROM amsync.warehouse_mapping WHERE shop = 'default' AND warehouse = $1"
        " RETURNING 1",
    };
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    assert(database_in_transaction(database));
    params_text(&params, from);

    enum result result = database_query(database, sql[mapping], &params, &rows, err);

    if (result != RESULT_OK)
        return result;
    return PQntuples(rows) == 0 ? RESULT_NONE : raise_version(database, err);
}
