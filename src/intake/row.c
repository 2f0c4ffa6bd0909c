#include "intake/row.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "intake/value.h"

/* A column's field and rank as one number; UNKNOWN_COLUMN if it is no field. */
#define RANK_STEP 1000
#define UNKNOWN_COLUMN (-1)

struct row_reader {
    enum document_kind kind;
    const struct captions *captions;
    json_t *columns; /* {CAPTION: field and rank}: those looked up so far */
};

enum result
row_reader_new(enum document_kind kind, const struct captions *captions,
               struct row_reader **ret_reader, struct error *err)
{
    AMSYNC_CLEANUP(row_reader_free) struct row_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL || (reader->columns = json_object()) == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    reader->kind = kind;
    reader->captions = captions;
    *ret_reader = TAKE_PTR(reader);
    return RESULT_OK;
}

void
row_reader_free(struct row_reader **reader)
{
    if (*reader == NULL)
        return;
    json_decref((*reader)->columns);
    free(*reader);
    *reader = NULL;
}

static enum result
find_column(struct row_reader *reader, const char *caption, json_int_t *ret_column)
{
    const json_t *known = json_object_get(reader->columns, caption);

    if (known != NULL) {
        *ret_column = json_integer_value(known);
        return RESULT_OK;
    }

    struct caption_match match;
    json_int_t column = UNKNOWN_COLUMN;

    if (captions_match(reader->captions, reader->kind, caption, &match) == RESULT_OK)
        column = (json_int_t)match.field * RANK_STEP + match.rank;
    if (json_object_set_new_nocheck(reader->columns, caption, json_integer(column)) != 0)
        return RESULT_FAILED;
    *ret_column = column;
    return RESULT_OK;
}

enum result
row_read(struct row_reader *reader, json_t *columns, struct row *ret_row)
{
    struct row row = {0};
    json_int_t ranks[FIELD_COUNT];
    const char *captions[FIELD_COUNT];
    const char *caption;
    json_t *value;

    json_object_foreach(columns, caption, value)
    {
        json_int_t column;

        if (find_column(reader, caption, &column) != RESULT_OK)
            return RESULT_FAILED;
        if (column == UNKNOWN_COLUMN)
            continue;

        size_t field = (size_t)(column / RANK_STEP);
        json_int_t rank = column % RANK_STEP;

        /* Two columns of equal rank: which one counts must not depend on their order. */
        if (row.values[field] != NULL &&
            (rank > ranks[field] || (rank == ranks[field] && strcmp(caption, captions[field]) > 0)))
            continue;
        row.values[field] = value;
        ranks[field] = rank;
        captions[field] = caption;
    }
    *ret_row = row;
    return RESULT_OK;
}

void
row_identity_clear(struct row_identity *identity)
{
    json_decref(identity->order_type);
    json_decref(identity->order_nbr);
    json_decref(identity->type);
    json_decref(identity->number);
    *identity = (struct row_identity){0};
}

static bool
longer_than(const char *text, size_t characters)
{
    return strlen(text) > characters && text[text_prefix_bytes(text, characters)] != '\0';
}

/* Reads a text or number that is part of a key; `empty` is the trouble with an empty one. */
static enum result
read_key(const struct row *row, enum field field, enum row_trouble empty, json_t **ret_key,
         struct row_identity *identity, enum row_trouble *trouble)
{
    json_t *raw = row->values[field];

    if (*trouble != ROW_FINE)
        return RESULT_OK;
    identity->field = field;
    if (raw == NULL) {
        *trouble = ROW_LACKS_COLUMN;
        return RESULT_OK;
    }
    if (json_typeof(raw) == JSON_NULL) {
        *trouble = empty;
        return RESULT_OK;
    }
    if (json_typeof(raw) != JSON_STRING && json_typeof(raw) != JSON_INTEGER &&
        json_typeof(raw) != JSON_REAL) {
        *trouble = ROW_KEY_UNUSABLE;
        return RESULT_OK;
    }

    json_t *key = value_normalise(raw);

    if (key == NULL)
        return RESULT_FAILED;
    *ret_key = key;
    if (json_string_length(key) == 0)
        *trouble = empty;
    else if (longer_than(json_string_value(key), DOCUMENT_KEY_CHARACTERS))
        *trouble = ROW_KEY_UNUSABLE;
    return RESULT_OK;
}

/* Whether a shipment's row is of one within the company, or of one that comes in. */
static enum result
check_shipment_type(const struct row *row, bool *ret_for_shop)
{
    json_t *raw = row->values[FIELD_TYPE];
    AMSYNC_CLEANUP(cleanup_json) json_t *kept = raw != NULL ? value_normalise(raw) : NULL;
    const char *type = json_is_string(kept) ? json_string_value(kept) : "";

    if (raw != NULL && kept == NULL)
        return RESULT_FAILED;
    *ret_for_shop =
        !text_equals_ignore_case(type, "Transfer") && !text_equals_ignore_case(type, "Receipt");
    return RESULT_OK;
}

