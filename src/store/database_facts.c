#include "store/database_facts.h"

#include "base/clock.h"
#include "store/database.h"

enum result
database_facts_read(struct database *database, struct database_facts *ret_facts, struct error *err)
{
    static const char SQL[] = "SELECT current_setting('transaction_read_only') = 'on',"
                              " current_setting('fsync') = 'on',"
                              " current_setting('full_page_writes') = 'on'";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result != RESULT_OK)
        return result;
    *ret_facts = (struct database_facts){
        .server_version = database_server_version(database),
        .read_only = row_bool(rows, 0, 0),
        .fsync = row_bool(rows, 0, 1),
        .full_page_writes = row_bool(rows, 0, 2),
    };
    return RESULT_OK;
}

enum result
database_clock_ahead(struct database *database, int64_t *ret_ahead_ms, struct error *err)
{
    static const char SQL[] = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    int64_t before_ms = clock_unix_ms();
    enum result result = database_query(database, SQL, NULL, &rows, err);
    int64_t after_ms = clock_unix_ms();

    if (result != RESULT_OK)
        return result;

    /* It was read between the two. */
    int64_t server_ms = row_int64(rows, 0, 0);

    *ret_ahead_ms = server_ms > after_ms    ? server_ms - after_ms
                    : server_ms < before_ms ? server_ms - before_ms
                                            : 0;
    return RESULT_OK;
}

enum result
partitions_ahead(struct database *database, int *ret_days, struct error *err)
{
    /* The first day that lacks one. */
    static const char SQL[] =
        "SELECT coalesce(min(n), 366) FROM generate_series(0, 365) AS n,"
        " unnest(ARRAY['notification', 'connector_log']) AS parent"
        " WHERE NOT EXISTS (SELECT FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid"
        "  WHERE i.inhparent = to_regclass('amsync.' || parent) AND c.relname = parent || '_p'"
        "  || to_char((clock_timestamp() AT TIME ZONE 'UTC')::date + n, 'YYYYMMDD'))";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result == RESULT_OK)
        *ret_days = row_int32(rows, 0, 0);
    return result;
}
