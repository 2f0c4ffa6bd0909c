#include "intake/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "intake/value.h"
#include "store/document_body.h"

/* What writing one element did. */
struct write_effect {
    bool changed;  /* a value is different now */
    bool stamped;  /* a TimeStamp is */
    bool equalled; /* something was known already, as of the same TimeStamp */
    bool outlived; /* something newer was known */
};

static int
set_timestamp(json_t *object, const char *key, int64_t timestamp)
{
    return json_object_set_new_nocheck(object, key, json_integer(timestamp));
}

/* The element's TimeStamps of fields that were not written last; NULL only without memory. */
static json_t *
older_of(json_t *element)
{
    json_t *older = json_object_get(element, "older");

    if (older == NULL && json_object_set_new_nocheck(element, "older", json_object()) == 0)
        older = json_object_get(element, "older");
    return older;
}

/* The element's ts is about to move on: fields that are not written now were written at the old. */
static int
keep_old_timestamps(json_t *element, const json_t *written, int64_t old_timestamp)
{
    const char *field;
    const json_t *value;

    json_object_foreach(json_object_get(element, "f"), field, value)
    {
        if (json_object_get(written, field) != NULL ||
            json_object_get(json_object_get(element, "older"), field) != NULL)
            continue;
        if (set_timestamp(older_of(element), field, old_timestamp) != 0)
            return -1;
    }
    return 0;
}

/* Notes when a field was written. */
static int
note_timestamp(json_t *element, const char *field, int64_t timestamp)
{
    json_t *older = json_object_get(element, "older");

    if (timestamp != json_integer_value(json_object_get(element, "ts")))
        return set_timestamp(older_of(element), field, timestamp);
    if (older == NULL)
        return 0;
    (void)json_object_del(older, field); /* it need not be there */
    return json_object_size(older) > 0 ? 0 : json_object_del(element, "older");
}

/* Writes one field unless a newer value, or a greater one of the same time, stands there. */
static int
write_field(json_t *element, const char *field, json_t *value, int64_t timestamp,
            int64_t last_written, struct write_effect *effect)
{
    json_t *fields = json_object_get(element, "f");
    const json_t *present = json_object_get(fields, field);
    bool same = present != NULL && value_compare(value, present) == 0;

    if (present != NULL && timestamp < last_written) {
        effect->outlived = true;
        return 0;
    }
    if (present != NULL && timestamp == last_written && value_compare(value, present) <= 0) {
        effect->equalled = true;
        return 0;
    }
    if (!same && json_object_set_nocheck(fields, field, value) != 0)
        return -1;
    effect->changed = effect->changed || !same;
    effect->stamped = true;
    return note_timestamp(element, field, timestamp);
}

/* Writes fields into a header or a row, as of a TimeStamp. */
static int
write_element(json_t *element, json_t *written, int64_t timestamp, struct write_effect *effect)
{
    bool blank = json_object_size(json_object_get(element, "f")) == 0;
    int64_t old_timestamp = blank ? INT64_MIN : json_integer_value(json_object_get(element, "ts"));
    const char *field;
    json_t *value;

    if (json_object_size(written) == 0)
        return 0;
    if (timestamp > old_timestamp) {
        if (keep_old_timestamps(element, written, old_timestamp) != 0 ||
            set_timestamp(element, "ts", timestamp) != 0)
            return -1;
    }
    json_object_foreach(written, field, value)
    {
        const json_t *older = json_object_get(json_object_get(element, "older"), field);
        int64_t last_written = older != NULL ? json_integer_value(older) : old_timestamp;

        if (write_field(element, field, value, timestamp, last_written, effect) != 0)
            return -1;
    }
    return 0;
}

/* The row of a key, made if it is not there. */
static json_t *
row_of(json_t *rows, const char *key)
{
    json_t *row = json_object_get(rows, key);

    if (row == NULL &&
        json_object_set_new_nocheck(rows, key, json_pack("{s:i, s:{}}", "ts", 0, "f")) == 0)
        row = json_object_get(rows, key);
    return row;
}

static void
add_effect(struct merge_effect *total, struct write_effect *all, const struct write_effect *one,
           bool visible)
{
    total->changed = total->changed || visible;
    total->restamped = total->restamped || one->stamped;
    all->equalled = all->equalled || one->equalled;
    all->outlived = all->outlived || one->outlived;
}

