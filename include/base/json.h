/*
 * JSON on top of jansson: bounded decoding that says what is wrong and where, exact encoding, and
 * getters that tell "absent" from "of the wrong type". All functions may be called on any thread as
 * long as no two of them share a value.
 */
#ifndef AMSYNC_BASE_JSON_H
#define AMSYNC_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/decimal.h"
#include "base/error.h"

/* For `AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;` */
static inline void
cleanup_json(json_t **value)
{
    json_decref(*value);
}

/* Depths up to this can be asked for; jansson itself stops at 2048. */
#define JSON_DECODE_MAX_DEPTH 1024

/* Objects and arrays in one text: even an empty one, of three bytes with its comma, takes hundreds. */
#define JSON_DECODE_MAX_CONTAINERS 500000

/* Flags of json_decode. */
enum json_flag {
    JSON_FLAG_BOM = 1 << 0,    /* a UTF-8 byte order mark may come first */
    JSON_FLAG_SCALAR = 1 << 1, /* not only an object or array at the top */
};

/*
 * Decodes one JSON text. `max_depth` (1 to JSON_DECODE_MAX_DEPTH) bounds the nesting and is checked
 * before anything is built. On success the caller owns the value.
 * RESULT_REJECTED: not JSON, nested too deep, too many objects and arrays, a key twice in an object,
 * a NUL (also as \u0000), invalid UTF-8, a number that neither int64 nor double holds; the text names it and its position:
 * the last byte that was read of it, counted from 1. RESULT_FAILED: out of memory; where it runs out
 * within the digits of a long number, an assertion of jansson's own stops the process.
 */
AMSYNC_MUST_USE enum result json_decode(const char *bytes, size_t length, unsigned max_depth,
                                        unsigned flags, json_t **ret_value, struct error *err);

/* How many bytes come before the text itself: those of a byte order mark, where the flags allow one. */
size_t json_text_start(const char *bytes, size_t length, unsigned flags);

/*
 * Encodes compactly, reals with 15 digits, keys in the order they were set. The caller frees the
 * text; `ret_length` may be NULL.
 * RESULT_REJECTED: longer than `max_bytes`. RESULT_FAILED: out of memory, or `value` is NULL.
 */
AMSYNC_MUST_USE enum result json_encode(const json_t *value, size_t max_bytes, char **ret_text,
                                        size_t *ret_length);

/*
 * Members of an object, borrowed from it. NULL or false-like when `object` is not an object.
 *
 * json_object_text: the string, or NULL when it is absent, null or not a string.
 * json_object_object, json_object_array: the value, or NULL when absent or of another type.
 */
const char *json_object_text(const json_t *object, const char *key);
json_t *json_object_object(const json_t *object, const char *key);
json_t *json_object_array(const json_t *object, const char *key);

/* RESULT_NONE: absent or null. RESULT_REJECTED: of another type (a string "1" is no integer). */
AMSYNC_MUST_USE enum result json_object_int64(const json_t *object, const char *key,
                                              int64_t *ret_value);
AMSYNC_MUST_USE enum result json_object_bool(const json_t *object, const char *key,
                                             bool *ret_value);
/* As decimal_from_json. */
AMSYNC_MUST_USE enum result json_object_decimal(const json_t *object, const char *key,
                                                struct decimal *ret_value);

#endif
