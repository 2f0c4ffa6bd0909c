#include "intake/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "intake/row.h"
#include "intake/value.h"

/* About what a row takes besides its fields, and a field besides its name and value. */
#define ROW_BYTES 60
#define FIELD_BYTES 6

#define IDENTITY_MAX_BYTES ((size_t)4096)

struct owned_part {
    struct document_part part;
    struct row_identity identity;
};

struct notification_parts {
    struct owned_part *items;
    size_t count;
    size_t capacity;
    struct complaints complaints;
};

/* What is needed while the rows are sorted. */
struct sorter {
    const struct envelope *envelope;
    enum document_kind kind;
    struct row_reader *reader;
    json_t *indexes; /* {identity as text: index of the part} */
    struct buffer identity_text;
    struct notification_parts *parts;
};

static void
part_clear(struct owned_part *owned)
{
    row_identity_clear(&owned->identity);
    json_decref(owned->part.header);
    json_decref(owned->part.rows);
    json_decref(owned->part.removed);
    json_decref(owned->part.lines);
}

void
notification_parts_free(struct notification_parts **parts)
{
    struct notification_parts *gone = *parts;

    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->count; i++)
        part_clear(&gone->items[i]);
    free(gone->items);
    free(gone);
    *parts = NULL;
}

static void
sorter_clear(struct sorter *sorter)
{
    row_reader_free(&sorter->reader);
    json_decref(sorter->indexes);
    buffer_free(&sorter->identity_text);
}

/* Each text with its length before it, so that no two identities look alike. */
static const char *
identity_text(struct sorter *sorter, const struct row_identity *identity)
{
    const json_t *const texts[] = {identity->order_nbr, identity->order_type, identity->number,
                                   identity->type};
    struct buffer *buffer = &sorter->identity_text;

    buffer_reset(buffer);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i] == NULL)
            continue;
        buffer_append_format(buffer, "%zu:", json_string_length(texts[i]));
        buffer_append(buffer, json_string_value(texts[i]), json_string_length(texts[i]));
    }
    return buffer_result(buffer) == RESULT_OK ? buffer_text(buffer) : NULL;
}

static struct owned_part *
grow(struct notification_parts *parts)
{
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity == 0 ? 4 : 2 * parts->capacity;
        struct owned_part *items = reallocarray(parts->items, capacity, sizeof(*items));

        if (items == NULL)
            return NULL;
        parts->items = items;
        parts->capacity = capacity;
    }

    struct owned_part *added = &parts->items[parts->count++];

    *added = (struct owned_part){
        .part = {.header = json_object(),
                 .rows = json_object(),
                 .removed = json_object(),
                 .lines = json_object()},
    };
    return added;
}

/* A new part; takes the identity over. */
static struct document_part *
add_part(struct sorter *sorter, struct row_identity *identity)
{
    struct owned_part *owned = grow(sorter->parts);

    if (owned == NULL)
        return NULL;
    owned->identity = *identity;
    *identity = (struct row_identity){0};

    struct document_part *part = &owned->part;

    part->key = (struct document_key){
        .company = envelope_company(sorter->envelope),
        .order_type = json_string_value(owned->identity.order_type),
        .order_nbr = json_string_value(owned->identity.order_nbr),
        .kind = sorter->kind,
        .type = owned->identity.type != NULL ? json_string_value(owned->identity.type) : "",
        .number = json_string_value(owned->identity.number),
    };
    part->bytes = 2 * ROW_BYTES;
    if (part->header == NULL || part->rows == NULL || part->removed == NULL || part->lines == NULL)
        return NULL;
    return part;
}

/* The part of an identity, made if there is none; NULL only without memory. */
static struct document_part *
part_of(struct sorter *sorter, struct row_identity *identity)
{
    const char *text = identity_text(sorter, identity);

    if (text == NULL)
        return NULL;

    const json_t *index = json_object_get(sorter->indexes, text);

    if (index != NULL)
        return &sorter->parts->items[json_integer_value(index)].part;
    if (json_object_set_new_nocheck(sorter->indexes, text,
                                    json_integer((json_int_t)sorter->parts->count)) != 0)
        return NULL;
    return add_part(sorter, identity);
}

/* Of two different values in one notification the greater stands, as between notifications. */
static enum result
put_field(json_t *fields, enum field field, json_t *raw, size_t *bytes)
{
    const char *name = field_name(field);
    const json_t *present = json_object_get(fields, name);

    if (present != NULL && json_equal(present, raw))
        return RESULT_OK;

    AMSYNC_CLEANUP(cleanup_json) json_t *value = value_normalise(raw);

    if (value == NULL)
        return RESULT_FAILED;
    if (present != NULL && value_compare(value, present) <= 0)
        return RESULT_OK;
    *bytes += strlen(name) + json_string_length(value) + FIELD_BYTES;
    return json_object_set_nocheck(fields, name, value) == 0 ? RESULT_OK : RESULT_FAILED;
}