static int
insert_row(json_t *rows, const char *key, json_t *written, int64_t timestamp,
           struct merge_effect *total, struct write_effect *all)
{
    struct write_effect one = {0};
    json_t *row = row_of(rows, key);
    const json_t *removed = json_object_get(row, "removed");
    bool was_live = document_body_row_is_live(row);

    if (row == NULL || write_element(row, written, timestamp, &one) != 0)
        return -1;
    if (removed != NULL &&
        json_integer_value(json_object_get(row, "ts")) >= json_integer_value(removed) &&
        json_object_del(row, "removed") != 0)
        return -1;

    bool is_live = document_body_row_is_live(row);

    add_effect(total, all, &one, is_live != was_live || (is_live && one.changed));
    return 0;
}

static int
remove_row(json_t *rows, const char *key, bool half, int64_t timestamp, struct merge_effect *total,
           struct write_effect *all)
{
    struct write_effect one = {0};
    json_t *row = row_of(rows, key);
    const json_t *removed = json_object_get(row, "removed");
    bool was_live = document_body_row_is_live(row);
    bool seen = json_object_size(json_object_get(row, "f")) > 0;

    if (row == NULL)
        return -1;
    if (seen && json_integer_value(json_object_get(row, "ts")) >= timestamp) {
        one.equalled = json_integer_value(json_object_get(row, "ts")) == timestamp;
        one.outlived = !one.equalled;
    } else if (removed != NULL && json_integer_value(removed) >= timestamp) {
        one.equalled = json_integer_value(removed) == timestamp;
        one.outlived = !one.equalled;
    } else {
        if (set_timestamp(row, "removed", timestamp) != 0)
            return -1;
        one.stamped = true;
        total->halved = total->halved || half;
    }
    add_effect(total, all, &one, was_live && !document_body_row_is_live(row));
    return 0;
}

static int
merge_part(json_t *body, const struct document_part *part, int64_t timestamp,
           struct merge_effect *total)
{
    json_t *rows = json_object_get(body, "rows");
    struct write_effect all = {0};
    struct write_effect header = {0};
    const char *key;
    json_t *value;

    if (write_element(json_object_get(body, "header"), part->header, timestamp, &header) != 0)
        return -1;
    add_effect(total, &all, &header, header.changed);
    json_object_foreach(part->rows, key, value)
    {
        if (insert_row(rows, key, value, timestamp, total, &all) != 0)
            return -1;
    }
    json_object_foreach(part->removed, key, value)
    {
        if (remove_row(rows, key, json_is_true(value), timestamp, total, &all) != 0)
            return -1;
    }
    total->restamped = total->restamped && !total->changed;
    total->superseded = !total->changed && !total->restamped && all.outlived && !all.equalled;
    return 0;
}

static size_t
new_keys(const json_t *rows, json_t *keys)
{
    size_t count = 0;
    const char *key;
    const json_t *value;

    json_object_foreach(keys, key, value)
    {
        if (json_object_get(rows, key) == NULL)
            count++;
    }
    return count;
}

static enum result
too_many_rows(struct error *err)
{
    return error_result(err, RESULT_REJECTED, "it has more than %d rows", DOCUMENT_MAX_ROWS);
}

static enum result
too_much_text(struct error *err)
{
    return error_result(err, RESULT_REJECTED, "it has more than %zu MiB of text",
                        DOCUMENT_MAX_BYTES / 1024 / 1024);
}

enum result
document_part_check(const struct document_part *part, struct error *err)
{
    if (json_object_size(part->rows) + json_object_size(part->removed) > DOCUMENT_MAX_ROWS)
        return too_many_rows(err);
    return part->bytes > DOCUMENT_MAX_BYTES ? too_much_text(err) : RESULT_OK;
}

/* How long an object is as text; 0 only without memory. */
static size_t
text_bytes(const json_t *object)
{
    return json_dumpb(object, NULL, 0, JSON_COMPACT);
}

