#include "store/migrate.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "store/database.h"
#include "store/housekeeping.h"

/* "amsync" in ASCII, so that it is nobody else's. */
#define MIGRATE_LOCK INT64_C(0x616d73796e63)
#define MIGRATE_TIMEOUT_MS 3600000
#define OLDEST_SERVER 150000

/* Whoever writes to a table queues behind a migration that waits for it, ingest too: it gives up after
 * 5 s and answers 503. So a migration waits for less, and tries again later. */
#define LOCK_SQL "SET LOCAL lock_timeout = '2s'"

static const char BOOTSTRAP_SQL[] =
    "DO $$ BEGIN"
    " IF to_regclass('amsync.schema_migration') IS NOT NULL THEN RETURN; END IF;"
    " IF to_regnamespace('amsync') IS NULL THEN CREATE SCHEMA amsync; END IF;"
    " COMMENT ON SCHEMA amsync IS 'amsync: Acumatica''s orders in Magento';"
    " CREATE TABLE amsync.schema_migration ("
    "     number       integer     PRIMARY KEY,"
    "     name         text        NOT NULL,"
    "     sha256       text        NOT NULL,"
    "     min_program  text        NOT NULL,"
    "     applied_at   timestamptz NOT NULL DEFAULT clock_timestamp());"
    " COMMENT ON TABLE amsync.schema_migration IS 'The migrations that this schema has seen';"
    " COMMENT ON COLUMN amsync.schema_migration.number IS 'Its number, the first of its file name';"
    " COMMENT ON COLUMN amsync.schema_migration.name IS 'The rest of its file name';"
    " COMMENT ON COLUMN amsync.schema_migration.sha256 IS 'SHA-256 of its file when it was "
    "applied';"
    " COMMENT ON COLUMN amsync.schema_migration.min_program IS"
    " 'The oldest amsync that can work with the schema since';"
    " COMMENT ON COLUMN amsync.schema_migration.applied_at IS 'When it was applied';"
    " END $$";

struct version {
    int64_t parts[3];
};

static enum result
version_parse(const char *text, struct version *ret_version)
{
    struct version version = {{0}};
    char part[8];

    for (size_t i = 0; i < 3; i++) {
        size_t length = strcspn(text, ".");
        bool last = i == 2;
        if (length >= sizeof(part) || (text[length] == '\0') != last)
            return RESULT_REJECTED;
        memcpy(part, text, length);
        part[length] = '\0';
        enum result result = parse_int64(part, 0, 999999, &version.parts[i]);
        if (result != RESULT_OK)
            return result;
        text += length + (last ? 0 : 1);
    }
    *ret_version = version;
    return RESULT_OK;
}

/* Whether a program of version `program` is as new as `needed`; what cannot be read is too new. */
static bool
version_suffices(const char *program, const char *needed)
{
    struct version have;
    struct version want;

    if (version_parse(program, &have) != RESULT_OK || version_parse(needed, &want) != RESULT_OK)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (have.parts[i] != want.parts[i])
            return have.parts[i] > want.parts[i];
    return true;
}

static enum result
check_applied_one(const PGresult *applied, int row, const char *program_version, struct error *err)
{
    int32_t number = row_int32(applied, row, 0);
    const char *name = row_text(applied, row, 1);
    const char *min_program = row_text(applied, row, 3);

    if (!version_suffices(program_version, min_program))
        return error_result(err, RESULT_REJECTED,
                            "the database has migration %d (%s), which needs amsync %s or newer; "
                            "this is %s",
                            (int)number, name, min_program, program_version);
    for (size_t i = 0; i < MIGRATION_COUNT; i++)
        if (MIGRATIONS[i].number == number &&
            strcmp(MIGRATIONS[i].sha256, row_text(applied, row, 2)) != 0)
            return error_result(err, RESULT_REJECTED,
                                "migration %d (%s) in the database is not this program's: its "
                                "checksum differs. Was its file changed after it was applied?",
                                (int)number, name);
    return RESULT_OK;
}

/* Which of the program's migrations the database has; ret_missing is the first that it lacks, or
 * MIGRATION_COUNT. */
static enum result
check_applied(struct database *database, const char *program_version, size_t *ret_missing,
              struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *applied = NULL;
    static const char SQL[] =
        "SELECT number, name, sha256, min_program FROM amsync.schema_migration ORDER BY number";
    enum result result = database_query(database, SQL, NULL, &applied, err);
    size_t next = 0;

    for (int row = 0; result == RESULT_OK && row < PQntuples(applied); row++) {
        result = check_applied_one(applied, row, program_version, err);
        if (next < MIGRATION_COUNT && row_int32(applied, row, 0) == MIGRATIONS[next].number)
            next++;
    }
    if (result == RESULT_OK)
        *ret_missing = next;
    return result;
}

static enum result
record(struct database *database, const struct migration *migration, struct error *err)
{
    static const char SQL[] =
        "INSERT INTO amsync.schema_migration (number, name, sha256, min_program)"
        " VALUES ($1, $2, $3, $4)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int32(&params, migration->number);
    params_text(&params, migration->name);
    params_text(&params, migration->sha256);
    params_text(&params, migration->min_program);
    return database_query(database, SQL, &params, NULL, err);
}

