#include "cli/order_remarks.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "intake/parts.h"
#include "store/documents.h"

static enum result
load_captions(struct database *database, struct captions **ret_captions, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *mappings = NULL;
    int64_t version;
    enum result result = field_mappings_load(database, &mappings, &version, err);

    return result == RESULT_OK ? captions_new(mappings, ret_captions, err) : result;
}

static enum result
list_remarks(const struct complaints *complaints, const char *query, json_t **ret_remarks,
             struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *remarks = json_array();

    for (size_t i = 0; i < complaints->count; i++) {
        struct error message = {0};

        complaint_message(&complaints->items[i], query, &message);
        if (json_array_append_new(remarks, json_string(message.text)) != 0)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    if (remarks == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_remarks = TAKE_PTR(remarks);
    return RESULT_OK;
}

enum result
order_remarks_read(struct database *database, const struct stored_notification *notification,
                   json_t **ret_remarks, struct error *err)
{
    AMSYNC_CLEANUP(captions_free) struct captions *captions = NULL;
    AMSYNC_CLEANUP(envelope_free) struct envelope *envelope = NULL;
    AMSYNC_CLEANUP(notification_parts_free) struct notification_parts *parts = NULL;
    enum result result = load_captions(database, &captions, err);

    if (result == RESULT_OK)
        result = envelope_parse(notification->body, strlen(notification->body), &envelope, err);
    if (result == RESULT_OK)
        result = notification_parts_new(envelope, notification->kind, captions, &parts, err);
    if (result != RESULT_OK)
        return result;
    return list_remarks(notification_parts_complaints(parts), notification->query, ret_remarks,
                        err);
}
