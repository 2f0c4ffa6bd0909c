#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "intake/merge.h"
#include "store/document_body.h"

/* An order SO1 and what was sent of it last. */
struct fixture {
    struct captions *captions;
    json_t *body;
    size_t body_bytes;
    struct merge_effect effect;
    struct error err;
};

static int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL || captions_new(NULL, &fixture->captions, NULL) != RESULT_OK)
        return -1;
    fixture->body = document_body_new();
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    captions_free(&fixture->captions);
    json_decref(fixture->body);
    free(fixture);
    return 0;
}

static enum result
merge_text(struct fixture *fixture, enum document_kind kind, const char *text)
{
    struct envelope *envelope = NULL;
    struct notification_parts *parts = NULL;

    assert_int_equal(envelope_parse(text, strlen(text), &envelope, NULL), RESULT_OK);
    assert_int_equal(notification_parts_new(envelope, kind, fixture->captions, &parts, NULL),
                     RESULT_OK);
    assert_int_equal(notification_parts_count(parts), 1);

    enum result result =
        document_merge(fixture->body, notification_parts_at(parts, 0), envelope_timestamp(envelope),
                       &fixture->body_bytes, &fixture->effect, &fixture->err);

    notification_parts_free(&parts);
    envelope_free(&envelope);
    return result;
}

/* Columns of a row of SO1 are given from behind its numbers on: ",\"Status\":\"Open\"". */
static void
merge(struct fixture *fixture, int timestamp, const char *inserted, const char *deleted)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(1 << 20);

    buffer_append_format(
        &text, "{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":%d", timestamp);
    if (inserted != NULL)
        buffer_append_format(&text, ",\"Inserted\":[{\"OrderType\":\"SO\",\"OrderNbr\":\"SO1\"%s}]",
                             inserted);
    if (deleted != NULL)
        buffer_append_format(&text, ",\"Deleted\":[{\"OrderType\":\"SO\",\"OrderNbr\":\"SO1\"%s}]",
                             deleted);
    buffer_append_text(&text, "}");
    assert_int_equal(merge_text(fixture, DOCUMENT_ORDER, buffer_text(&text)), RESULT_OK);
}

static void
assert_effect(const struct fixture *fixture, bool changed, bool restamped, bool superseded,
              bool halved)
{
    assert_int_equal(fixture->effect.changed, changed);
    assert_int_equal(fixture->effect.restamped, restamped);
    assert_int_equal(fixture->effect.superseded, superseded);
    assert_int_equal(fixture->effect.halved, halved);
}

static void
assert_body(const struct fixture *fixture, const char *header, const char *rows)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *expected_header = json_loads(header, 0, NULL);
    AMSYNC_CLEANUP(cleanup_json) json_t *expected_rows = json_loads(rows, 0, NULL);

    assert_true(json_equal(json_object_get(fixture->body, "header"), expected_header));
    assert_true(json_equal(json_object_get(fixture->body, "rows"), expected_rows));
}

#define KEYS "\"OrderType\":\"SO\",\"OrderNbr\":\"SO1\""

static void
each_field_is_as_it_was_last_written(void **state)
{
    struct fixture *fixture = *state;

    merge(fixture, 5, ",\"Status\":\"Open\",\"ShipVia\":\"UPS\"", NULL);
    assert_effect(fixture, true, false, false, false);
    assert_body(fixture, "{\"ts\":5,\"f\":{" KEYS ",\"Status\":\"Open\",\"ShipVia\":\"UPS\"}}",
                "{}");
    merge(fixture, 7, ",\"Status\":\"Hold\"", NULL);
    assert_body(fixture,
                "{\"ts\":7,\"f\":{" KEYS ",\"Status\":\"Hold\",\"ShipVia\":\"UPS\"},"
                "\"older\":{\"ShipVia\":5}}",
                "{}");
    merge(fixture, 6, ",\"Status\":\"Late\",\"ShipVia\":\"DHL\"", NULL);
    assert_effect(fixture, true, false, false, false);
    assert_body(fixture,
                "{\"ts\":7,\"f\":{" KEYS ",\"Status\":\"Hold\",\"ShipVia\":\"DHL\"},"
                "\"older\":{\"ShipVia\":6}}",
                "{}");
    merge(fixture, 8, ",\"Status\":\"Open\",\"ShipVia\":\"DHL\"", NULL);
    assert_body(fixture, "{\"ts\":8,\"f\":{" KEYS ",\"Status\":\"Open\",\"ShipVia\":\"DHL\"}}",
                "{}");
}

