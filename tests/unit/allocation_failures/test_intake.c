/*
 * Memory runs out anywhere while a notification is read and merged: tests/cases/intake's
 * notifications, with the captions of each case, as each kind of document.
 */
#include "failing.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "intake/enabled.h"
#include "intake/log_lines.h"
#include "intake/merge.h"
#include "store/document_body.h"

static const char *cases_folder;

struct notification_input {
    char *text;
    json_t *mappings;
    enum document_kind kind;
    const struct envelope *envelope;
    const struct captions *captions;
    const struct notification_parts *parts;
    const json_t *body; /* what is merged into; copied each time */
};

static enum result
read_envelope(void *context, struct error *err)
{
    const struct notification_input *input = context;
    struct envelope *envelope = NULL;
    enum result result = envelope_parse(input->text, strlen(input->text), &envelope, err);

    assert_true((result == RESULT_OK) == (envelope != NULL));
    envelope_free(&envelope);
    return result;
}

static enum result
read_outline(void *context, struct error *err)
{
    const struct notification_input *input = context;
    struct envelope *envelope = NULL;
    enum result result = envelope_parse_outline(input->text, strlen(input->text), &envelope, err);

    assert_true((result == RESULT_OK) == (envelope != NULL));
    envelope_free(&envelope);
    return result;
}

static enum result
read_captions(void *context, struct error *err)
{
    const struct notification_input *input = context;
    struct captions *captions = NULL;
    enum result result = captions_new(input->mappings, &captions, err);

    assert_true((result == RESULT_OK) == (captions != NULL));
    captions_free(&captions);
    return result;
}

static enum result
sort_rows(void *context, struct error *err)
{
    const struct notification_input *input = context;
    struct notification_parts *parts = NULL;
    enum result result =
        notification_parts_new(input->envelope, input->kind, input->captions, &parts, err);

    assert_true((result == RESULT_OK) == (parts != NULL));
    notification_parts_free(&parts);
    return result;
}

static enum result
new_body(void *context, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = document_body_new();

    (void)context;
    return made(body, err);
}

static enum result
merge_all(void *context, struct error *err)
{
    const struct notification_input *input = context;
    AMSYNC_CLEANUP(cleanup_json) json_t *body = copy_without_failing(input->body);
    size_t bytes = 0;
    enum result result = made(body, err);

    for (size_t i = 0; result == RESULT_OK && i < notification_parts_count(input->parts); i++) {
        const struct document_part *part = notification_parts_at(input->parts, i);
        struct merge_effect effect = {.changed = true, .halved = true, .superseded = true};

        result =
            document_merge(body, part, envelope_timestamp(input->envelope), &bytes, &effect, err);
        assert_true(result == RESULT_OK || (effect.changed && effect.halved && effect.superseded));
    }
    if (result == RESULT_OK) {
        AMSYNC_CLEANUP(cleanup_json) json_t *warehouses = document_warehouses(body);

        result = made(warehouses, err);
    }
    return result;
}

/* A part that seems too large, so that its new rows are measured. */
static enum result
merge_measured(void *context, struct error *err)
{
    const struct notification_input *input = context;
    AMSYNC_CLEANUP(cleanup_json) json_t *body = copy_without_failing(input->body);
    enum result result = RESULT_OK;

    for (size_t i = 0; result == RESULT_OK && i < notification_parts_count(input->parts); i++) {
        struct document_part part = *notification_parts_at(input->parts, i);
        struct merge_effect effect;
        size_t bytes = 0;

        part.bytes = DOCUMENT_MAX_BYTES;
        result = document_merge(body, &part, 1, &bytes, &effect, err);
    }
    return result;
}

static enum result
list_warehouses(void *context, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *warehouses = document_warehouses(context);

    return made(warehouses, err);
}

static void
many_warehouses_survive_them(void **state)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = document_body_new();
    json_t *rows = json_object_get(body, "rows");

    (void)state;
    for (int i = 0; i < 40; i++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "%d", i);
        (void)json_object_set_new(
            rows, key, json_pack("{s:i, s:{s:s}}", "ts", 1, "f", "WarehouseID", i < 2 ? "" : key));
    }
    (void)json_object_set_new(json_object_get(rows, "3"), "removed", json_integer(2));
    assert_true(fail_each_allocation(list_warehouses, body, RESULT_OK, false, "warehouses") > 10);
}

static enum result
say_all(void *context, struct error *err)
{
    const struct notification_input *input = context;
    const struct complaints *complaints = notification_parts_complaints(input->parts);
    const struct merge_effect effect = {.changed = true};
    const struct error refusal = {.text = "it is too large"};
    AMSYNC_CLEANUP(log_lines_clear) struct log_lines lines = {0};
    enum result result =
        log_lines_add_notification(&lines, "MyStore", "refused", "it has no inquiry");

    for (size_t i = 0; result == RESULT_OK && i < notification_parts_count(input->parts); i++)
        result = log_lines_add_part(&lines, notification_parts_at(input->parts, i), "AMSync-Orders",
                                    1, &effect, i == 1 ? &refusal : NULL);
    for (size_t i = 0; result == RESULT_OK && i < complaints->count; i++)
        result = log_lines_add_complaint(&lines, &complaints->items[i], "MyStore", "AMSync-Orders");
    return result == RESULT_OK ? result : error_result(err, result, "out of memory");
}

static enum result
note_customer(void *context, struct error *err)
{
    const struct notification_input *input = context;
    AMSYNC_CLEANUP(enabled_customers_clear) struct enabled_customers customers = {0};
    enum result result = RESULT_OK;

    for (size_t i = 0; result == RESULT_OK && i < notification_parts_count(input->parts); i++)
        result = enabled_customers_note(&customers, "MyStore",
                                        notification_parts_at(input->parts, i)->header,
                                        envelope_timestamp(input->envelope));
    return result == RESULT_OK ? result : error_result(err, result, "out of memory");
}

