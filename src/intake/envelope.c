#include "intake/envelope.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/json_outline.h"

struct envelope {
    json_t *root;
    char *query;
    char *company;
    char *id;
    int64_t timestamp;
};

void
envelope_free(struct envelope **envelope)
{
    struct envelope *gone = *envelope;

    if (gone == NULL)
        return;
    json_decref(gone->root);
    free(gone->query);
    free(gone->company);
    free(gone->id);
    free(gone);
    *envelope = NULL;
}

/* What a value is, in words that follow "is". */
static const char *
type_words(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction or an exponent";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "unknown";
}

static enum result
read_text(const json_t *root, const char *key, char **ret_text, struct error *err)
{
    const json_t *value = json_object_get(root, key);

    if (value == NULL)
        return error_result(err, RESULT_REJECTED, "%s is missing", key);
    if (json_typeof(value) != JSON_STRING)
        return error_result(err, RESULT_REJECTED, "%s is %s, it must be a text", key,
                            type_words(value));

    AMSYNC_CLEANUP(cleanup_free) char *text = text_trim_copy(json_string_value(value));

    if (text == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    if (text[0] == '\0')
        return error_result(err, RESULT_REJECTED, "%s is empty", key);
    if (text[text_prefix_bytes(text, ENVELOPE_TEXT_CHARACTERS)] != '\0')
        return error_result(err, RESULT_REJECTED, "%s is longer than %d characters", key,
                            ENVELOPE_TEXT_CHARACTERS);
    *ret_text = TAKE_PTR(text);
    return RESULT_OK;
}

static enum result
read_timestamp(const json_t *root, int64_t *ret_timestamp, struct error *err)
{
    const json_t *value = json_object_get(root, "TimeStamp");

    if (value == NULL)
        return error_result(err, RESULT_REJECTED, "TimeStamp is missing");
    if (json_typeof(value) != JSON_INTEGER)
        return error_result(err, RESULT_REJECTED, "TimeStamp is %s, it must be a whole number",
                            type_words(value));
    if (json_integer_value(value) < 0)
        return error_result(err, RESULT_REJECTED, "TimeStamp is negative");
    *ret_timestamp = json_integer_value(value);
    return RESULT_OK;
}

static enum result
check_rows(const json_t *root, const char *key, struct error *err)
{
    const json_t *rows = json_object_get(root, key);

    if (rows == NULL || json_typeof(rows) == JSON_NULL)
        return RESULT_OK;
    if (json_typeof(rows) != JSON_ARRAY)
        return error_result(err, RESULT_REJECTED, "%s is %s, it must be an array of objects", key,
                            type_words(rows));
    for (size_t index = 0; index < json_array_size(rows); index++) {
        const json_t *row = json_array_get(rows, index);

        if (json_typeof(row) != JSON_OBJECT)
            return error_result(err, RESULT_REJECTED, "%s[%zu] is %s, it must be an object", key,
                                index, type_words(row));
    }
    return RESULT_OK;
}

static enum result
read_members(struct envelope *envelope, struct error *err)
{
    const json_t *root = envelope->root;

    if (json_typeof(root) != JSON_OBJECT)
        return error_result(err, RESULT_REJECTED, "the body is %s, it must be an object",
                            type_words(root));

    enum result result = read_text(root, "Query", &envelope->query, err);

    if (result == RESULT_OK)
        result = read_text(root, "CompanyId", &envelope->company, err);
    if (result == RESULT_OK)
        result = read_text(root, "Id", &envelope->id, err);
    if (result == RESULT_OK)
        result = read_timestamp(root, &envelope->timestamp, err);
    if (result == RESULT_OK)
        result = check_rows(root, "Inserted", err);
    if (result == RESULT_OK)
        result = check_rows(root, "Deleted", err);
    return result;
}

/* json_decode or json_decode_outline. */
typedef enum result (*decode_function)(const char *bytes, size_t length, unsigned max_depth,
                                       unsigned flags, json_t **ret_value, struct error *err);

static enum result
parse(decode_function decode, const char *body, size_t bytes, struct envelope **ret_envelope,
      struct error *err)
{
    AMSYNC_CLEANUP(envelope_free) struct envelope *envelope = calloc(1, sizeof(*envelope));

    if (envelope == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");

    enum result result = decode(body, bytes, ENVELOPE_MAX_DEPTH, JSON_FLAG_BOM | JSON_FLAG_SCALAR,
                                &envelope->root, err);

    if (result == RESULT_REJECTED)
        error_prefix(err, "the body cannot be read as JSON");
    if (result == RESULT_OK)
        result = read_members(envelope, err);
    if (result == RESULT_OK)
        *ret_envelope = TAKE_PTR(envelope);
    return result;
}

enum result
envelope_parse(const char *body, size_t bytes, struct envelope **ret_envelope, struct error *err)
{
    return parse(json_decode, body, bytes, ret_envelope, err);
}

enum result
envelope_parse_outline(const char *body, size_t bytes, struct envelope **ret_envelope,
                       struct error *err)
{
    return parse(json_decode_outline, body, bytes, ret_envelope, err);
}

const char *
envelope_query(const struct envelope *envelope)
{
    return envelope->query;
}

const char *
envelope_company(const struct envelope *envelope)
{
    return envelope->company;
}

const char *
envelope_id(const struct envelope *envelope)
{
    return envelope->id;
}

int64_t
envelope_timestamp(const struct envelope *envelope)
{
    return envelope->timestamp;
}

static const json_t *
rows(const struct envelope *envelope, const char *key)
{
    return json_object_array(envelope->root, key);
}

const json_t *
envelope_inserted(const struct envelope *envelope)
{
    return rows(envelope, "Inserted");
}

const json_t *
envelope_deleted(const struct envelope *envelope)
{
    return rows(envelope, "Deleted");
}

size_t
envelope_inserted_count(const struct envelope *envelope)
{
    return json_array_size(envelope_inserted(envelope));
}

size_t
envelope_deleted_count(const struct envelope *envelope)
{
    return json_array_size(envelope_deleted(envelope));
}

static bool
list_has(const struct text_list *list, const char *name)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (text_equals_ignore_case(list->items[i], name))
            return true;
    }
    return false;
}

enum result
envelope_kind_from_query(const char *query, const struct inquiry_names *names,
                         enum document_kind *ret_kind)
{
    const struct text_list *const lists[] = {
        [DOCUMENT_ORDER] = names->orders,
        [DOCUMENT_SHIPMENT] = names->shipments,
        [DOCUMENT_INVOICE] = names->invoices,
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (list_has(lists[i], query)) {
            *ret_kind = (enum document_kind)i;
            return RESULT_OK;
        }
    }
    return RESULT_NONE;
}