static void
what_a_merge_did_is_told_apart(void **state)
{
    struct fixture *fixture = *state;

    merge(fixture, 5, ",\"Status\":\"Open\",\"LineNbr\":1,\"Quantity\":2", NULL);
    merge(fixture, 5, ",\"Status\":\"Open\",\"LineNbr\":1,\"Quantity\":2.0", NULL);
    assert_effect(fixture, false, false, false, false);
    merge(fixture, 6, ",\"Status\":\" Open\",\"LineNbr\":\"1\",\"Quantity\":\"2\"", NULL);
    assert_effect(fixture, false, true, false, false);
    merge(fixture, 4, ",\"Status\":\"Hold\",\"LineNbr\":1,\"Quantity\":9", NULL);
    assert_effect(fixture, false, false, true, false);
    merge(fixture, 6, NULL, ",\"LineNbr\":1");
    assert_effect(fixture, false, false, false, false);
    merge(fixture, 5, NULL, ",\"LineNbr\":1");
    assert_effect(fixture, false, false, true, false);
    merge(fixture, 7, NULL, ",\"LineNbr\":1");
    assert_effect(fixture, true, false, false, true);
    merge(fixture, 8, NULL, ",\"LineNbr\":1");
    assert_effect(fixture, false, true, false, true);
    merge(fixture, 7, ",\"LineNbr\":1,\"Quantity\":3", NULL);
    assert_effect(fixture, false, true, false, false);
}

static void
a_removed_row_comes_back_when_written_later(void **state)
{
    struct fixture *fixture = *state;

    merge(fixture, 5, NULL, ",\"LineNbr\":1");
    assert_body(fixture, "{\"ts\":0,\"f\":{}}", "{\"1\":{\"ts\":0,\"f\":{},\"removed\":5}}");
    assert_true(document_has_removed_since(fixture->body, 5));
    assert_false(document_has_removed_since(fixture->body, 6));
    merge(fixture, 5, ",\"LineNbr\":1", NULL);
    assert_effect(fixture, true, false, false, false);
    assert_body(fixture, "{\"ts\":5,\"f\":{" KEYS "}}",
                "{\"1\":{\"ts\":5,\"f\":{\"LineNbr\":\"1\"}}}");
    assert_false(document_has_removed_since(fixture->body, 5));
}

static void
a_twin_in_the_same_notification_is_an_update(void **state)
{
    struct fixture *fixture = *state;

    merge(fixture, 5, ",\"LineNbr\":1,\"UOM\":\"EA\"", ",\"LineNbr\":1,\"UOM\":\"BOX\"");
    assert_effect(fixture, true, false, false, false);
    assert_body(fixture, "{\"ts\":5,\"f\":{" KEYS "}}",
                "{\"1\":{\"ts\":5,\"f\":{\"LineNbr\":\"1\",\"UOM\":\"EA\"}}}");
}

static void
warehouses_of_standing_rows_are_listed(void **state)
{
    struct fixture *fixture = *state;

    merge(fixture, 5, ",\"LineNbr\":1,\"Warehouse\":\"WEST\"", NULL);
    merge(fixture, 5, ",\"LineNbr\":2,\"Warehouse\":\"EAST\"", NULL);
    merge(fixture, 5, ",\"LineNbr\":3,\"Warehouse\":\"EAST \"", NULL);
    merge(fixture, 5, ",\"LineNbr\":4,\"Warehouse\":\"GONE\"", NULL);
    merge(fixture, 5, ",\"LineNbr\":5,\"Warehouse\":null", NULL);
    merge(fixture, 6, NULL, ",\"LineNbr\":4");

    AMSYNC_CLEANUP(cleanup_json) json_t *found = document_warehouses(fixture->body);
    AMSYNC_CLEANUP(cleanup_json) json_t *expected = json_pack("[s,s]", "EAST", "WEST");

    assert_true(json_equal(found, expected));
}

/* `count` rows from line `first` on, each with a description of `bytes` bytes. */
static enum result
merge_rows(struct fixture *fixture, int timestamp, int first, int count, size_t bytes)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL((size_t)64 << 20);
    AMSYNC_CLEANUP(cleanup_free) char *description = calloc(1, bytes + 1);

    memset(description, 'x', bytes);
    buffer_append_format(&text,
                         "{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":%d,"
                         "\"Inserted\":[",
                         timestamp);
    for (int i = 0; i < count; i++)
        buffer_append_format(&text, "%s{" KEYS ",\"LineNbr\":%d,\"Description\":\"%s\"}",
                             i == 0 ? "" : ",", first + i, description);
    buffer_append_text(&text, "]}");
    return merge_text(fixture, DOCUMENT_ORDER, buffer_text(&text));
}