/* Another was in the way: a lock was not to be had, or both waited for each other. */
static bool
met_a_lock(const struct database *database)
{
    const char *sqlstate = database_sqlstate(database);

    return strcmp(sqlstate, SQLSTATE_NO_LOCK) == 0 || strcmp(sqlstate, "40P01") == 0;
}

/* RESULT_NONE, with who most likely holds the lock: whoever has had one on our tables for longest. Of
 * other users' sessions PostgreSQL may not tell since when; a backup's is likely one of them. */
static enum result
tell_lock_holder(struct database *database, struct error *err)
{
    static const char SQL[] =
        "SELECT coalesce(nullif(a.application_name, ''), 'unnamed'), a.pid"
        " FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation"
        " JOIN pg_stat_activity AS a ON a.pid = l.pid"
        " WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND c.relnamespace = to_regnamespace('amsync')"
        " ORDER BY a.xact_start NULLS FIRST LIMIT 1";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *holder = NULL;
    enum result result = database_query(database, SQL, NULL, &holder, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(holder) == 0)
        return error_result(err, RESULT_NONE, "a lock could not be had within 2 s");
    return error_result(err, RESULT_NONE,
                        "waiting for a lock; process %d of PostgreSQL (%s) uses the tables. Is a "
                        "backup running?",
                        (int)row_int32(holder, 0, 1), row_text(holder, 0, 0));
}

static enum result
apply(struct database *database, const struct migration *migration, struct error *err)
{
    enum result result = database_begin(database, err);

    if (result != RESULT_OK)
        return result;
    result = database_execute(database, LOCK_SQL, err);
    if (result == RESULT_OK)
        result = database_execute(database, migration->sql, err);
    if (result == RESULT_OK)
        result = record(database, migration, err);
    if (result == RESULT_OK)
        result = database_commit(database, err);
    else
        database_rollback(database);
    if (result != RESULT_OK && met_a_lock(database))
        result = tell_lock_holder(database, err);
    if (result != RESULT_OK)
        error_prefix(err, "migration %d (%s)", migration->number, migration->name);
    return result;
}

static enum result
make_partitions(struct database *database, struct error *err)
{
    enum result result = partitions_ensure(database, err);

    if (result != RESULT_NONE)
        return result;
    result = tell_lock_holder(database, err);
    error_prefix(err, "making partitions");
    return result;
}

static enum result
run_locked(struct database *database, const char *program_version, size_t *ret_applied,
           struct error *err)
{
    size_t missing = 0;
    size_t applied = 0;
    enum result result = database_execute(database, BOOTSTRAP_SQL, err);

    if (result == RESULT_OK)
        result = check_applied(database, program_version, &missing, err);
    for (size_t i = missing; result == RESULT_OK && i < MIGRATION_COUNT; i++) {
        result = apply(database, &MIGRATIONS[i], err);
        if (result == RESULT_OK)
            applied++;
    }
    if (result == RESULT_OK)
        result = make_partitions(database, err);
    if (result == RESULT_OK || result == RESULT_NONE)
        *ret_applied = applied;
    return result;
}

static enum result
lock_query(struct database *database, const char *sql, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_int64(&params, MIGRATE_LOCK);
    return database_query(database, sql, &params, NULL, err);
}

enum result
migrate_run(struct database *database, const char *program_version, size_t *ret_applied,
            struct error *err)
{
    struct error ignored;
    int server = database_server_version(database);

    if (server != 0 && server < OLDEST_SERVER)
        return error_result(err, RESULT_REJECTED, "PostgreSQL %d is too old; 15 or newer is needed",
                            server / 10000);
    enum result result = database_set_timeout(database, MIGRATE_TIMEOUT_MS, err);
    if (result == RESULT_OK)
        result = lock_query(database, "SELECT pg_advisory_lock($1)", err);
    if (result != RESULT_OK)
        return result;
    result = run_locked(database, program_version, ret_applied, err);
    /* Should this fail, the connection is gone, and the lock with it. */
    (void)!lock_query(database, "SELECT pg_advisory_unlock($1)", &ignored);
    return result;
}

enum result
migrate_check(struct database *database, const char *program_version, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *exists = NULL;
    size_t missing = 0;
    enum result result = database_query(
        database, "SELECT to_regclass('amsync.schema_migration') IS NOT NULL", NULL, &exists, err);

    if (result != RESULT_OK)
        return result;
    if (!row_bool(exists, 0, 0))
        return error_result(err, RESULT_REJECTED,
                            "the database has no amsync schema yet: run amsync migrate");
    result = check_applied(database, program_version, &missing, err);
    if (result == RESULT_OK && missing < MIGRATION_COUNT)
        return error_result(err, RESULT_REJECTED,
                            "the database lacks migration %d (%s): run amsync migrate",
                            MIGRATIONS[missing].number, MIGRATIONS[missing].name);
    return result;
}
