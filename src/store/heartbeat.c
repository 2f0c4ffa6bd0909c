#include "store/database.h"
#include "store/housekeeping.h"

static enum result
beat(struct database *database, const char *sql, const struct uuid_text *instance,
     struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text(&params, instance->text);
    return database_query(database, sql, &params, NULL, err);
}

enum result
heartbeat_start(struct database *database, const struct uuid_text *instance, const char *host,
                const char *program, struct error *err)
{
    static const char SQL[] =
        "INSERT INTO amsync.heartbeat (instance, host, program) VALUES ($1::text::uuid, $2, $3)";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};

    params_text(&params, instance->text);
    params_text(&params, host);
    params_text(&params, program);
    return database_query(database, SQL, &params, NULL, err);
}

enum result
heartbeat_beat(struct database *database, const struct uuid_text *instance, struct error *err)
{
    return beat(database,
                "UPDATE amsync.heartbeat SET beat_at = clock_timestamp()"
                " WHERE instance = $1::text::uuid",
                instance, err);
}

enum result
heartbeat_stop(struct database *database, const struct uuid_text *instance, struct error *err)
{
    return beat(database,
                "UPDATE amsync.heartbeat SET beat_at = clock_timestamp(),"
                " stopped_at = clock_timestamp() WHERE instance = $1::text::uuid",
                instance, err);
}
