/*
 * Random histories of orders, shipments and invoices, seen through two inquiries that bring
 * different columns: however their notifications are cut into halves, shuffled and repeated, the
 * documents come out the same, and as Acumatica has them in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "intake/merge.h"
#include "store/document_body.h"

#define SEEDS 320
#define SHUFFLES 4
#define STEPS 8
#define ORDERS 2
#define LINES 4
#define COLUMNS 3
#define TRACKINGS 3 /* none, one or two tracking numbers */
#define MESSAGES_MAX ((size_t)512)
#define FIRST_TIMESTAMP 638780593453014191

struct random {
    uint64_t state;
};

static unsigned
below(struct random *random, unsigned bound)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return (unsigned)((random->state >> 11) % bound);
}

/* What Acumatica holds: values are small numbers, which every column shows in its own way. */
struct line {
    bool there;
    unsigned order;
    unsigned columns[COLUMNS];
};

struct document {
    unsigned header[COLUMNS];
    unsigned trackings;
    struct line lines[ORDERS * LINES];
};

struct kind_columns {
    enum document_kind kind;
    const char *header[COLUMNS];
    const char *line[COLUMNS];
};

static const struct kind_columns kinds[] = {
    {DOCUMENT_ORDER, {"Status", "OrderTotal", "ShipVia"}, {"InventoryID", "OrderQty", "UnitPrice"}},
    {DOCUMENT_SHIPMENT,
     {"Status", "ShipmentDate", "ShipVia"},
     {"InventoryID", "ShippedQty", "UOM"}},
    {DOCUMENT_INVOICE, {"Status", "Amount", "Currency"}, {"InventoryID", "Qty", "LineAmount"}},
};

/* A notification as text, and when it was sent. */
struct messages {
    char *texts[MESSAGES_MAX];
    size_t count;
};

static void
step(struct document *document, struct random *random)
{
    unsigned changes = 1 + below(random, 3);

    for (unsigned i = 0; i < changes; i++) {
        struct line *line = &document->lines[below(random, ORDERS * LINES)];

        switch (below(random, 5)) {
        case 0:
            document->header[below(random, COLUMNS)] = below(random, 4);
            break;
        case 1:
            line->there = !line->there;
            break;
        case 2:
            document->trackings = below(random, TRACKINGS);
            break;
        default:
            line->columns[below(random, COLUMNS)] = below(random, 4);
            break;
        }
    }
}

/* The first inquiry has the first two columns, the second the last two. */
static bool
has_column(unsigned inquiry, size_t column)
{
    return column >= inquiry && column < inquiry + 2;
}

static void
add_row(json_t *rows, const struct kind_columns *columns, const struct document *document,
        unsigned inquiry, unsigned order, const struct line *line, unsigned tracking)
{
    json_t *row = json_pack("{s:s, s:s}", "OrderType", "SO", "OrderNbr",
                            order == 0 ? "SO000001" : "SO000002");
    char text[16];

    if (columns->kind == DOCUMENT_SHIPMENT)
        json_object_set_new(row, "ShipmentNbr", json_string("000068 "));
    if (columns->kind == DOCUMENT_INVOICE) {
        json_object_set_new(row, "Type", json_string("Invoice"));
        json_object_set_new(row, "ReferenceNbr", json_string("INV000046"));
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!has_column(inquiry, i))
            continue;
        json_object_set_new(row, columns->header[i], json_integer((int)document->header[i]));
        if (line != NULL)
            json_object_set_new(row, columns->line[i], json_real(line->columns[i] + 0.25));
        else
            json_object_set_new(row, columns->line[i], json_null());
    }
    json_object_set_new(row, "LineNbr",
                        line != NULL ? json_integer(line - document->lines + 1) : json_null());
    if (columns->kind == DOCUMENT_SHIPMENT) {
        (void)snprintf(text, sizeof(text), "1Z%u", tracking);
        json_object_set_new(row, "TrackingNbr", tracking > 0 ? json_string(text) : json_null());
    }
    json_array_append_new(rows, row);
}

static json_t *
rows_of(const struct kind_columns *columns, const struct document *document, unsigned inquiry)
{
    json_t *rows = json_array();
    bool has_lines[ORDERS] = {false};

    for (size_t i = 0; i < ORDERS * LINES; i++) {
        const struct line *line = &document->lines[i];
        bool shipment = columns->kind == DOCUMENT_SHIPMENT;
        unsigned first = shipment && document->trackings > 0 ? 1 : 0;
        unsigned last = shipment ? document->trackings : 0;

        if (!line->there)
            continue;
        has_lines[line->order] = true;
        for (unsigned tracking = first; tracking <= last; tracking++)
            add_row(rows, columns, document, inquiry, line->order, line, tracking);
    }
    for (unsigned order = 0; columns->kind == DOCUMENT_ORDER && order < ORDERS; order++) {
        if (!has_lines[order])
            add_row(rows, columns, document, inquiry, order, NULL, 0);
    }
    return rows;
}

