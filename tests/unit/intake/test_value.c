#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json.h"
#include "intake/value.h"

struct value_case {
    const char *raw;
    const char *kept;
};

static void
values_are_kept_exactly(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"\"MAIN \"", "\"MAIN\""},
        {"\" \\t a b \\n\"", "\"a b\""},
        {"\"   \"", "\"\""},
        {"\"\"", "\"\""},
        {"\"\xC2\xA0x\"", "\"\xC2\xA0x\""},
        {"3", "\"3\""},
        {"-9223372036854775808", "\"-9223372036854775808\""},
        {"638780593453014191", "\"638780593453014191\""},
        {"127.50", "\"127.5\""},
        {"1.0", "\"1\""},
        {"19.99", "\"19.99\""},
        {"-0.000001", "\"-0.000001\""},
        {"999999999.123456", "\"999999999.123456\""},
        {"99999999999.1234", "\"99999999999.1234\""},
        {"1e-20000", "\"0\""},
        {"true", "true"},
        {"false", "false"},
        {"null", "null"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *raw = json_loads(cases[i].raw, JSON_DECODE_ANY, NULL);
        AMSYNC_CLEANUP(cleanup_json)
        json_t *expected = json_loads(cases[i].kept, JSON_DECODE_ANY, NULL);
        AMSYNC_CLEANUP(cleanup_json) json_t *kept = value_normalise(raw);

        if (!json_equal(kept, expected))
            fail_msg("%s is \"%s\"", cases[i].raw, json_string_value(kept));
    }
}

static void
what_is_not_exact_is_shown_but_no_number(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"1e300", "~1e+300"},
        {"-123456789012.5", "~-123456789012.5"},
        {"[1,2]", "[...]"},
        {"{\"a\":1}", "{...}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *raw = json_loads(cases[i].raw, JSON_DECODE_ANY, NULL);
        AMSYNC_CLEANUP(cleanup_json) json_t *kept = value_normalise(raw);
        struct decimal number;

        assert_string_equal(json_string_value(kept), cases[i].kept);
        assert_int_equal(decimal_from_json(kept, &number), RESULT_REJECTED);
    }
}

static void
values_have_one_order(void **state)
{
    (void)state;
    static const char *const rising[] = {"null", "false", "true", "\"\"", "\"1\"", "\"a\""};
    enum { COUNT = sizeof(rising) / sizeof(rising[0]) };

    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            AMSYNC_CLEANUP(cleanup_json)
            json_t *left = json_loads(rising[i], JSON_DECODE_ANY, NULL);
            AMSYNC_CLEANUP(cleanup_json)
            json_t *right = json_loads(rising[j], JSON_DECODE_ANY, NULL);
            int order = value_compare(left, right);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_kept_exactly),
        cmocka_unit_test(what_is_not_exact_is_shown_but_no_number),
        cmocka_unit_test(values_have_one_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