static enum result
identify(const struct row *row, enum document_kind kind, struct row_identity *identity,
         enum row_trouble *trouble)
{
    static const enum field number_fields[] = {
        [DOCUMENT_ORDER] = FIELD_ORDER_NBR,
        [DOCUMENT_SHIPMENT] = FIELD_SHIPMENT_NBR,
        [DOCUMENT_INVOICE] = FIELD_REFERENCE_NBR,
    };
    static const enum field type_fields[] = {
        [DOCUMENT_ORDER] = FIELD_ORDER_TYPE,
        [DOCUMENT_INVOICE] = FIELD_TYPE,
    };

    bool for_shop = true;

    if (kind == DOCUMENT_SHIPMENT && check_shipment_type(row, &for_shop) != RESULT_OK)
        return RESULT_FAILED;
    if (!for_shop) {
        identity->field = FIELD_TYPE;
        *trouble = ROW_NOT_FOR_SHOP;
        return RESULT_OK;
    }
    if (read_key(row, FIELD_ORDER_NBR, ROW_WITHOUT_ORDER, &identity->order_nbr, identity,
                 trouble) != RESULT_OK ||
        read_key(row, FIELD_ORDER_TYPE, ROW_KEY_UNUSABLE, &identity->order_type, identity,
                 trouble) != RESULT_OK ||
        read_key(row, number_fields[kind], ROW_KEY_UNUSABLE, &identity->number, identity,
                 trouble) != RESULT_OK)
        return RESULT_FAILED;
    if (kind == DOCUMENT_SHIPMENT)
        return RESULT_OK;
    return read_key(row, type_fields[kind], ROW_KEY_UNUSABLE, &identity->type, identity, trouble);
}

enum result
row_identify(const struct row *row, enum document_kind kind, struct row_identity *ret_identity,
             enum row_trouble *ret_trouble)
{
    struct row_identity identity = {0};
    enum row_trouble trouble = ROW_FINE;
    enum result result = identify(row, kind, &identity, &trouble);

    if (result != RESULT_OK) {
        row_identity_clear(&identity);
        return result;
    }
    *ret_identity = identity;
    *ret_trouble = trouble;
    return RESULT_OK;
}

/* Copies a tracking number behind the line number. */
static enum result
read_tracking(json_t *raw, struct row_line *line, enum row_trouble *trouble)
{
    AMSYNC_CLEANUP(cleanup_json)
    json_t *tracking = raw != NULL ? value_normalise(raw) : NULL;
    const char *text = json_is_string(tracking) ? json_string_value(tracking) : "";

    if (raw != NULL && tracking == NULL)
        return RESULT_FAILED;
    if (longer_than(text, TRACKING_NBR_CHARACTERS)) {
        line->field = FIELD_TRACKING_NBR;
        *trouble = ROW_LINE_UNUSABLE;
        return RESULT_OK;
    }
    (void)snprintf(line->key, sizeof(line->key), "%s|%s", line->line, text);
    return RESULT_OK;
}

enum result
row_line_read(const struct row *row, enum document_kind kind, struct row_line *ret_line,
              enum row_trouble *ret_trouble)
{
    json_t *raw = row->values[FIELD_LINE_NBR];
    AMSYNC_CLEANUP(cleanup_json) json_t *text = raw != NULL ? value_normalise(raw) : NULL;
    int64_t number;

    ret_line->line[0] = '\0';
    ret_line->key[0] = '\0';
    ret_line->field = FIELD_LINE_NBR;
    *ret_trouble = ROW_FINE;
    if (raw == NULL || json_typeof(raw) == JSON_NULL)
        return RESULT_OK;
    if (text == NULL)
        return RESULT_FAILED;
    if (json_typeof(text) == JSON_STRING && json_string_length(text) == 0)
        return RESULT_OK;
    if (parse_int64(json_string_value(text), 0, INT32_MAX, &number) != RESULT_OK) {
        *ret_trouble = ROW_LINE_UNUSABLE;
        return RESULT_OK;
    }
    (void)snprintf(ret_line->line, sizeof(ret_line->line), "%d", (int)number);
    if (kind == DOCUMENT_SHIPMENT)
        return read_tracking(row->values[FIELD_TRACKING_NBR], ret_line, ret_trouble);
    memcpy(ret_line->key, ret_line->line, sizeof(ret_line->line));
    return RESULT_OK;
}