static bool
array_has(const json_t *array, const json_t *wanted)
{
    size_t index;
    const json_t *value;

    json_array_foreach(array, index, value)
    {
        if (json_equal(value, wanted))
            return true;
    }
    return false;
}

static json_t *
rows_only_in(const json_t *some, const json_t *others)
{
    json_t *rows = json_array();
    size_t index;
    json_t *row;

    json_array_foreach(some, index, row)
    {
        if (!array_has(others, row))
            json_array_append(rows, row);
    }
    return rows;
}

static void
add_message(struct messages *messages, const json_t *inserted, const json_t *deleted,
            int64_t timestamp)
{
    json_t *json =
        json_pack("{s:O?, s:O?, s:s, s:s, s:s, s:I}", "Inserted", inserted, "Deleted", deleted,
                  "Query", "Q", "CompanyId", "C", "Id", "I", "TimeStamp", (json_int_t)timestamp);

    assert_true(messages->count < MESSAGES_MAX);
    messages->texts[messages->count++] = json_dumps(json, JSON_COMPACT);
    json_decref(json);
}

/* What an inquiry sends about a transaction. */
static void
send_change(struct messages *messages, const struct kind_columns *columns, unsigned inquiry,
            const struct document *before, const struct document *after, int64_t timestamp,
            bool halved)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *old_rows = rows_of(columns, before, inquiry);
    AMSYNC_CLEANUP(cleanup_json) json_t *new_rows = rows_of(columns, after, inquiry);
    AMSYNC_CLEANUP(cleanup_json) json_t *inserted = rows_only_in(new_rows, old_rows);
    AMSYNC_CLEANUP(cleanup_json) json_t *deleted = rows_only_in(old_rows, new_rows);

    if (json_array_size(inserted) + json_array_size(deleted) == 0)
        return;
    if (halved) {
        add_message(messages, NULL, deleted, timestamp);
        add_message(messages, inserted, NULL, timestamp);
    } else {
        add_message(messages, inserted, deleted, timestamp);
    }
}

static void
messages_free(struct messages *messages)
{
    for (size_t i = 0; i < messages->count; i++)
        free(messages->texts[i]);
    messages->count = 0;
}

/* A history of a document and all that is sent of it, in its order; the same for the same seed,
 * but for being cut into halves. Returns what Acumatica has in the end. */
static struct document
play(const struct kind_columns *columns, uint64_t seed, bool ties, bool halved,
     struct messages *messages)
{
    struct random random = {.state = seed * 2654435761U + 1};
    struct random cuts = {.state = seed + 77};
    struct document nothing = {0};
    struct document document = {0};
    int64_t timestamp = FIRST_TIMESTAMP;

    for (unsigned i = 0; i < ORDERS * LINES; i++)
        document.lines[i] = (struct line){.there = below(&random, 2) == 0, .order = i / LINES};
    for (unsigned inquiry = 0; inquiry < 2; inquiry++)
        send_change(messages, columns, inquiry, &nothing, &document, timestamp, false);
    for (int i = 0; i < STEPS; i++) {
        struct document before = document;

        timestamp += ties ? below(&random, 2) : 1;
        step(&document, &random);
        for (unsigned inquiry = 0; inquiry < 2; inquiry++)
            send_change(messages, columns, inquiry, &before, &document, timestamp,
                        halved && below(&cuts, 2) == 0);
    }
    return document;
}

static void
shuffle(struct messages *messages, struct random *random)
{
    for (size_t i = messages->count; i > 1; i--) {
        size_t other = below(random, (unsigned)i);
        char *text = messages->texts[i - 1];

        messages->texts[i - 1] = messages->texts[other];
        messages->texts[other] = text;
    }
}

static void
merge_text(json_t *documents, const struct captions *captions, enum document_kind kind,
           const char *text)
{
    struct envelope *envelope = NULL;
    struct notification_parts *parts = NULL;
    struct error err = {0};

    assert_int_equal(envelope_parse(text, strlen(text), &envelope, &err), RESULT_OK);
    assert_int_equal(notification_parts_new(envelope, kind, captions, &parts, &err), RESULT_OK);
    assert_int_equal(notification_parts_complaints(parts)->count, 0);
    for (size_t i = 0; i < notification_parts_count(parts); i++) {
        const struct document_part *part = notification_parts_at(parts, i);
        struct merge_effect effect;
        size_t bytes = 0;

        if (document_part_is_empty(part))
            continue;
        if (json_object_get(documents, part->key.order_nbr) == NULL)
            json_object_set_new(documents, part->key.order_nbr, document_body_new());
        assert_int_equal(document_merge(json_object_get(documents, part->key.order_nbr), part,
                                        envelope_timestamp(envelope), &bytes, &effect, &err),
                         RESULT_OK);
    }
    notification_parts_free(&parts);
    envelope_free(&envelope);
}

/* The messages merged in their order, some of them more than once. */
static json_t *
merged(const struct captions *captions, enum document_kind kind, const struct messages *messages,
       struct random *repeats)
{
    json_t *documents = json_object();

