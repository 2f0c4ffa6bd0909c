#include "intake/log_lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "store/document_kind.h"

/* Longer than any message: a document's numbers and types, and an error's text. */
#define MESSAGE_MAX_BYTES ((size_t)4096)

void
log_lines_clear(struct log_lines *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->messages[i]);
    free(list->messages);
    free(list->lines);
    *list = (struct log_lines){0};
}

static bool
reserve(struct log_lines *list)
{
    size_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;

    if (list->count < list->capacity)
        return true;

    struct log_line *lines = reallocarray(list->lines, capacity, sizeof(*lines));

    if (lines == NULL)
        return false;
    list->lines = lines;

    char **messages = reallocarray(list->messages, capacity, sizeof(*messages));

    if (messages == NULL)
        return false;
    list->messages = messages;
    list->capacity = capacity;
    return true;
}

/* Adds a line whose message is what the buffer holds. */
static enum result
add(struct log_lines *list, const struct log_line *line, struct buffer *message)
{
    if (!reserve(list))
        return RESULT_FAILED;

    char **text = &list->messages[list->count];

    if (buffer_take(message, text, NULL) != RESULT_OK)
        return RESULT_FAILED;
    list->lines[list->count] = *line;
    list->lines[list->count].message = *text;
    list->count++;
    return RESULT_OK;
}

static void
append_count(struct buffer *message, size_t count, const char *noun, const char *rest)
{
    if (count > 0)
        buffer_append_format(message, ", %zu %s%s%s", count, noun, count == 1 ? "" : "s", rest);
}

/* A number stands on a row of each line; it is counted once. */
static enum result
count_trackings(const struct document_part *part, size_t *ret_count)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *seen = json_object();
    const char *key;
    const json_t *row;

    if (seen == NULL)
        return RESULT_FAILED;
    json_object_foreach(part->rows, key, row)
    {
        const char *tracking = json_object_text(row, field_name(FIELD_TRACKING_NBR));

        if (tracking != NULL && tracking[0] != '\0' &&
            json_object_set_new(seen, tracking, json_true()) != 0)
            return RESULT_FAILED;
    }
    *ret_count = json_object_size(seen);
    return RESULT_OK;
}

/* "shipment 000068, status Confirmed, 2 lines": what the notification said of the document. */
static enum result
append_part(struct buffer *message, const struct document_part *part)
{
    const char *status = json_object_text(part->header, field_name(FIELD_STATUS));
    size_t trackings = 0;

    if (part->key.kind == DOCUMENT_SHIPMENT && count_trackings(part, &trackings) != RESULT_OK)
        return RESULT_FAILED;
    switch (part->key.kind) {
    case DOCUMENT_ORDER:
        buffer_append_text(message, "order");
        break;
    case DOCUMENT_SHIPMENT:
        buffer_append_format(message, "shipment %s", part->key.number);
        break;
    case DOCUMENT_INVOICE:
        buffer_append_format(message, "%s %s", part->key.type, part->key.number);
        break;
    }
    if (status != NULL && status[0] != '\0')
        buffer_append_format(message, ", status %.100s", status);
    append_count(message, json_object_size(part->lines), "line", "");
    append_count(message, trackings, "tracking number", "");
    append_count(message, json_object_size(part->removed), "row", " removed");
    return RESULT_OK;
}

static const char *
status_of(const struct document_part *part, const struct merge_effect *effect,
          const struct error *refusal)
{
    if (refusal != NULL)
        return "failed";
    if (document_part_is_empty(part))
        return "unchanged";
    return effect->changed ? "received" : effect->superseded ? "superseded" : "unchanged";
}

enum result
log_lines_add_part(struct log_lines *list, const struct document_part *part, const char *query,
                   int64_t sales_order_id, const struct merge_effect *effect,
                   const struct error *refusal)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(MESSAGE_MAX_BYTES);
    const struct log_line line = {
        .sales_order_id = sales_order_id,
        .company = part->key.company,
        .entity = document_kind_name(part->key.kind),
        .action = "receive",
        .status = status_of(part, effect, refusal),
        .order_type = part->key.order_type,
        .order_nbr = part->key.order_nbr,
        .document_nbr = part->key.kind == DOCUMENT_ORDER ? NULL : part->key.number,
    };

    buffer_append_format(&message, "%s %s: ", part->key.order_nbr, line.status);
    if (append_part(&message, part) != RESULT_OK)
        return RESULT_FAILED;
    if (refusal != NULL)
        buffer_append_format(&message, " cannot be taken in: %s", refusal->text);
    else if (document_part_is_empty(part))
        buffer_append_format(&message, " left the inquiry %s; what is known of it is kept", query);
    else if (effect->superseded)
        buffer_append_text(&message, ", older than what is known already");
    else if (!effect->changed)
        buffer_append_text(&message, ", nothing new");
    return add(list, &line, &message);
}

enum result
log_lines_add_notification(struct log_lines *list, const char *company, const char *status,
                           const char *text)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(MESSAGE_MAX_BYTES);
    const struct log_line line = {
        .company = company,
        .entity = "notification",
        .action = "receive",
        .status = status,
    };

    buffer_append_text(&message, text);
    return add(list, &line, &message);
}

enum result
log_lines_add_complaint(struct log_lines *list, const struct complaint *complaint,
                        const char *company, const char *query)
{
    struct error message = {0};

    complaint_message(complaint, query, &message);
    return log_lines_add_notification(
        list, company, document_state_name(complaint_state(complaint)), message.text);
}
