#include "store/query_json.h"

#include "base/json.h"
#include "store/database.h"

#define DEPTH_MAX 8

enum result
query_json(struct database *database, const char *sql, struct query_params *params,
           json_t **ret_json, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, sql, params, &rows, err);

    if (result != RESULT_OK)
        return result;
    return json_decode(PQgetvalue(rows, 0, 0), (size_t)PQgetlength(rows, 0, 0), DEPTH_MAX, 0,
                       ret_json, err);
}
