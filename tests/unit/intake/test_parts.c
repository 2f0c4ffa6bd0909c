#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "intake/parts.h"
#include "intake/row.h"

#define ENVELOPE "\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":5"
#define ORDER "\"OrderType\":\"SO\",\"OrderNbr\":\"SO1\""

/* A notification and its rows, sorted. */
struct sorted {
    struct captions *captions;
    struct envelope *envelope;
    struct notification_parts *parts;
};

static struct sorted
sort(enum document_kind kind, const char *text)
{
    struct sorted sorted = {0};
    struct error err = {0};

    assert_int_equal(captions_new(NULL, &sorted.captions, &err), RESULT_OK);
    if (envelope_parse(text, strlen(text), &sorted.envelope, &err) != RESULT_OK)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(
        notification_parts_new(sorted.envelope, kind, sorted.captions, &sorted.parts, &err),
        RESULT_OK);
    return sorted;
}

static void
sorted_clear(struct sorted *sorted)
{
    notification_parts_free(&sorted->parts);
    envelope_free(&sorted->envelope);
    captions_free(&sorted->captions);
}

static void
assert_json(const json_t *found, const char *expected_text)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *expected = json_loads(expected_text, 0, NULL);

    if (!json_equal(found, expected)) {
        char *text = json_dumps(found, 0);

        fail_msg("%s instead of %s", text, expected_text);
    }
}

static void
rows_are_sorted_by_document_and_order(void **state)
{
    (void)state;
    struct sorted sorted = sort(
        DOCUMENT_SHIPMENT, "{" ENVELOPE ",\"Inserted\":["
                           "{" ORDER ",\"ShipmentNbr\":\"S1\",\"LineNbr\":1},"
                           "{" ORDER ",\"ShipmentNbr\":\"S2\",\"LineNbr\":1},"
                           "{\"OrderType\":\"SO\",\"OrderNbr\":\"SO2\",\"ShipmentNbr\":\"S1\"},"
                           "{" ORDER ",\"ShipmentNbr\":\" S1 \",\"LineNbr\":2}]}");
    const struct document_part *part = notification_parts_at(sorted.parts, 0);

    assert_int_equal(notification_parts_count(sorted.parts), 3);
    assert_string_equal(part->key.company, "C");
    assert_string_equal(part->key.order_type, "SO");
    assert_string_equal(part->key.order_nbr, "SO1");
    assert_int_equal(part->key.kind, DOCUMENT_SHIPMENT);
    assert_string_equal(part->key.type, "");
    assert_string_equal(part->key.number, "S1");
    assert_json(part->lines, "{\"1\":true,\"2\":true}");
    assert_string_equal(notification_parts_at(sorted.parts, 2)->key.order_nbr, "SO2");
    assert_json(notification_parts_at(sorted.parts, 2)->rows, "{}");
    sorted_clear(&sorted);
}

static void
keys_that_run_together_stay_apart(void **state)
{
    (void)state;
    struct sorted sorted = sort(DOCUMENT_ORDER, "{" ENVELOPE ",\"Inserted\":["
                                                "{\"OrderType\":\"2:S\",\"OrderNbr\":\"O1\"},"
                                                "{\"OrderType\":\"S\",\"OrderNbr\":\"O12:\"}]}");

    assert_int_equal(notification_parts_count(sorted.parts), 2);
    sorted_clear(&sorted);
}

static void
the_more_exact_of_two_columns_counts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{" ENVELOPE ",\"Inserted\":[{" ORDER ",\"Customer\":\"ACME\",\"CustomerID\":\"C1\","
        "\"SOOrder_customerID\":\"C2\",\"Ship Via\":\"B\",\"ShipVia\":\"A\"}]}",
        "{" ENVELOPE ",\"Inserted\":[{" ORDER ",\"ShipVia\":\"A\",\"Ship Via\":\"B\","
        "\"SOOrder_customerID\":\"C2\",\"CustomerID\":\"C1\",\"Customer\":\"ACME\"}]}",
    };

    for (size_t i = 0; i < 2; i++) {
        struct sorted sorted = sort(DOCUMENT_ORDER, texts[i]);

        assert_json(notification_parts_at(sorted.parts, 0)->header,
                    "{" ORDER ",\"CustomerID\":\"C1\",\"ShipVia\":\"B\"}");
        sorted_clear(&sorted);
    }
}

