#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "store/document_body.h"

static json_t *
element(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    assert_non_null(value);
    return value;
}

static void
a_new_body_is_empty(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json) json_t *body = document_body_new();
    AMSYNC_CLEANUP(cleanup_json)
    json_t *expected = element("{\"header\":{\"ts\":0,\"f\":{}},\"rows\":{}}");

    assert_true(json_equal(body, expected));
}

static void
a_field_knows_when_it_was_written(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *row = element("{\"ts\":638780593453014191,\"f\":{\"A\":\"1\",\"B\":null},"
                          "\"older\":{\"B\":638780593453014190}}");

    assert_true(document_body_field_timestamp(row, "A") == 638780593453014191);
    assert_true(document_body_field_timestamp(row, "B") == 638780593453014190);
    assert_true(document_body_field_timestamp(row, "C") == INT64_MIN);
}

struct row_case {
    const char *row;
    bool live;
};

static void
a_row_is_live_or_removed(void **state)
{
    (void)state;
    static const struct row_case cases[] = {
        {"{\"ts\":5,\"f\":{\"A\":\"1\"}}", true},
        {"{\"ts\":5,\"f\":{\"A\":\"1\"},\"removed\":4}", true},
        {"{\"ts\":5,\"f\":{\"A\":\"1\"},\"removed\":5}", true},
        {"{\"ts\":5,\"f\":{\"A\":\"1\"},\"removed\":6}", false},
        {"{\"ts\":9,\"f\":{\"A\":\"1\"},\"older\":{\"A\":5},\"removed\":6}", false},
        {"{\"ts\":9,\"f\":{\"A\":\"1\",\"B\":\"1\"},\"older\":{\"A\":5},\"removed\":6}", true},
        {"{\"ts\":0,\"f\":{},\"removed\":6}", false},
        {"{\"ts\":0,\"f\":{}}", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *row = element(cases[i].row);

        if (document_body_row_is_live(row) != cases[i].live)
            fail_msg("%s", cases[i].row);
    }
}

struct key_case {
    const char *key;
    int32_t line_nbr;
    const char *tracking_nbr;
};

static void
a_row_key_is_taken_apart(void **state)
{
    (void)state;
    static const struct key_case cases[] = {
        {"1", 1, NULL},  {"0", 0, NULL},          {"2147483647", INT32_MAX, NULL},
        {"12|", 12, ""}, {"12|1Z|9", 12, "1Z|9"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t line_nbr;
        const char *tracking_nbr;

        assert_int_equal(document_body_row_key_parse(cases[i].key, &line_nbr, &tracking_nbr),
                         RESULT_OK);
        assert_int_equal(line_nbr, cases[i].line_nbr);
        if (cases[i].tracking_nbr == NULL)
            assert_null(tracking_nbr);
        else
            assert_string_equal(tracking_nbr, cases[i].tracking_nbr);
    }
}

static void
other_row_keys_are_rejected(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "", "|", "x", "-1", "-0", "+1", " 1", "1 ", "01", "2147483648", "12345678901", "1.0|",
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        int32_t line_nbr = 77;
        const char *tracking_nbr = "untouched";

        if (document_body_row_key_parse(keys[i], &line_nbr, &tracking_nbr) != RESULT_REJECTED)
            fail_msg("%s", keys[i]);
        assert_int_equal(line_nbr, 77);
        assert_string_equal(tracking_nbr, "untouched");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_body_is_empty),
        cmocka_unit_test(a_field_knows_when_it_was_written),
        cmocka_unit_test(a_row_is_live_or_removed),
        cmocka_unit_test(a_row_key_is_taken_apart),
        cmocka_unit_test(other_row_keys_are_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
