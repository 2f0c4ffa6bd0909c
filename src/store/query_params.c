#include "store/query_params.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* From PostgreSQL's catalog/pg_type.dat; fixed for ever. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_BOOL_ARRAY = 1000,
    OID_BYTEA_ARRAY = 1001,
    OID_INT4_ARRAY = 1007,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
    OID_TIMESTAMPTZ = 1184,
};

/* An array in binary form: dimensions, whether it has NULLs, element type, length, lower bound. */
#define ARRAY_HEADER_BYTES 20
#define ARRAY_EMPTY_BYTES 12
#define PARAM_MAX_BYTES ((size_t)1 << 30)
/* PostgreSQL counts from 2000-01-01. */
#define POSTGRES_EPOCH_UNIX_MS INT64_C(946684800000)

void
query_params_free(struct query_params *params)
{
    for (size_t i = 0; i < params->count; i++)
        free(params->params[i].owned);
    *params = (struct query_params){0};
}

static struct query_param *
next_param(struct query_params *params, uint32_t oid)
{
    if (params->count == QUERY_PARAMS_MAX) {
        params->failed = true;
        return NULL;
    }
    struct query_param *param = &params->params[params->count++];
    *param = (struct query_param){.oid = oid};
    return param;
}

static void
add_borrowed(struct query_params *params, uint32_t oid, const void *bytes, size_t length)
{
    struct query_param *param = next_param(params, oid);

    if (param == NULL)
        return;
    param->value = bytes;
    param->length = length;
}

static void
add_scalar(struct query_params *params, uint32_t oid, const void *bytes, size_t length)
{
    struct query_param *param = next_param(params, oid);

    if (param == NULL)
        return;
    assert(length <= sizeof(param->scalar));
    memcpy(param->scalar, bytes, length);
    param->value = param->scalar;
    param->length = length;
}

void
params_text(struct query_params *params, const char *text)
{
    add_borrowed(params, OID_TEXT, text, text == NULL ? 0 : strlen(text));
}

void
params_bytea(struct query_params *params, const void *bytes, size_t length)
{
    add_borrowed(params, OID_BYTEA, bytes, length);
}

void
params_int32(struct query_params *params, int32_t value)
{
    uint32_t network = htobe32((uint32_t)value);

    add_scalar(params, OID_INT4, &network, sizeof(network));
}

void
params_int64(struct query_params *params, int64_t value)
{
    uint64_t network = htobe64((uint64_t)value);

    add_scalar(params, OID_INT8, &network, sizeof(network));
}

void
params_bool(struct query_params *params, bool value)
{
    char byte = value ? 1 : 0;

    add_scalar(params, OID_BOOL, &byte, sizeof(byte));
}

void
params_timestamp_ms(struct query_params *params, int64_t unix_ms)
{
    int64_t microseconds;

    if (__builtin_sub_overflow(unix_ms, POSTGRES_EPOCH_UNIX_MS, &microseconds) ||
        __builtin_mul_overflow(microseconds, INT64_C(1000), &microseconds)) {
        params->failed = true;
        return;
    }
    uint64_t network = htobe64((uint64_t)microseconds);
    add_scalar(params, OID_TIMESTAMPTZ, &network, sizeof(network));
}

/* Room for `length` more bytes at the end of the array; NULL if there is none. */
static char *
array_extend(struct query_params *params, struct query_param *param, size_t length)
{
    if (length > PARAM_MAX_BYTES - param->length) {
        params->failed = true;
        return NULL;
    }
    size_t needed = param->length + length;
    if (needed > param->capacity) {
        size_t capacity = needed < 256 ? 256 : needed + needed / 2;
        char *grown = realloc(param->owned, capacity);
        if (grown == NULL) {
            params->failed = true;
            return NULL;
        }
        param->owned = grown;
        param->capacity = capacity;
    }
    char *room = param->owned + param->length;
    param->length = needed;
    return room;
}

