/* Whatever is accepted is merged; merging it again, or as of an earlier time, changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"
#include "intake/merge.h"
#include "store/document_body.h"

static void
check_row_keys(const json_t *body)
{
    const char *key;
    const json_t *row;

    json_object_foreach(json_object_get(body, "rows"), key, row)
    {
        int32_t line_nbr;
        const char *tracking_nbr;

        fuzz_require(document_body_row_key_parse(key, &line_nbr, &tracking_nbr) == RESULT_OK,
                     "a row key can be read");
        fuzz_require(json_is_object(json_object_get(row, "f")), "a row has fields");
    }
}

static void
check_merge(const struct document_part *part, int64_t timestamp)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = document_body_new();
    size_t bytes = 0;
    struct merge_effect effect;

    fuzz_require(document_merge(body, part, timestamp, &bytes, &effect, NULL) == RESULT_OK,
                 "a part is merged");
    check_row_keys(body);

    AMSYNC_CLEANUP(cleanup_json) json_t *warehouses = document_warehouses(body);
    AMSYNC_CLEANUP(cleanup_json) json_t *before = json_deep_copy(body);
    const int64_t times[] = {timestamp, timestamp / 2};

    fuzz_require(warehouses == NULL || json_is_array(warehouses), "warehouses are a list");

    for (size_t i = 0; i < 2; i++) {
        fuzz_require(document_merge(body, part, times[i], &bytes, &effect, NULL) == RESULT_OK,
                     "a part is merged again");
        fuzz_require(!effect.changed && !effect.restamped, "it is known to change nothing");
        fuzz_require(json_equal(body, before), "it changes nothing");
    }
}

static void
check_kind(const struct envelope *envelope, enum document_kind kind,
           const struct captions *captions)
{
    struct notification_parts *parts = NULL;

    fuzz_require(notification_parts_new(envelope, kind, captions, &parts, NULL) == RESULT_OK,
                 "rows are sorted");
    for (size_t i = 0; i < notification_parts_count(parts); i++)
        check_merge(notification_parts_at(parts, i), envelope_timestamp(envelope));

    const struct complaints *complaints = notification_parts_complaints(parts);

    for (size_t i = 0; i < complaints->count; i++) {
        struct error message = {0};

        complaint_message(&complaints->items[i], envelope_query(envelope), &message);
        fuzz_require(text_is_utf8(message.text, strlen(message.text)), "a complaint is UTF-8");
    }
    notification_parts_free(&parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(envelope_free) struct envelope *envelope = NULL;
    AMSYNC_CLEANUP(captions_free) struct captions *captions = NULL;
    struct error err = {0};

    if (envelope_parse((const char *)data, size, &envelope, &err) != RESULT_OK) {
        fuzz_require(err.text[0] != '\0', "a refusal says why");
        fuzz_require(text_is_utf8(err.text, strlen(err.text)), "the reason is UTF-8");
        return 0;
    }
    fuzz_require(captions_new(NULL, &captions, NULL) == RESULT_OK, "there are captions");
    check_kind(envelope, DOCUMENT_ORDER, captions);
    check_kind(envelope, DOCUMENT_SHIPMENT, captions);
    check_kind(envelope, DOCUMENT_INVOICE, captions);
    return 0;
}
