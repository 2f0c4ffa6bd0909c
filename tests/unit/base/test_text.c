#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
utf8_is_told_from_other_bytes(void **state)
{
    (void)state;
    static const char *const valid[] = {
        "",
        "plain",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\x80z",
    };
    static const char *const invalid[] = {
        "\x80", /* a continuation alone */
        "\xBF",
        "\xC0\x80", /* overlong NUL */
        "\xC1\xBF",
        "\xC3", /* cut */
        "\xC3z",
        "\xE0\x80\x80", /* overlong */
        "\xE0\x9F\xBF",
        "\xE2\x82",
        "\xE2\x82z",
        "\xED\xA0\x80", /* surrogates */
        "\xED\xBF\xBF",
        "\xF0\x80\x80\x80", /* overlong */
        "\xF0\x8F\xBF\xBF",
        "\xF0\x9F\x9A",
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFE",
        "\xFF",
        "good\xC3\xA4 then\xE4 bad",
    };

    for (size_t i = 0; i < COUNT(valid); i++)
        assert_true(text_is_utf8(valid[i], strlen(valid[i])));
    for (size_t i = 0; i < COUNT(invalid); i++)
        assert_false(text_is_utf8(invalid[i], strlen(invalid[i])));
    assert_true(text_is_utf8("a\0b", 3));
    assert_int_equal(text_utf8_character("", 0), 0);
    assert_int_equal(text_utf8_character("\xE2\x82\xAC", 2), 0);
    assert_int_equal(text_utf8_character("\xE2\x82\xAC", 3), 3);
}

/* Every code point, encoded here by the rule of RFC 3629. */
static void
every_code_point_is_a_character(void **state)
{
    (void)state;
    for (unsigned c = 0; c <= 0x10FFFF; c++) {
        unsigned char bytes[4] = {0};
        size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        for (size_t i = size; i-- > 1;)
            bytes[i] = (unsigned char)(0x80 | (c >> 6 * (size - 1 - i) & 0x3F));
        bytes[0] = (unsigned char)(size == 1 ? c : (0xF00U >> size & 0xF0) | c >> 6 * (size - 1));

        bool surrogate = c >= 0xD800 && c <= 0xDFFF;

        assert_int_equal(text_utf8_character((const char *)bytes, sizeof(bytes)),
                         surrogate ? 0 : size);
    }
}

static void
foreign_bytes_are_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"plain \xC3\xA4", "plain \xC3\xA4"},
        {"\xE4 bc", "\xEF\xBF\xBD bc"},
        {"a\xE2\x82", "a\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xFF\xFE", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(100);

        text_append_utf8(&buffer, cases[i].text, strlen(cases[i].text));
        assert_string_equal(buffer_text(&buffer), cases[i].expected);
    }
}

static void
a_cut_falls_between_characters(void **state)
{
    (void)state;
    const char *text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\x80z";
    static const size_t bytes[] = {0, 1, 3, 6, 10, 11, 11};

    for (size_t i = 0; i < COUNT(bytes); i++) {
        AMSYNC_CLEANUP(cleanup_free) char *cut = text_cut_copy(text, i);

        assert_int_equal(text_prefix_bytes(text, i), bytes[i]);
        assert_int_equal(strlen(cut), bytes[i]);
        assert_memory_equal(cut, text, bytes[i]);
    }
}

static void
blanks_are_trimmed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", ""},
        {"   ", ""},
        {" a ", "a"},
        {"\t a b\r\n", "a b"},
        {"a", "a"},
        {"\v\fa", "a"},
        {"a\xC2\xA0", "a\xC2\xA0"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cleanup_free) char *trimmed = text_trim_copy(cases[i].text);

        assert_string_equal(trimmed, cases[i].expected);
    }
    assert_true(text_is_blank(NULL));
    assert_true(text_is_blank(""));
    assert_true(text_is_blank(" \t\n\r\v\f"));
    assert_false(text_is_blank(" x"));
}

static void
case_is_ignored_for_letters_only(void **state)
{
    (void)state;
    assert_true(text_equals_ignore_case("", ""));
    assert_true(text_equals_ignore_case("OrderNbr", "ORDERnbr"));
    assert_true(text_equals_ignore_case("az-AZ", "AZ-az"));
    assert_false(text_equals_ignore_case("a", ""));
    assert_false(text_equals_ignore_case("", "a"));
    assert_false(text_equals_ignore_case("ab", "abc"));
    assert_false(text_equals_ignore_case("[", "{"));
    assert_false(text_equals_ignore_case("@", "`"));
    assert_false(text_equals_ignore_case("\xC3\x84", "\xC3\xA4"));
    assert_true(text_starts_with("AMSYNC_X", "AMSYNC_"));
    assert_true(text_starts_with("x", ""));
    assert_false(text_starts_with("AMSYNC", "AMSYNC_"));
}