static void
array_begin(struct query_params *params, uint32_t array_oid, uint32_t element_oid)
{
    struct query_param *param = next_param(params, array_oid);

    if (param == NULL)
        return;
    param->element_oid = element_oid;
    /* The header is written when the number of elements is known. */
    char *header = array_extend(params, param, ARRAY_HEADER_BYTES);
    if (header != NULL)
        memset(header, 0, ARRAY_HEADER_BYTES);
}

void
params_text_array(struct query_params *params)
{
    array_begin(params, OID_TEXT_ARRAY, OID_TEXT);
}

void
params_bytea_array(struct query_params *params)
{
    array_begin(params, OID_BYTEA_ARRAY, OID_BYTEA);
}

void
params_int32_array(struct query_params *params)
{
    array_begin(params, OID_INT4_ARRAY, OID_INT4);
}

void
params_int64_array(struct query_params *params)
{
    array_begin(params, OID_INT8_ARRAY, OID_INT8);
}

void
params_bool_array(struct query_params *params)
{
    array_begin(params, OID_BOOL_ARRAY, OID_BOOL);
}

static void
array_push(struct query_params *params, const void *bytes, size_t length)
{
    if (params->failed)
        return;
    assert(params->count > 0);
    struct query_param *param = &params->params[params->count - 1];
    assert(param->element_oid != 0);
    if (length > PARAM_MAX_BYTES) {
        params->failed = true;
        return;
    }
    char *room = array_extend(params, param, sizeof(uint32_t) + length);
    if (room == NULL)
        return;
    uint32_t network = htobe32((uint32_t)length);
    memcpy(room, &network, sizeof(network));
    if (length > 0)
        memcpy(room + sizeof(network), bytes, length);
    param->array_count++;
}

void
params_push_bytes(struct query_params *params, const void *bytes, size_t length)
{
    array_push(params, bytes, length);
}

void
params_push_text(struct query_params *params, const char *text_or_null)
{
    if (text_or_null == NULL)
        params_push_null(params);
    else
        array_push(params, text_or_null, strlen(text_or_null));
}

void
params_push_int32(struct query_params *params, int32_t value)
{
    uint32_t network = htobe32((uint32_t)value);

    array_push(params, &network, sizeof(network));
}

void
params_push_int64(struct query_params *params, int64_t value)
{
    uint64_t network = htobe64((uint64_t)value);

    array_push(params, &network, sizeof(network));
}

void
params_push_bool(struct query_params *params, bool value)
{
    char byte = value ? 1 : 0;

    array_push(params, &byte, sizeof(byte));
}

void
params_push_null(struct query_params *params)
{
    if (params->failed)
        return;
    assert(params->count > 0);
    struct query_param *param = &params->params[params->count - 1];
    assert(param->element_oid != 0);
    char *room = array_extend(params, param, sizeof(uint32_t));
    if (room == NULL)
        return;
    memset(room, 0xFF, sizeof(uint32_t)); /* a length of -1 */
    param->array_count++;
    param->array_has_null = true;
}

static void
array_finish(struct query_param *param)
{
    uint32_t header[5] = {
        htobe32(param->array_count > 0 ? 1 : 0),
        htobe32(param->array_has_null ? 1 : 0),
        htobe32(param->element_oid),
        htobe32(param->array_count),
        htobe32(1),
    };

    memcpy(param->owned, header, sizeof(header));
    param->value = param->owned;
}

enum result
query_params_pq(struct query_params *params, struct query_params_pq *ret_pq, struct error *err)
{
    if (params->failed)
        return error_result(err, RESULT_FAILED,
                            "no memory for the parameters of a statement, or more than 1 GB");
    for (size_t i = 0; i < params->count; i++) {
        struct query_param *param = &params->params[i];
        size_t length = param->length;
        if (param->element_oid != 0) {
            array_finish(param);
            if (param->array_count == 0)
                length = ARRAY_EMPTY_BYTES;
        }
        ret_pq->types[i] = param->oid;
        ret_pq->values[i] = param->value;
        ret_pq->lengths[i] = (int)length;
        ret_pq->formats[i] = 1;
    }
    return RESULT_OK;
}
