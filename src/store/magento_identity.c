#include "store/magento_identity.h"

#include <stdbool.h>
#include <string.h>

#include "store/database.h"

static const char READ_SQL[] =
    "SELECT base_url, store_code, store_id FROM amsync.magento WHERE shop = 'default'";

/* A slash at the end makes no other address. */
static bool
is_same_url(const char *left, const char *right)
{
    size_t left_length = strlen(left);
    size_t right_length = strlen(right);

    while (left_length > 0 && left[left_length - 1] == '/')
        left_length--;
    while (right_length > 0 && right[right_length - 1] == '/')
        right_length--;
    return left_length == right_length && strncmp(left, right, left_length) == 0;
}

static enum result
compare(const PGresult *remembered, const char *base_url, const char *store_code, struct error *err)
{
    const char *url = row_text(remembered, 0, 0);
    const char *store = row_text(remembered, 0, 1);

    if (is_same_url(url, base_url) && strcmp(store, store_code) == 0)
        return RESULT_OK;
    return error_result(err, RESULT_REJECTED,
                        "the numbers in the database belong to store %s of %s, but the settings "
                        "name store %s of %s: correct AMSYNC_MAGENTO_URL and "
                        "AMSYNC_MAGENTO_STORE; or, if the same shop has moved there, run amsync "
                        "magento moved, and if it is another shop, amsync magento forget",
                        store, url, store_code, base_url);
}

enum result
magento_identity_check(struct database *database, const char *base_url, const char *store_code,
                       struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *remembered = NULL;
    enum result result = database_query(database, READ_SQL, NULL, &remembered, err);

    if (result != RESULT_OK)
        return result;
    if (PQntuples(remembered) == 0)
        return RESULT_NONE;
    return compare(remembered, base_url, store_code, err);
}

enum result
magento_identity_remember(struct database *database, const char *base_url, const char *store_code,
                          int store_id, struct error *err)
{
    static const char REMEMBER_SQL[] =
        "INSERT INTO amsync.magento (base_url, store_code, store_id) VALUES ($1, $2, $3)"
        " ON CONFLICT (shop) DO NOTHING";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *remembered = NULL;

    params_text(&params, base_url);
    params_text(&params, store_code);
    params_int32(&params, store_id);
    enum result result = database_query(database, REMEMBER_SQL, &params, NULL, err);
    if (result == RESULT_OK)
        result = database_query(database, READ_SQL, NULL, &remembered, err);
    if (result == RESULT_OK)
        result = compare(remembered, base_url, store_code, err);
    if (result == RESULT_OK && row_int32(remembered, 0, 2) != store_id)
        result = error_result(err, RESULT_REJECTED,
                              "store %s had the id %d in Magento, and has %d now: if it is another "
                              "shop, run amsync magento forget",
                              store_code, (int)row_int32(remembered, 0, 2), store_id);
    return result;
}

enum result
magento_identity_move(struct database *database, const char *base_url, const char *store_code,
                      struct error *err)
{
    static const char MOVE_SQL[] = "UPDATE amsync.magento SET base_url = $1, store_code = $2,"
                                   " remembered_at = clock_timestamp() WHERE shop = 'default'"
                                   " RETURNING 1";
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *moved = NULL;

    params_text(&params, base_url);
    params_text(&params, store_code);
    enum result result = database_query(database, MOVE_SQL, &params, &moved, err);
    return result == RESULT_OK && PQntuples(moved) == 0 ? RESULT_NONE : result;
}
