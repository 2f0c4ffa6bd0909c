#include "intake/complaints.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "intake/value.h"

/* The first characters of a value's kept form. `text` is all zero. */
static void
copy_example(char *text, json_t *raw)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *value = raw != NULL ? value_normalise(raw) : NULL;
    const char *kept = json_is_string(value) ? json_string_value(value) : "";

    memcpy(text, kept, text_prefix_bytes(kept, COMPLAINT_EXAMPLE_CHARACTERS));
}

void
complaints_add(struct complaints *complaints, enum row_trouble trouble, enum field field,
               const struct row *row)
{
    for (size_t i = 0; i < complaints->count; i++) {
        struct complaint *complaint = &complaints->items[i];

        if (complaint->trouble == trouble && complaint->field == field) {
            complaint->rows++;
            return;
        }
    }
    if (complaints->count == COMPLAINT_COUNT)
        return;

    struct complaint *added = &complaints->items[complaints->count++];

    *added = (struct complaint){.trouble = trouble, .field = field, .rows = 1};
    copy_example(added->example, row->values[field]);
    copy_example(added->order_nbr, row->values[FIELD_ORDER_NBR]);
}

enum document_state
complaint_state(const struct complaint *complaint)
{
    return complaint->trouble == ROW_WITHOUT_ORDER || complaint->trouble == ROW_NOT_FOR_SHOP
               ? STATE_SKIPPED
               : STATE_FAILED;
}

void
complaint_message(const struct complaint *complaint, const char *query, struct error *ret_message)
{
    const char *field = field_name(complaint->field);
    const char *plural = complaint->rows == 1 ? "" : "s";
    size_t rows = complaint->rows;

    switch (complaint->trouble) {
    case ROW_FINE:
        break;
    case ROW_LACKS_COLUMN:
        error_set(ret_message,
                  "%s has no column %s: %zu row%s cannot be used. Add the column to the inquiry",
                  query, field, rows, plural);
        return;
    case ROW_WITHOUT_ORDER:
        error_set(ret_message, "%s: %zu row%s skipped, without an order (%s is empty)", query, rows,
                  plural, field);
        return;
    case ROW_NOT_FOR_SHOP:
        error_set(ret_message, "%s: %zu row%s skipped, transfers and receipts are not for the shop",
                  query, rows, plural);
        return;
    case ROW_KEY_UNUSABLE:
        error_set(ret_message,
                  "%s: %zu row%s cannot be used: %s is \"%s\", it must have 1 to %d characters",
                  query, rows, plural, field, complaint->example, DOCUMENT_KEY_CHARACTERS);
        return;
    case ROW_LINE_UNUSABLE:
        error_set(ret_message,
                  "%s: %zu row%s cannot be used, the first is of %s: %s is \"%s\", it must %s",
                  query, rows, plural, complaint->order_nbr, field, complaint->example,
                  complaint->field == FIELD_LINE_NBR ? "be a whole number"
                                                     : "have at most 200 characters");
        return;
    }
    error_set(ret_message, "%s: %zu row%s", query, rows, plural);
}