static void
percent_encoding_keeps_the_unreserved(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"AZaz09-._~", "AZaz09-._~"},
        {"a b&c=d/e", "a%20b%26c%3Dd%2Fe"},
        {"100%+!*'()", "100%25%2B%21%2A%27%28%29"},
        {"\xC3\xA4", "%C3%A4"},
        {"\x7F[]@`{", "%7F%5B%5D%40%60%7B"},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(100);

        text_append_percent_encoded(&buffer, cases[i].text, strlen(cases[i].text));
        assert_string_equal(buffer_text(&buffer), cases[i].expected);
    }

    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(100);

    text_append_percent_encoded(&buffer, "a\0b", 3);
    assert_string_equal(buffer_text(&buffer), "a%00b");
}

static void
integers_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min;
        int64_t max;
        enum result result;
        int64_t expected;
    } cases[] = {
        {"0", 0, 0, RESULT_OK, 0},
        {"-0", 0, 0, RESULT_OK, 0},
        {"007", 0, 10, RESULT_OK, 7},
        {"-12", -20, 0, RESULT_OK, -12},
        {"9223372036854775807", INT64_MIN, INT64_MAX, RESULT_OK, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, RESULT_OK, INT64_MIN},
        {"9223372036854775808", INT64_MIN, INT64_MAX, RESULT_REJECTED, 0},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, RESULT_REJECTED, 0},
        {"99999999999999999999999999", INT64_MIN, INT64_MAX, RESULT_REJECTED, 0},
        {"18446744073709551617", INT64_MIN, INT64_MAX, RESULT_REJECTED, 0},
        {"10", 0, 9, RESULT_REJECTED, 0},
        {"-1", 0, 9, RESULT_REJECTED, 0},
        {"", 0, 9, RESULT_REJECTED, 0},
        {"-", -9, 9, RESULT_REJECTED, 0},
        {"+1", 0, 9, RESULT_REJECTED, 0},
        {" 1", 0, 9, RESULT_REJECTED, 0},
        {"1 ", 0, 9, RESULT_REJECTED, 0},
        {"1.0", 0, 9, RESULT_REJECTED, 0},
        {"1e0", 0, 9, RESULT_REJECTED, 0},
        {"0x1", 0, 9, RESULT_REJECTED, 0},
        {"--1", -9, 9, RESULT_REJECTED, 0},
        {NULL, 0, 9, RESULT_REJECTED, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 77;

        assert_int_equal(parse_int64(cases[i].text, cases[i].min, cases[i].max, &value),
                         cases[i].result);
        assert_true(value == (cases[i].result == RESULT_OK ? cases[i].expected : 77));
    }
}

static void
lists_are_split_at_commas(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        const char *items[3];
    } cases[] = {
        {"", 0, {NULL}},
        {" , ,,", 0, {NULL}},
        {"one", 1, {"one"}},
        {"one,two,three", 3, {"one", "two", "three"}},
        {" one ,\ttwo words\n,", 2, {"one", "two words"}},
        {",one", 1, {"one"}},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(text_list_free) struct text_list list = {0};

        assert_int_equal(text_split_list(cases[i].text, &list), RESULT_OK);
        assert_int_equal(list.count, cases[i].count);
        for (size_t k = 0; k < list.count; k++) {
            assert_string_equal(list.items[k], cases[i].items[k]);
            assert_true(text_list_contains(&list, cases[i].items[k]));
        }
        assert_false(text_list_contains(&list, "ONE"));
        assert_false(text_list_contains(&list, ""));
    }
}

static void
secrets_are_masked(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        const char *text;
        const char *masked;
    } cases[] = {
        {"12345678", "a 12345678, 12345678 1234567", "a ********, ******** 1234567"},
        {"1234567/", "1234567/ 1234567%2F 1234567%2f", "******** ********** 1234567%2f"},
        {"aaaaaaaa", "aaaaaaaaaaaaaaaaa", "****************a"},
        {"1234567", "1234567", "1234567"},
        {NULL, "12345678", "12345678"},
        {"12345678", "", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];

        (void)snprintf(text, sizeof(text), "%s", cases[i].text);
        assert_int_equal(text_mask_secret(text, strlen(text), cases[i].secret), RESULT_OK);
        assert_string_equal(text, cases[i].masked);
    }
    char cut[] = "1234567812345678";

    assert_int_equal(text_mask_secret(cut, 12, "12345678"), RESULT_OK);
    assert_string_equal(cut, "********12345678");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(every_code_point_is_a_character),
        cmocka_unit_test(foreign_bytes_are_replaced),
        cmocka_unit_test(a_cut_falls_between_characters),
        cmocka_unit_test(blanks_are_trimmed),
        cmocka_unit_test(case_is_ignored_for_letters_only),
        cmocka_unit_test(percent_encoding_keeps_the_unreserved),
        cmocka_unit_test(integers_are_read_strictly),
        cmocka_unit_test(lists_are_split_at_commas),
        cmocka_unit_test(secrets_are_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
