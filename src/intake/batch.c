#include "intake/batch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "intake/enabled.h"
#include "intake/envelope.h"
#include "intake/log_lines.h"
#include "intake/merge.h"
#include "intake/parts.h"

/* A notification that could be read. */
struct reading {
    struct envelope *envelope;
    struct notification_parts *parts;
};

/* What the batch has done to a document so far. */
struct progress {
    size_t body_bytes;    /* as document_merge keeps it */
    bool measured;        /* `is_new` is known */
    bool is_new;          /* nothing was known of it before */
    bool halved;          /* a row was removed whose other half may come */
    int64_t halved_since; /* the earliest TimeStamp of such a removal */
};

struct work {
    struct database *database;
    struct reading *readings;
    size_t reading_count;
    struct open_documents *documents; /* NULL: there is nothing to merge */
    struct progress *progress;        /* one for each document */
    struct enabled_customers enabled;
    struct log_lines log;
};

static void
work_clear(struct work *work)
{
    log_lines_clear(&work->log);
    enabled_customers_clear(&work->enabled);
    free(work->progress);
    open_documents_free(&work->documents);
    for (size_t i = 0; i < work->reading_count; i++) {
        notification_parts_free(&work->readings[i].parts);
        envelope_free(&work->readings[i].envelope);
    }
    free(work->readings);
}

static enum result
out_of_memory(struct error *err)
{
    return error_result(err, RESULT_FAILED, "out of memory");
}

/* A notification was checked when it came, so one that cannot be read is rare: it is logged. */
static enum result
read_notification(struct work *work, const struct notification *notification,
                  const struct captions *captions, struct error *err)
{
    AMSYNC_CLEANUP(envelope_free) struct envelope *envelope = NULL;
    struct error reason;
    struct reading *reading = &work->readings[work->reading_count];
    enum result result =
        envelope_parse(notification->body, notification->body_bytes, &envelope, &reason);

    if (result == RESULT_REJECTED) {
        error_prefix(&reason, "notification %lld cannot be taken in", (long long)notification->id);
        return log_lines_add_notification(&work->log, notification->company, "failed",
                                          reason.text) == RESULT_OK
                   ? RESULT_OK
                   : out_of_memory(err);
    }
    if (result == RESULT_OK)
        result = notification_parts_new(envelope, notification->kind, captions, &reading->parts,
                                        &reason);
    if (result != RESULT_OK)
        return out_of_memory(err);
    reading->envelope = TAKE_PTR(envelope);
    work->reading_count++;
    return RESULT_OK;
}

static enum result
read_notifications(struct work *work, const struct notification_batch *batch,
                   const struct captions *captions, struct error *err)
{
    size_t count = notification_batch_count(batch);
    enum result result = RESULT_OK;

    work->readings = calloc(count + 1, sizeof(*work->readings));
    if (work->readings == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < count && result == RESULT_OK; i++)
        result = read_notification(work, notification_batch_at(batch, i), captions, err);
    return result;
}

static bool
is_to_be_merged(const struct document_part *part)
{
    return !document_part_is_empty(part) && document_part_check(part, NULL) == RESULT_OK;
}

static size_t
count_parts(const struct work *work)
{
    size_t count = 0;

    for (size_t i = 0; i < work->reading_count; i++)
        count += notification_parts_count(work->readings[i].parts);
    return count;
}

static enum result
open_documents(struct work *work, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free)
    struct document_key *keys = calloc(count_parts(work) + 1, sizeof(*keys));
    size_t count = 0;

    if (keys == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < work->reading_count; i++) {
        const struct notification_parts *parts = work->readings[i].parts;

        for (size_t j = 0; j < notification_parts_count(parts); j++) {
            const struct document_part *part = notification_parts_at(parts, j);

            if (is_to_be_merged(part))
                keys[count++] = part->key;
        }
    }
    if (count == 0)
        return RESULT_OK;

    enum result result = documents_open(work->database, keys, count, &work->documents, err);

    if (result != RESULT_OK)
        return result;
    work->progress = calloc(open_documents_count(work->documents), sizeof(*work->progress));
    return work->progress != NULL ? RESULT_OK : out_of_memory(err);
}

