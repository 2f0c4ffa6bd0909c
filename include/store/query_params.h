/*
 * Parameters of a statement, in PostgreSQL's binary form, so that nothing is ever put together as
 * SQL text. Append them in the order of $1, $2 ...; what goes wrong (no memory, too many, too
 * large) is kept and reported by the query that uses them. One thread at a time.
 */
#ifndef AMSYNC_STORE_QUERY_PARAMS_H
#define AMSYNC_STORE_QUERY_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define QUERY_PARAMS_MAX 24

struct query_param {
    const char *value; /* NULL: SQL NULL */
    size_t length;
    char *owned; /* an array being built, or NULL for what is borrowed or lies in `scalar` */
    size_t capacity;
    uint32_t element_oid; /* of an array */
    uint32_t array_count; /* elements of an array */
    bool array_has_null;
    char scalar[8];
    uint32_t oid;
};

struct query_params {
    size_t count;
    bool failed;
    struct query_param params[QUERY_PARAMS_MAX];
};

/* For `AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};` */
void query_params_free(struct query_params *params);

/* Scalars. Texts and bytes are borrowed until the query has been sent; NULL is SQL NULL. */
void params_text(struct query_params *params, const char *text);
void params_bytea(struct query_params *params, const void *bytes, size_t length);
void params_int32(struct query_params *params, int32_t value);
void params_int64(struct query_params *params, int64_t value);
void params_bool(struct query_params *params, bool value);
/* timestamptz, from milliseconds since 1970-01-01T00:00:00Z. */
void params_timestamp_ms(struct query_params *params, int64_t unix_ms);

/* Each begins an array; the pushes that follow, of the same type, are its elements (copied). */
void params_text_array(struct query_params *params);
void params_bytea_array(struct query_params *params);
void params_int32_array(struct query_params *params);
void params_int64_array(struct query_params *params);
void params_bool_array(struct query_params *params);

void params_push_text(struct query_params *params, const char *text_or_null);
void params_push_bytes(struct query_params *params, const void *bytes, size_t length);
void params_push_int32(struct query_params *params, int32_t value);
void params_push_int64(struct query_params *params, int64_t value);
void params_push_bool(struct query_params *params, bool value);
void params_push_null(struct query_params *params);

/* As libpq takes them; arrays of QUERY_PARAMS_MAX entries. The values live as long as `params`.
 * RESULT_FAILED: an earlier append found no memory, too many parameters or more than 1 GB. */
struct query_params_pq {
    uint32_t types[QUERY_PARAMS_MAX];
    const char *values[QUERY_PARAMS_MAX];
    int lengths[QUERY_PARAMS_MAX];
    int formats[QUERY_PARAMS_MAX];
};
enum result query_params_pq(struct query_params *params, struct query_params_pq *ret_pq,
                            struct error *err) AMSYNC_MUST_USE;

#endif