/* How much text the rows add that the document does not have yet. */
static enum result
measure_new_rows(const json_t *rows, json_t *part_rows, size_t *ret_bytes)
{
    size_t bytes = 0;
    const char *key;
    const json_t *row;

    json_object_foreach(part_rows, key, row)
    {
        if (json_object_get(rows, key) == NULL) {
            size_t row_bytes = text_bytes(row);

            if (row_bytes == 0)
                return RESULT_FAILED;
            bytes += strlen(key) + row_bytes;
        }
    }
    *ret_bytes = bytes;
    return RESULT_OK;
}

/* Measures only what is unknown or comes near the bound: it takes as long as writing it. */
static enum result
check_bytes(const json_t *body, const struct document_part *part, size_t *body_bytes,
            struct error *err)
{
    size_t bytes = *body_bytes;
    size_t more = part->bytes;

    if (bytes == 0 || bytes + more > DOCUMENT_MAX_BYTES)
        bytes = text_bytes(body);
    if (bytes == 0 ||
        (bytes + more > DOCUMENT_MAX_BYTES &&
         measure_new_rows(json_object_get(body, "rows"), part->rows, &more) != RESULT_OK))
        return error_result(err, RESULT_FAILED, "out of memory");
    if (bytes + more > DOCUMENT_MAX_BYTES)
        return too_much_text(err);
    *body_bytes = bytes + part->bytes;
    return RESULT_OK;
}

static enum result
check_size(const json_t *body, const struct document_part *part, size_t *body_bytes,
           struct error *err)
{
    const json_t *rows = json_object_get(body, "rows");

    if (!json_is_object(json_object_get(json_object_get(body, "header"), "f")) ||
        !json_is_object(rows))
        return error_result(err, RESULT_REJECTED, "what is stored of it cannot be read");
    if (json_object_size(rows) + new_keys(rows, part->rows) + new_keys(rows, part->removed) >
        DOCUMENT_MAX_ROWS)
        return too_many_rows(err);
    return check_bytes(body, part, body_bytes, err);
}

enum result
document_merge(json_t *body, const struct document_part *part, int64_t timestamp,
               size_t *body_bytes, struct merge_effect *ret_effect, struct error *err)
{
    struct merge_effect effect = {0};
    enum result result = check_size(body, part, body_bytes, err);

    if (result != RESULT_OK)
        return result;
    if (merge_part(body, part, timestamp, &effect) != 0)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_effect = effect;
    return RESULT_OK;
}

bool
document_has_removed_since(const json_t *body, int64_t timestamp)
{
    const char *key;
    const json_t *row;

    json_object_foreach(json_object_get(body, "rows"), key, row)
    {
        const json_t *removed = json_object_get(row, "removed");

        if (removed != NULL && json_integer_value(removed) >= timestamp)
            return true;
    }
    return false;
}

static int
compare_strings(const void *left, const void *right)
{
    const json_t *const *left_value = left;
    const json_t *const *right_value = right;

    return value_compare(*left_value, *right_value);
}

/* An array of what the object's members are. */
static json_t *
sorted_values(json_t *object)
{
    size_t count = json_object_size(object);
    AMSYNC_CLEANUP(cleanup_free) json_t **values = calloc(count + 1, sizeof(json_t *));
    AMSYNC_CLEANUP(cleanup_json) json_t *array = json_array();
    size_t at = 0;
    const char *key;
    json_t *value;

    if (values == NULL || array == NULL)
        return NULL;
    json_object_foreach(object, key, value) values[at++] = value;
    qsort(values, count, sizeof(json_t *), compare_strings);
    for (size_t i = 0; i < count; i++) {
        if (json_array_append(array, values[i]) != 0)
            return NULL;
    }
    return TAKE_PTR(array);
}

json_t *
document_warehouses(const json_t *body)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *found = json_object();
    const char *key;
    const json_t *row;

    if (found == NULL)
        return NULL;
    json_object_foreach(json_object_get(body, "rows"), key, row)
    {
        json_t *warehouse =
            json_object_get(json_object_get(row, "f"), field_name(FIELD_WAREHOUSE_ID));
        const char *name = json_string_value(warehouse);

        if (name == NULL || name[0] == '\0' || !document_body_row_is_live(row))
            continue;
        if (json_object_set_nocheck(found, name, warehouse) != 0)
            return NULL;
    }
    return sorted_values(found);
}
