#include "store/database_keep.h"

#include "base/cleanup.h"

static enum result
open_first(const struct database_keep *keep, struct database **ret_database, struct error *err)
{
    AMSYNC_CLEANUP(database_close) struct database *database = NULL;
    enum result result =
        database_open(keep->url, keep->application_name, keep->timeout_ms, &database, err);

    if (result == RESULT_OK)
        result = database_avoid_scans(database, err);
    if (result == RESULT_OK)
        *ret_database = TAKE_PTR(database);
    return result;
}

enum result
database_keep(const struct database_keep *keep, struct database **database, struct error *err)
{
    if (*database == NULL)
        return open_first(keep, database, err);
    if (database_is_connected(*database))
        return RESULT_OK;

    enum result result = database_reconnect(*database, err);

    if (result == RESULT_OK)
        counter_add(keep->reconnects, 1);
    return result;
}