static void
only_a_line_that_nothing_was_inserted_for_is_half(void **state)
{
    (void)state;
    struct sorted sorted =
        sort(DOCUMENT_SHIPMENT,
             "{" ENVELOPE ",\"Deleted\":["
             "{" ORDER ",\"ShipmentNbr\":\"S1\",\"LineNbr\":1,\"TrackingNbr\":null},"
             "{" ORDER ",\"ShipmentNbr\":\"S1\",\"LineNbr\":2,\"TrackingNbr\":\"Z\"},"
             "{" ORDER ",\"ShipmentNbr\":\"S1\",\"LineNbr\":3,\"TrackingNbr\":\"Z\"}],"
             "\"Inserted\":["
             "{" ORDER ",\"ShipmentNbr\":\"S1\",\"LineNbr\":1,\"TrackingNbr\":\"Z\"},"
             "{" ORDER ",\"ShipmentNbr\":\"S1\",\"LineNbr\":2,\"TrackingNbr\":\"Z\"}]}");

    assert_json(notification_parts_at(sorted.parts, 0)->removed, "{\"1|\":false,\"3|Z\":true}");
    sorted_clear(&sorted);
}

static void
deleted_rows_are_complained_of_only_alone(void **state)
{
    (void)state;
    struct sorted alone =
        sort(DOCUMENT_ORDER, "{" ENVELOPE ",\"Deleted\":[{\"OrderNbr\":\"SO1\"},{}]}");
    struct sorted beside = sort(DOCUMENT_ORDER, "{" ENVELOPE ",\"Inserted\":[{" ORDER "}],"
                                                "\"Deleted\":[{\"OrderNbr\":\"SO1\"},{}]}");
    const struct complaints *complaints = notification_parts_complaints(alone.parts);
    struct error message;

    assert_int_equal(notification_parts_count(alone.parts), 0);
    assert_int_equal(complaints->count, 2);
    complaint_message(&complaints->items[0], "Q", &message);
    assert_string_equal(message.text,
                        "Q has no column OrderType: 1 row cannot be used. Add the column to the "
                        "inquiry");
    complaint_message(&complaints->items[1], "Q", &message);
    assert_string_equal(message.text, "Q has no column OrderNbr: 1 row cannot be used. Add the "
                                      "column to the inquiry");
    assert_int_equal(notification_parts_count(beside.parts), 1);
    assert_int_equal(notification_parts_complaints(beside.parts)->count, 0);
    sorted_clear(&alone);
    sorted_clear(&beside);
}

static void
a_row_without_a_line_that_left_says_nothing(void **state)
{
    (void)state;
    struct sorted sorted = sort(DOCUMENT_ORDER, "{" ENVELOPE ",\"Deleted\":[{" ORDER "}]}");

    assert_int_equal(notification_parts_count(sorted.parts), 1);
    assert_true(document_part_is_empty(notification_parts_at(sorted.parts, 0)));
    sorted_clear(&sorted);
}

static void
keys_of_any_type_are_read_or_complained_of(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        size_t parts;
        size_t complaints;
    } cases[] = {
        {"\"OrderType\":\"SO\",\"OrderNbr\":17", 1, 0},
        {"\"OrderType\":\"SO\",\"OrderNbr\":1.5", 1, 0},
        {"\"OrderType\":\"SO\",\"OrderNbr\":true", 0, 1},
        {"\"OrderType\":\"SO\",\"OrderNbr\":[]", 0, 1},
        {"\"OrderType\":\"SO\",\"OrderNbr\":null", 0, 1},
        {"\"OrderType\":null,\"OrderNbr\":\"1\"", 0, 1},
        {"\"OrderType\":\"SO\",\"OrderNbr\":\" \"", 0, 1},
        {ORDER ",\"LineNbr\":null", 1, 0},
        {ORDER ",\"LineNbr\":\" \"", 1, 0},
        {ORDER ",\"LineNbr\":true", 0, 1},
        {ORDER ",\"LineNbr\":{}", 0, 1},
        {ORDER ",\"LineNbr\":-1", 0, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];

        (void)snprintf(text, sizeof(text), "{" ENVELOPE ",\"Inserted\":[{%s}]}", cases[i].row);

        struct sorted sorted = sort(DOCUMENT_ORDER, text);

        assert_int_equal(notification_parts_count(sorted.parts), cases[i].parts);
        assert_int_equal(notification_parts_complaints(sorted.parts)->count, cases[i].complaints);
        sorted_clear(&sorted);
    }
}

