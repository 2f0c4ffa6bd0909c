#include <assert.h>

#include "base/text.h"
#include "store/database.h"

const char *
row_text(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

int64_t
row_int64(const PGresult *result, int row, int column)
{
    int64_t value = 0;

    if (PQgetisnull(result, row, column))
        return 0;
    enum result parsed = parse_int64(PQgetvalue(result, row, column), INT64_MIN, INT64_MAX, &value);
    assert(parsed == RESULT_OK); /* our own statements select integers there */
    return value;
}

int32_t
row_int32(const PGresult *result, int row, int column)
{
    int64_t value = row_int64(result, row, column);

    assert(value >= INT32_MIN && value <= INT32_MAX);
    return (int32_t)value;
}

bool
row_bool(const PGresult *result, int row, int column)
{
    return !PQgetisnull(result, row, column) && PQgetvalue(result, row, column)[0] == 't';
}