static void
a_document_has_only_so_many_rows(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(merge_rows(fixture, 5, 1, DOCUMENT_MAX_ROWS, 1), RESULT_OK);
    assert_int_equal(merge_rows(fixture, 6, DOCUMENT_MAX_ROWS, 1, 1), RESULT_OK);

    AMSYNC_CLEANUP(cleanup_json) json_t *before = json_deep_copy(fixture->body);

    assert_int_equal(merge_rows(fixture, 7, DOCUMENT_MAX_ROWS, 2, 1), RESULT_REJECTED);
    assert_string_equal(fixture->err.text, "it has more than 20000 rows");
    assert_true(json_equal(fixture->body, before));
}

static void
a_document_has_only_so_much_text(void **state)
{
    struct fixture *fixture = *state;
    const size_t kib = 1024;

    assert_int_equal(merge_rows(fixture, 5, 1, 8, kib * kib), RESULT_OK);
    /* The same rows again are no more text. */
    assert_int_equal(merge_rows(fixture, 6, 1, 8, kib * kib), RESULT_OK);
    assert_int_equal(merge_rows(fixture, 7, 1, 8, kib * kib), RESULT_OK);
    assert_int_equal(merge_rows(fixture, 8, 9, 8, kib * kib), RESULT_REJECTED);
    assert_string_equal(fixture->err.text, "it has more than 16 MiB of text");
    assert_int_equal(json_object_size(json_object_get(fixture->body, "rows")), 8);
    assert_int_equal(merge_rows(fixture, 8, 9, 7, kib * kib), RESULT_OK);
}

static void
what_is_no_document_is_left_alone(void **state)
{
    struct fixture *fixture = *state;

    json_object_clear(fixture->body);
    assert_int_equal(merge_rows(fixture, 5, 1, 1, 1), RESULT_REJECTED);
    assert_string_equal(fixture->err.text, "what is stored of it cannot be read");
}

static void
what_lacks_a_part_of_a_document_is_none(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"header\":7,\"rows\":{}}",
        "{\"header\":{\"ts\":0},\"rows\":{}}",
        "{\"header\":{\"ts\":0,\"f\":[]},\"rows\":{}}",
        "{\"header\":{\"ts\":0,\"f\":{}}}",
        "{\"header\":{\"ts\":0,\"f\":{}},\"rows\":[]}",
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        json_decref(fixture->body);
        fixture->body = json_loads(bodies[i], 0, NULL);
        assert_non_null(fixture->body);
        assert_int_equal(merge_rows(fixture, 5, 1, 1, 1), RESULT_REJECTED);
        assert_string_equal(fixture->err.text, "what is stored of it cannot be read");
    }
}

static void
a_part_alone_has_the_same_bounds(void **state)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *rows = json_object();
    struct document_part part = {.rows = rows, .bytes = DOCUMENT_MAX_BYTES};
    struct error err = {0};
    char key[16];

    (void)state;
    for (int i = 0; i < DOCUMENT_MAX_ROWS; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        assert_int_equal(json_object_set_new(rows, key, json_object()), 0);
    }
    assert_int_equal(document_part_check(&part, &err), RESULT_OK);
    part.bytes++;
    assert_int_equal(document_part_check(&part, &err), RESULT_REJECTED);
    assert_string_equal(err.text, "it has more than 16 MiB of text");
    assert_int_equal(json_object_set_new(rows, "one more", json_object()), 0);
    assert_int_equal(document_part_check(&part, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "20000"));
}

static void
what_is_thought_to_be_too_much_is_measured(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(merge_rows(fixture, 5, 1, 1, 1), RESULT_OK);
    fixture->body_bytes = DOCUMENT_MAX_BYTES;
    assert_int_equal(merge_rows(fixture, 6, 1, 2, 1), RESULT_OK);
    assert_in_range(fixture->body_bytes, 1, 4096);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_field_is_as_it_was_last_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_merge_did_is_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_removed_row_comes_back_when_written_later, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_twin_in_the_same_notification_is_an_update, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(warehouses_of_standing_rows_are_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_document_has_only_so_many_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_document_has_only_so_much_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_document_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_lacks_a_part_of_a_document_is_none, set_up, tear_down),
        cmocka_unit_test(a_part_alone_has_the_same_bounds),
        cmocka_unit_test_setup_teardown(what_is_thought_to_be_too_much_is_measured, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