    for (size_t i = 0; i < messages->count; i++) {
        merge_text(documents, captions, kind, messages->texts[i]);
        if (repeats != NULL && below(repeats, 3) == 0)
            merge_text(documents, captions, kind, messages->texts[below(repeats, (unsigned)i + 1)]);
    }
    return documents;
}

static void
assert_same(const json_t *expected, const json_t *found, const char *what, uint64_t seed)
{
    if (json_equal(expected, found))
        return;

    char *expected_text = json_dumps(expected, JSON_SORT_KEYS | JSON_INDENT(1));
    char *found_text = json_dumps(found, JSON_SORT_KEYS | JSON_INDENT(1));

    fail_msg("seed %llu, %s:\n%s\ninstead of\n%s", (unsigned long long)seed, what, found_text,
             expected_text);
}

static void
any_arrival_gives_the_same_documents(void **state)
{
    (void)state;
    struct captions *captions = NULL;

    assert_int_equal(captions_new(NULL, &captions, NULL), RESULT_OK);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const struct kind_columns *columns = &kinds[seed % 3];
        bool ties = seed % 2 == 0;
        struct random random = {.state = seed};
        struct messages messages = {.count = 0};

        (void)play(columns, seed, ties, false, &messages);

        AMSYNC_CLEANUP(cleanup_json)
        json_t *expected = merged(captions, columns->kind, &messages, NULL);

        for (int i = 0; i < SHUFFLES; i++) {
            messages_free(&messages);
            (void)play(columns, seed, ties, i % 2 == 1, &messages);
            shuffle(&messages, &random);

            AMSYNC_CLEANUP(cleanup_json)
            json_t *found = merged(captions, columns->kind, &messages, &random);

            assert_same(expected, found, "shuffled", seed);
        }
        messages_free(&messages);
    }
    captions_free(&captions);
}

/* The live rows of one order, {LINE or LINE|TRACKING: {COLUMN: VALUE}}, as Acumatica has them. */
static json_t *
true_rows(const struct kind_columns *columns, const struct document *document, unsigned order)
{
    json_t *rows = json_object();
    bool shipment = columns->kind == DOCUMENT_SHIPMENT;

    for (size_t i = 0; i < ORDERS * LINES; i++) {
        const struct line *line = &document->lines[i];
        unsigned first = shipment && document->trackings > 0 ? 1 : 0;
        unsigned last = shipment ? document->trackings : 0;

        if (!line->there || line->order != order)
            continue;
        for (unsigned tracking = first; tracking <= last; tracking++) {
            json_t *row = json_object();
            char key[32];

            for (size_t j = 0; j < COLUMNS; j++) {
                (void)snprintf(key, sizeof(key), "%u.25", line->columns[j]);
                json_object_set_new(row, columns->line[j], json_string(key));
            }
            (void)snprintf(key, sizeof(key), "%zu%s", i + 1, shipment ? "|" : "");
            if (tracking > 0)
                (void)snprintf(key, sizeof(key), "%zu|1Z%u", i + 1, tracking);
            json_object_set_new(rows, key, row);
        }
    }
    return rows;
}

static json_t *
live_rows(const struct kind_columns *columns, const json_t *body)
{
    json_t *rows = json_object();
    const char *key;
    const json_t *row;

    json_object_foreach(json_object_get(body, "rows"), key, row)
    {
        json_t *copy = json_object();

        for (size_t j = 0; j < COLUMNS; j++)
            json_object_set(copy, columns->line[j],
                            json_object_get(json_object_get(row, "f"), columns->line[j]));
        if (document_body_row_is_live(row))
            json_object_set(rows, key, copy);
        json_decref(copy);
    }
    return rows;
}

static void
documents_are_as_acumatica_has_them(void **state)
{
    (void)state;
    struct captions *captions = NULL;

    assert_int_equal(captions_new(NULL, &captions, NULL), RESULT_OK);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const struct kind_columns *columns = &kinds[seed % 3];
        struct random random = {.state = seed};
        struct messages messages = {.count = 0};
        struct document truth = play(columns, seed, false, true, &messages);

        shuffle(&messages, &random);

        AMSYNC_CLEANUP(cleanup_json)
        json_t *found = merged(captions, columns->kind, &messages, &random);

        for (unsigned order = 0; order < ORDERS; order++) {
            json_t *body = json_object_get(found, order == 0 ? "SO000001" : "SO000002");
            AMSYNC_CLEANUP(cleanup_json) json_t *expected = true_rows(columns, &truth, order);
            AMSYNC_CLEANUP(cleanup_json) json_t *live = live_rows(columns, body);

            assert_same(expected, live, "rows", seed);
            for (size_t i = 0; json_object_size(expected) > 0 && i < COLUMNS; i++) {
                const char *value = json_object_text(
                    json_object_get(json_object_get(body, "header"), "f"), columns->header[i]);
                char text[16];

                (void)snprintf(text, sizeof(text), "%u", truth.header[i]);
                assert_string_equal(value, text);
            }
        }
        messages_free(&messages);
    }
    captions_free(&captions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_arrival_gives_the_same_documents),
        cmocka_unit_test(documents_are_as_acumatica_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