static void
a_keys_bound_is_in_characters(void **state)
{
    (void)state;
    for (size_t characters = DOCUMENT_KEY_CHARACTERS; characters <= DOCUMENT_KEY_CHARACTERS + 1;
         characters++) {
        char number[2 * DOCUMENT_KEY_CHARACTERS + 3] = "";
        char text[1024];

        for (size_t i = 0; i < characters; i++)
            memcpy(number + 2 * i, "\xC3\xA4", 3);
        (void)snprintf(text, sizeof(text),
                       "{" ENVELOPE ",\"Inserted\":[{\"OrderType\":\"SO\",\"OrderNbr\":\"%s\"}]}",
                       number);

        struct sorted sorted = sort(DOCUMENT_ORDER, text);

        assert_int_equal(notification_parts_count(sorted.parts),
                         characters <= DOCUMENT_KEY_CHARACTERS ? 1 : 0);
        sorted_clear(&sorted);
    }
}

static void
only_a_shipment_to_a_customer_is_for_the_shop(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        size_t parts;
    } cases[] = {
        {"\"Shipment\"", 1}, {"\" transfer \"", 0}, {"\"Receipt\"", 0}, {"7", 1},
        {"true", 1},         {"null", 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];

        (void)snprintf(text, sizeof(text),
                       "{" ENVELOPE ",\"Inserted\":[{" ORDER
                       ",\"ShipmentNbr\":\"1\",\"Type\":%s}]}",
                       cases[i].type);

        struct sorted sorted = sort(DOCUMENT_SHIPMENT, text);

        assert_int_equal(notification_parts_count(sorted.parts), cases[i].parts);
        sorted_clear(&sorted);
    }
}

static void
a_tracking_number_has_a_bound(void **state)
{
    (void)state;
    char text[2048];
    char tracking[TRACKING_NBR_CHARACTERS + 2] = "";
    static const char format[] = "{" ENVELOPE ",\"Inserted\":[{" ORDER
                                 ",\"ShipmentNbr\":\"S1\",\"LineNbr\":1,\"TrackingNbr\":\"%s\"}]}";

    memset(tracking, 'Z', TRACKING_NBR_CHARACTERS);
    (void)snprintf(text, sizeof(text), format, tracking);

    struct sorted longest = sort(DOCUMENT_SHIPMENT, text);

    assert_int_equal(notification_parts_complaints(longest.parts)->count, 0);
    assert_int_equal(notification_parts_count(longest.parts), 1);
    tracking[TRACKING_NBR_CHARACTERS] = 'Z';
    (void)snprintf(text, sizeof(text), format, tracking);

    struct sorted longer = sort(DOCUMENT_SHIPMENT, text);
    struct error message;

    assert_int_equal(notification_parts_count(longer.parts), 0);
    complaint_message(&notification_parts_complaints(longer.parts)->items[0], "Q", &message);
    assert_string_equal(message.text,
                        "Q: 1 row cannot be used, the first is of SO1: TrackingNbr is "
                        "\"ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ\", it must have at most 200 "
                        "characters");
    sorted_clear(&longest);
    sorted_clear(&longer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_by_document_and_order),
        cmocka_unit_test(keys_that_run_together_stay_apart),
        cmocka_unit_test(the_more_exact_of_two_columns_counts),
        cmocka_unit_test(only_a_line_that_nothing_was_inserted_for_is_half),
        cmocka_unit_test(deleted_rows_are_complained_of_only_alone),
        cmocka_unit_test(a_row_without_a_line_that_left_says_nothing),
        cmocka_unit_test(keys_of_any_type_are_read_or_complained_of),
        cmocka_unit_test(a_keys_bound_is_in_characters),
        cmocka_unit_test(only_a_shipment_to_a_customer_is_for_the_shop),
        cmocka_unit_test(a_tracking_number_has_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
