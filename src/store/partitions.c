#include <string.h>

#include "store/database.h"
#include "store/housekeeping.h"

/* "amspart" in ASCII: one process at a time looks for missing partitions. */
#define PARTITION_LOCK INT64_C(0x616d7370617274)

/* Whoever uses a table that we wait for queues behind us, so a lock that is not to be had soon, because
 * of a backup for example, is tried for another time. */
#define LOCK_TIMEOUT_MS 2000
#define LOCK_SQL "SET LOCAL lock_timeout = 2000"

/* RESULT_NONE of what failed for want of a lock. */
static enum result
another_time(const struct database *database, enum result result)
{
    bool locked =
        result == RESULT_RETRY && strcmp(database_sqlstate(database), SQLSTATE_NO_LOCK) == 0;

    return locked ? RESULT_NONE : result;
}

/* One statement a missing partition. It is made apart and attached, which does not stop writers, as
 * CREATE TABLE ... PARTITION OF would. */
static const char MISSING_SQL[] =
    "SELECT format('CREATE TABLE IF NOT EXISTS amsync.%1$I (LIKE amsync.%2$I INCLUDING DEFAULTS"
    " INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS);"
    " COMMENT ON TABLE amsync.%1$I IS %5$L;"
    " ALTER TABLE amsync.%2$I ATTACH PARTITION amsync.%1$I FOR VALUES FROM (%3$L) TO (%4$L)',"
    " name, parent, day, day + 1, parent || ' of ' || day || ' (UTC)')"
    " FROM (SELECT parent, day, parent || '_p' || to_char(day, 'YYYYMMDD') AS name"
    "       FROM unnest(ARRAY['notification', 'connector_log']) AS parent,"
    "            (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date + n AS day"
    "             FROM generate_series(-1, 7) AS n) AS days) AS wanted"
    " WHERE NOT EXISTS ("
    "     SELECT FROM pg_inherits AS i"
    "     JOIN pg_class AS c ON c.oid = i.inhrelid"
    "     WHERE i.inhparent = to_regclass('amsync.' || parent) AND c.relname = name)"
    " ORDER BY day, parent LIMIT 1";

static enum result
make_one(struct database *database, void *argument, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *missing = NULL;
    bool *made = argument;

    params_int64(&params, PARTITION_LOCK);
    enum result result = database_execute(database, LOCK_SQL, err);
    if (result == RESULT_OK)
        result = database_query(database, "SELECT pg_advisory_xact_lock($1)", &params, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, MISSING_SQL, NULL, &missing, err);
    if (result != RESULT_OK)
        return result;
    *made = PQntuples(missing) > 0;
    return *made ? database_execute(database, row_text(missing, 0, 0), err) : RESULT_OK;
}

enum result
partitions_ensure(struct database *database, struct error *err)
{
    for (;;) {
        bool made = false;
        enum result result =
            another_time(database, database_transaction(database, make_one, &made, err));
        if (result != RESULT_OK)
            error_prefix(err, "making partitions");
        if (result != RESULT_OK || !made)
            return result;
    }
}

/* The next thing to do about partitions older than the retention: finish a detachment that was
 * interrupted, drop what is detached, or detach. Detached tables are known by their names. */
static const char OLD_SQL[] =
    "SELECT format(CASE WHEN i.inhrelid IS NULL THEN 'DROP TABLE IF EXISTS amsync.%1$I'"
    "                   WHEN i.inhdetachpending THEN"
    "                   'ALTER TABLE amsync.%2$I DETACH PARTITION amsync.%1$I FINALIZE'"
    "                   ELSE 'ALTER TABLE amsync.%2$I DETACH PARTITION amsync.%1$I CONCURRENTLY'"
    "              END, c.relname, parent),"
    "        i.inhrelid IS NULL"
    " FROM pg_class AS c"
    " JOIN LATERAL (SELECT substring(c.relname FROM '^(.*)_p[0-9]{8}$') AS parent,"
    "                      CASE WHEN c.relname ~ '_p[0-9]{8}$'"
    "                           THEN to_date(right(c.relname, 8), 'YYYYMMDD') END AS day"
    "              ) AS named ON true"
    " LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid"
    " WHERE c.relnamespace = to_regnamespace('amsync') AND c.relkind = 'r'"
    " AND c.relname ~ '^(notification|connector_log)_p[0-9]{8}$'"
    " AND day < (clock_timestamp() AT TIME ZONE 'UTC')::date - $1"
    " AND (parent = 'connector_log'"
    "      OR NOT EXISTS (SELECT FROM amsync.intake_queue AS q WHERE q.received_on = day))"
    " ORDER BY (i.inhdetachpending IS TRUE) DESC, day, parent LIMIT 1";

static enum result
drop_old(struct database *database, unsigned retention_days, size_t *ret_dropped, struct error *err)
{
    size_t dropped = 0;

    for (;;) {
        AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
        AMSYNC_CLEANUP(cleanup_pgresult) PGresult *step = NULL;
        params_int32(&params, (int32_t)retention_days);
        enum result result = database_query(database, OLD_SQL, &params, &step, err);
        if (result == RESULT_OK && PQntuples(step) == 0)
            break;
        /* Detaching concurrently refuses to run within a transaction. */
        if (result == RESULT_OK)
            result = another_time(database, database_execute(database, row_text(step, 0, 0), err));
        if (result != RESULT_OK) {
            error_prefix(err, "dropping partitions of days past AMSYNC_RETENTION_DAYS");
            return result;
        }
        if (row_bool(step, 0, 1))
            dropped++;
    }
    *ret_dropped = dropped;
    return RESULT_OK;
}

enum result
partitions_drop_old(struct database *database, unsigned retention_days, size_t *ret_dropped,
                    struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *locked = NULL;
    struct error ignored;

    /* A detachment that another process has running looks like an interrupted one. */
    params_int64(&params, PARTITION_LOCK + 1);
    enum result result =
        database_query(database, "SELECT pg_try_advisory_lock($1)", &params, &locked, err);
    if (result != RESULT_OK)
        return result;
    if (!row_bool(locked, 0, 0)) {
        *ret_dropped = 0;
        return RESULT_OK;
    }
    result = database_set_lock_timeout(database, LOCK_TIMEOUT_MS, err);
    if (result == RESULT_OK)
        result = drop_old(database, retention_days, ret_dropped, err);
    (void)!database_set_lock_timeout(database, 0, &ignored);
    /* Should this fail, the connection is gone, and the lock with it. */
    (void)!database_query(database, "SELECT pg_advisory_unlock($1)", &params, NULL, &ignored);
    return result;
}
