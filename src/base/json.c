#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/*
 * What became of jansson's allocations while this thread decodes. Its lexer goes on without the bytes
 * that it had no room for, and would give back what nobody has sent, or write behind its buffer; once
 * one allocation has failed all do, so that it gives up at the end of the token.
 */
static _Thread_local struct {
    bool under_way;
    bool failed;
} decoding;

static void *
allocate(size_t size)
{
    void *memory = decoding.failed ? NULL : malloc(size);

    decoding.failed = decoding.under_way && memory == NULL;
    return memory;
}

/* Before main: what jansson has allocated by then it would free by other functions. */
__attribute__((constructor)) static void
notice_failed_allocations(void)
{
    json_set_alloc_funcs(allocate, free);
}

size_t
json_text_start(const char *bytes, size_t length, unsigned flags)
{
    size_t mark_length = sizeof(BYTE_ORDER_MARK) - 1;
    bool marked = (flags & JSON_FLAG_BOM) != 0 && length >= mark_length &&
                  memcmp(bytes, BYTE_ORDER_MARK, mark_length) == 0;

    return marked ? mark_length : 0;
}

/* What is looked for before jansson builds anything; brackets in strings do not count. */
static enum result
check_bytes(const char *bytes, size_t start, size_t length, unsigned max_depth, struct error *err)
{
    bool in_string = false;
    unsigned depth = 0;
    size_t containers = 0;
    size_t at = start;

    while (at < length) {
        char c = bytes[at];
        size_t size = (unsigned char)c < 0x80 ? 1 : text_utf8_character(bytes + at, length - at);

        if (size == 0)
            return error_result(err, RESULT_REJECTED, "not valid UTF-8 at byte %zu", at + 1);
        if (c == '\0')
            return error_result(err, RESULT_REJECTED, "a NUL at byte %zu", at + 1);
        if (in_string) {
            if (c == '\\' && at + 1 < length && (bytes[at + 1] == '"' || bytes[at + 1] == '\\'))
                size = 2;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (depth == max_depth)
                return error_result(err, RESULT_REJECTED,
                                    "nested deeper than %u levels at byte %zu", max_depth, at + 1);
            if (containers == JSON_DECODE_MAX_CONTAINERS)
                return error_result(err, RESULT_REJECTED,
                                    "more than %d objects and arrays at byte %zu",
                                    JSON_DECODE_MAX_CONTAINERS, at + 1);
            depth++;
            containers++;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
        at += size;
    }
    return RESULT_OK;
}

/* What jansson quotes of the text may end within a character. */
static enum result
report(const json_error_t *reason, size_t start, struct error *err)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer clean = BUFFER_INITIAL(3 * JSON_ERROR_TEXT_LENGTH);
    enum json_error_code code = json_error_code(reason);
    const char *text = code == json_error_null_character ? "\\u0000 in a string" : reason->text;

    text_append_utf8(&clean, text, strlen(text));
    if (buffer_result(&clean) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "out of memory");
    return error_result(err, RESULT_REJECTED, "%s at byte %zu (line %d)", buffer_text(&clean),
                        start + (size_t)reason->position, reason->line);
}

/* False without memory; `ret_value` is NULL for what is not JSON. */
static bool
load(const char *bytes, size_t length, size_t flags, json_t **ret_value, json_error_t *ret_reason)
{
    bool failed;

    decoding.under_way = true;
    *ret_value = json_loadb(bytes, length, flags, ret_reason);
    failed = decoding.failed;
    decoding.under_way = false;
    decoding.failed = false;
    return !failed;
}

enum result
json_decode(const char *bytes, size_t length, unsigned max_depth, unsigned flags,
            json_t **ret_value, struct error *err)
{
    size_t start = json_text_start(bytes, length, flags);
    unsigned depth = max_depth < JSON_DECODE_MAX_DEPTH ? max_depth : JSON_DECODE_MAX_DEPTH;
    enum result result = check_bytes(bytes, start, length, depth, err);

    if (result != RESULT_OK)
        return result;

    AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;
    json_error_t reason;
    size_t jansson_flags = JSON_REJECT_DUPLICATES;

    if ((flags & JSON_FLAG_SCALAR) != 0)
        jansson_flags |= JSON_DECODE_ANY;

    if (!load(bytes + start, length - start, jansson_flags, &value, &reason))
        return error_result(err, RESULT_FAILED, "out of memory");
    if (value == NULL)
        return report(&reason, start, err);
    *ret_value = TAKE_PTR(value);
    return RESULT_OK;
}

static int
append_encoded(const char *bytes, size_t length, void *buffer_address)
{
    struct buffer *buffer = buffer_address;

    buffer_append(buffer, bytes, length);
    return buffer_result(buffer) == RESULT_OK ? 0 : -1;
}

enum result
json_encode(const json_t *value, size_t max_bytes, char **ret_text, size_t *ret_length)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer output = BUFFER_INITIAL(max_bytes);
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);

    if (value == NULL)
        return RESULT_FAILED;
    if (json_dump_callback(value, append_encoded, &output, flags) != 0)
        return buffer_result(&output) != RESULT_OK ? buffer_result(&output) : RESULT_FAILED;
    return buffer_take(&output, ret_text, ret_length);
}

const char *
json_object_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

json_t *
json_object_object(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_object(value) ? value : NULL;
}

json_t *
json_object_array(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_array(value) ? value : NULL;
}

enum result
json_object_int64(const json_t *object, const char *key, int64_t *ret_value)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL || json_is_null(value))
        return RESULT_NONE;
    if (!json_is_integer(value))
        return RESULT_REJECTED;
    *ret_value = json_integer_value(value);
    return RESULT_OK;
}

enum result
json_object_bool(const json_t *object, const char *key, bool *ret_value)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL || json_is_null(value))
        return RESULT_NONE;
    if (!json_is_boolean(value))
        return RESULT_REJECTED;
    *ret_value = json_is_true(value);
    return RESULT_OK;
}

enum result
json_object_decimal(const json_t *object, const char *key, struct decimal *ret_value)
{
    return decimal_from_json(json_object_get(object, key), ret_value);
}