static enum result
put_fields(json_t *fields, const struct row *row, enum document_kind kind, enum field_place place,
           size_t *bytes)
{
    size_t count;
    const struct field_use *uses = field_uses(kind, &count);

    for (size_t i = 0; i < count; i++) {
        json_t *raw = row->values[uses[i].field];

        if (uses[i].place != place || raw == NULL)
            continue;
        if (put_field(fields, uses[i].field, raw, bytes) != RESULT_OK)
            return RESULT_FAILED;
    }
    return RESULT_OK;
}

static enum result
insert_row(struct document_part *part, const struct row *row, const struct row_line *line)
{
    enum document_kind kind = part->key.kind;

    if (put_fields(part->header, row, kind, FIELD_OF_HEADER, &part->bytes) != RESULT_OK)
        return RESULT_FAILED;
    if (line->line[0] == '\0')
        return RESULT_OK;

    json_t *fields = json_object_get(part->rows, line->key);

    if (fields == NULL) {
        if (json_object_set_new_nocheck(part->rows, line->key, json_object()) != 0 ||
            json_object_set_new_nocheck(part->lines, line->line, json_true()) != 0)
            return RESULT_FAILED;
        fields = json_object_get(part->rows, line->key);
        part->bytes += ROW_BYTES + strlen(line->key);
    }
    return put_fields(fields, row, kind, FIELD_OF_LINE, &part->bytes);
}

/* All inserted rows are there already. */
static enum result
delete_row(struct document_part *part, const struct row_line *line)
{
    if (line->line[0] == '\0' || json_object_get(part->rows, line->key) != NULL)
        return RESULT_OK;

    bool half = json_object_get(part->lines, line->line) == NULL;

    part->bytes += ROW_BYTES + strlen(line->key);
    return json_object_set_new_nocheck(part->removed, line->key, json_boolean(half)) == 0
               ? RESULT_OK
               : RESULT_FAILED;
}

static enum result
sort_row(struct sorter *sorter, json_t *columns, bool inserted, bool complain)
{
    struct row row;
    AMSYNC_CLEANUP(row_identity_clear) struct row_identity identity = {0};
    struct row_line line;
    enum row_trouble trouble;
    enum field field;

    if (row_read(sorter->reader, columns, &row) != RESULT_OK ||
        row_identify(&row, sorter->kind, &identity, &trouble) != RESULT_OK)
        return RESULT_FAILED;
    field = identity.field;
    if (trouble == ROW_FINE) {
        if (row_line_read(&row, sorter->kind, &line, &trouble) != RESULT_OK)
            return RESULT_FAILED;
        field = line.field;
    }
    if (trouble != ROW_FINE) {
        if (complain)
            complaints_add(&sorter->parts->complaints, trouble, field, &row);
        return RESULT_OK;
    }

    struct document_part *part = part_of(sorter, &identity);

    if (part == NULL)
        return RESULT_FAILED;
    return inserted ? insert_row(part, &row, &line) : delete_row(part, &line);
}

static enum result
sort_rows(struct sorter *sorter)
{
    const json_t *inserted = envelope_inserted(sorter->envelope);
    const json_t *deleted = envelope_deleted(sorter->envelope);
    bool complain_of_deleted = json_array_size(inserted) == 0;
    size_t index;
    json_t *columns;

    json_array_foreach(inserted, index, columns)
    {
        if (sort_row(sorter, columns, true, true) != RESULT_OK)
            return RESULT_FAILED;
    }
    json_array_foreach(deleted, index, columns)
    {
        if (sort_row(sorter, columns, false, complain_of_deleted) != RESULT_OK)
            return RESULT_FAILED;
    }
    return RESULT_OK;
}

enum result
notification_parts_new(const struct envelope *envelope, enum document_kind kind,
                       const struct captions *captions, struct notification_parts **ret_parts,
                       struct error *err)
{
    AMSYNC_CLEANUP(notification_parts_free)
    struct notification_parts *parts = calloc(1, sizeof(*parts));
    AMSYNC_CLEANUP(sorter_clear)
    struct sorter sorter = {
        .envelope = envelope,
        .kind = kind,
        .indexes = json_object(),
        .identity_text = BUFFER_INITIAL(IDENTITY_MAX_BYTES),
        .parts = parts,
    };

    if (parts == NULL || sorter.indexes == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");

    enum result result = row_reader_new(kind, captions, &sorter.reader, err);

    if (result == RESULT_OK && sort_rows(&sorter) != RESULT_OK)
        result = error_result(err, RESULT_FAILED, "out of memory");
    if (result == RESULT_OK)
        *ret_parts = TAKE_PTR(parts);
    return result;
}

size_t
notification_parts_count(const struct notification_parts *parts)
{
    return parts->count;
}

const struct document_part *
notification_parts_at(const struct notification_parts *parts, size_t index)
{
    return &parts->items[index].part;
}

const struct complaints *
notification_parts_complaints(const struct notification_parts *parts)
{
    return &parts->complaints;
}

bool
document_part_is_empty(const struct document_part *part)
{
    return json_object_size(part->header) == 0 && json_object_size(part->rows) == 0 &&
           json_object_size(part->removed) == 0;
}