/* Takes a field of each element out, which an older notification then brings, and puts one in, which
 * a newer one does not. */
static void
change_fields(json_t *body)
{
    json_t *fields = json_object_get(json_object_get(body, "header"), "f");
    const char *key;
    json_t *row;

    (void)json_object_del(fields, "Status");
    (void)json_object_set_new(fields, "Terms", json_string("30D"));
    json_object_foreach(json_object_get(body, "rows"), key, row)
    {
        fields = json_object_get(row, "f");
        (void)json_object_del(fields, "InventoryID");
        (void)json_object_set_new(fields, "Terms", json_string("30D"));
    }
}

/* Once more over what came at another time. */
static void
check_over(struct notification_input *input, int64_t timestamp, const char *name)
{
    const json_t *empty = input->body;
    AMSYNC_CLEANUP(cleanup_json) json_t *merged = json_deep_copy(empty);
    size_t bytes = 0;
    struct merge_effect effect;

    for (size_t i = 0; i < notification_parts_count(input->parts); i++)
        assert_int_equal(document_merge(merged, notification_parts_at(input->parts, i), timestamp,
                                        &bytes, &effect, NULL),
                         RESULT_OK);
    change_fields(merged);
    input->body = merged;
    (void)fail_each_allocation(merge_all, input, RESULT_OK, false, name);
    input->body = empty;
}

/* Everything that is done with a notification once its envelope has been read. */
static void
check_kind(struct notification_input *input, enum document_kind kind, const char *name)
{
    struct notification_parts *parts = NULL;

    input->kind = kind;
    (void)fail_each_allocation(sort_rows, input, RESULT_OK, false, name);
    assert_int_equal(notification_parts_new(input->envelope, kind, input->captions, &parts, NULL),
                     RESULT_OK);
    input->parts = parts;
    (void)fail_each_allocation(merge_all, input, RESULT_OK, false, name);
    (void)fail_each_allocation(merge_measured, input, RESULT_OK, false, name);
    (void)fail_each_allocation(say_all, input, RESULT_OK, false, name);
    (void)fail_each_allocation(note_customer, input, RESULT_OK, false, name);

    check_over(input, 1, name);
    check_over(input, INT64_MAX, name);
    notification_parts_free(&parts);
}

static void
check_notification(struct notification_input *input, const char *name)
{
    AMSYNC_CLEANUP(envelope_free) struct envelope *envelope = NULL;
    AMSYNC_CLEANUP(captions_free) struct captions *captions = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *body = document_body_new();
    enum result readable = envelope_parse(input->text, strlen(input->text), &envelope, NULL);

    (void)fail_each_allocation(read_envelope, input, readable, false, name);
    /* Where its own way runs out of memory it takes the other, which may have enough. */
    (void)fail_each_allocation(read_outline, input, readable, true, name);
    if (readable != RESULT_OK)
        return;
    (void)fail_each_allocation(read_captions, input, RESULT_OK, false, name);
    assert_int_equal(captions_new(input->mappings, &captions, NULL), RESULT_OK);
    input->envelope = envelope;
    input->captions = captions;
    input->body = body;
    check_kind(input, DOCUMENT_ORDER, name);
    check_kind(input, DOCUMENT_SHIPMENT, name);
    check_kind(input, DOCUMENT_INVOICE, name);
}

static json_t *
load(const char *name, const char *file)
{
    char path[1024];

    (void)snprintf(path, sizeof(path), "%s/%s/%s", cases_folder, name, file);
    return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

/* The case's rows of amsync.field_mapping, as captions_new takes them. */
static json_t *
load_mappings(const char *name)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *rows = load(name, "mappings.json");
    json_t *mappings = json_pack("{s:{}, s:{}, s:{}}", "order", "shipment", "invoice");
    size_t index;
    const json_t *row;

    json_array_foreach(rows, index, row)
    {
        json_t *kind = json_object_object(mappings, json_object_text(row, "kind"));

        (void)json_object_set(kind, json_object_text(row, "caption"),
                              json_object_get(row, "field"));
    }
    return mappings;
}

/* jansson stops the process where it finds no room for the digits of a number, but not for those of
 * a text: a long one before them makes room. */
static char *
dump(const json_t *body)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = json_dumps(body, 0);
    char *with_room = NULL;

    assert_true(asprintf(&with_room, "{\"Room\": \"%0100d\", %s", 0, text + 1) > 0);
    return with_room;
}

static size_t
check_case(const char *name)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *notifications = load(name, "notifications.json");
    AMSYNC_CLEANUP(cleanup_json) json_t *mappings = load_mappings(name);
    size_t index;
    const json_t *notification;

    json_array_foreach(notifications, index, notification)
    {
        const json_t *body = json_object_get(notification, "body");
        AMSYNC_CLEANUP(cleanup_free)
        char *text = json_is_string(body) ? strdup(json_string_value(body)) : dump(body);
        struct notification_input input = {.text = text, .mappings = mappings};

        check_notification(&input, name);
    }
    return index;
}

static void
every_notification_survives_them(void **state)
{
    struct dirent **entries = NULL;
    int count = scandir(cases_folder, &entries, NULL, alphasort);
    size_t checked = 0;

    (void)state;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            checked += check_case(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    assert_true(checked > 20);
    assert_true(fail_each_allocation(new_body, NULL, RESULT_OK, false, "an empty body") > 3);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_notification_survives_them),
        cmocka_unit_test(many_warehouses_survive_them),
    };

    if (argc != 2)
        return 2;
    cases_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