static json_t *
header_fields(const struct open_document *document)
{
    return json_object_get(json_object_get(document->body, "header"), "f");
}

/* Whether two fields (NULL: absent) are the same. */
static bool
same_field(const json_t *left, const json_t *right)
{
    return left == right || (left != NULL && right != NULL && json_equal(left, right));
}

/* Notes the customer of an order whose header now says another thing of it. */
static enum result
note_customer(struct work *work, const struct open_document *document, const json_t *customer_id,
              const json_t *enabled, int64_t timestamp)
{
    const json_t *fields = header_fields(document);

    if (document->key.kind != DOCUMENT_ORDER ||
        (same_field(customer_id, json_object_get(fields, field_name(FIELD_CUSTOMER_ID))) &&
         same_field(enabled, json_object_get(fields, field_name(FIELD_CUSTOMER_ENABLED)))))
        return RESULT_OK;
    return enabled_customers_note(&work->enabled, document->key.company, fields, timestamp);
}

static void
note_effect(struct open_document *document, struct progress *progress, struct merge_effect *effect,
            int64_t timestamp)
{
    /* Even of removed rows alone a new document is to be looked at, so that it says what it lacks. */
    if (progress->is_new && effect->restamped)
        effect->changed = true;
    progress->is_new = false;
    document->changed = document->changed || effect->changed;
    document->restamped = document->restamped || effect->restamped;
    if (!effect->halved)
        return;
    if (!progress->halved || timestamp < progress->halved_since)
        progress->halved_since = timestamp;
    progress->halved = true;
}

static enum result
merge_open(struct work *work, struct open_document *document, const struct document_part *part,
           int64_t timestamp, struct merge_effect *ret_effect, struct error *err)
{
    struct progress *progress = &work->progress[document - open_documents_at(work->documents, 0)];
    json_t *fields = header_fields(document);
    AMSYNC_CLEANUP(cleanup_json)
    json_t *customer_id = json_incref(json_object_get(fields, field_name(FIELD_CUSTOMER_ID)));
    AMSYNC_CLEANUP(cleanup_json)
    json_t *enabled = json_incref(json_object_get(fields, field_name(FIELD_CUSTOMER_ENABLED)));

    if (!progress->measured) {
        progress->measured = true;
        progress->is_new = json_object_size(fields) == 0 &&
                           json_object_size(json_object_get(document->body, "rows")) == 0;
    }

    enum result result =
        document_merge(document->body, part, timestamp, &progress->body_bytes, ret_effect, err);

    if (result != RESULT_OK)
        return result;
    note_effect(document, progress, ret_effect, timestamp);
    return note_customer(work, document, customer_id, enabled, timestamp) == RESULT_OK
               ? RESULT_OK
               : out_of_memory(err);
}

static enum result
merge_part(struct work *work, const struct envelope *envelope, const struct document_part *part,
           struct error *err)
{
    struct open_document *document = NULL;
    struct merge_effect effect = {0};
    struct error refusal = {0};
    enum result result = document_part_check(part, &refusal);

    if (result == RESULT_OK && !document_part_is_empty(part)) {
        document = open_documents_find(work->documents, &part->key);
        if (document == NULL)
            return error_result(err, RESULT_FAILED, "document %s was not opened", part->key.number);
        result = merge_open(work, document, part, envelope_timestamp(envelope), &effect, &refusal);
    }
    if (result == RESULT_FAILED)
        return error_result(err, result, "%s", refusal.text);
    if (log_lines_add_part(&work->log, part, envelope_query(envelope),
                           document != NULL ? document->sales_order_id : 0, &effect,
                           result == RESULT_REJECTED ? &refusal : NULL) != RESULT_OK)
        return out_of_memory(err);
    return RESULT_OK;
}

static enum result
log_complaints(struct work *work, const struct reading *reading, struct error *err)
{
    const struct complaints *complaints = notification_parts_complaints(reading->parts);
    const char *company = envelope_company(reading->envelope);
    const char *query = envelope_query(reading->envelope);
    enum result result = RESULT_OK;

    for (size_t i = 0; i < complaints->count && result == RESULT_OK; i++)
        result = log_lines_add_complaint(&work->log, &complaints->items[i], company, query);
    if (result == RESULT_OK && complaints->count == 0 &&
        notification_parts_count(reading->parts) == 0) {
        struct error message;

        error_set(&message, "%s: a notification without rows", query);
        result = log_lines_add_notification(&work->log, company, "unchanged", message.text);
    }
    return result == RESULT_OK ? RESULT_OK : out_of_memory(err);
}

static enum result
merge_readings(struct work *work, struct error *err)
{
    enum result result = RESULT_OK;

    for (size_t i = 0; i < work->reading_count && result == RESULT_OK; i++) {
        const struct reading *reading = &work->readings[i];
        size_t count = notification_parts_count(reading->parts);

        for (size_t j = 0; j < count && result == RESULT_OK; j++)
            result =
                merge_part(work, reading->envelope, notification_parts_at(reading->parts, j), err);
        if (result == RESULT_OK)
            result = log_complaints(work, reading, err);
    }
    return result;
}

/* A text that is not empty, or NULL. */
static const char *
text_of(const json_t *fields, enum field field)
{
    const char *text = json_object_text(fields, field_name(field));

    return text != NULL && text[0] != '\0' ? text : NULL;
}

static enum result
describe(struct open_document *document, struct error *err)
{
    const json_t *fields = header_fields(document);

    document->warehouses = document_warehouses(document->body);
    if (document->warehouses == NULL)
        return out_of_memory(err);
    if (document->key.kind != DOCUMENT_ORDER)
        return RESULT_OK;
    document->customer_id = text_of(fields, FIELD_CUSTOMER_ID);
    document->ship_via = text_of(fields, FIELD_SHIP_VIA);
    document->payment_method = text_of(fields, FIELD_PAYMENT_METHOD);
    return RESULT_OK;
}

static enum result
describe_changed(struct work *work, struct error *err)
{
    enum result result = RESULT_OK;

    for (size_t i = 0; i < open_documents_count(work->documents) && result == RESULT_OK; i++) {
        struct open_document *document = open_documents_at(work->documents, i);

        if (document->changed)
            result = describe(document, err);
    }
    return result;
}

static enum result
make_due(struct work *work, unsigned settle_ms, struct error *err)
{
    size_t count = open_documents_count(work->documents);
    AMSYNC_CLEANUP(cleanup_free) struct make_due *orders = calloc(count, sizeof(*orders));
    size_t order_count = 0;

    if (orders == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct open_document *document = open_documents_at(work->documents, i);
        const struct progress *progress = &work->progress[i];
        bool half =
            progress->halved && document_has_removed_since(document->body, progress->halved_since);

        if (!document->changed)
            continue;
        orders[order_count++] = (struct make_due){
            .sales_order_id = document->sales_order_id,
            .settle_ms = document->in_magento ? 0 : settle_ms,
            .not_before_ms = half ? INTAKE_HALF_MS : 0,
        };
    }
    return work_make_due(work->database, orders, order_count, err);
}

static enum result
save(struct work *work, unsigned settle_ms, struct error *err)
{
    enum result result = RESULT_OK;

    if (work->documents != NULL) {
        result = describe_changed(work, err);
        if (result == RESULT_OK)
            result = documents_save(work->database, work->documents, err);
        if (result == RESULT_OK)
            result = enabled_customers_save(&work->enabled, work->database, err);
        if (result == RESULT_OK)
            result = make_due(work, settle_ms, err);
    }
    if (result == RESULT_OK)
        result = connector_log_append(work->database, work->log.lines, work->log.count, err);
    return result;
}

enum result
batch_take_in(struct database *database, const struct notification_batch *batch,
              const struct captions *captions, unsigned settle_ms, struct error *err)
{
    AMSYNC_CLEANUP(work_clear) struct work work = {.database = database};
    enum result result = read_notifications(&work, batch, captions, err);

    if (result == RESULT_OK)
        result = open_documents(&work, err);
    if (result == RESULT_OK)
        result = merge_readings(&work, err);
    if (result == RESULT_OK)
        result = save(&work, settle_ms, err);
    return result;
}
