#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DEPTH 32

/* A string literal with its length, so that it may hold NULs. */
#define BYTES(text) (text), sizeof(text) - 1

static void
good_texts_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        unsigned flags;
        const char *expected;
    } cases[] = {
        {BYTES("{}"), 0, "{}"},
        {BYTES("[]"), 0, "[]"},
        {BYTES(" \r\n\t{ \"b\" : 1 , \"a\" : null } \n"), 0, "{\"b\":1,\"a\":null}"},
        {BYTES("\xEF\xBB\xBF{\"a\":1}"), JSON_FLAG_BOM, "{\"a\":1}"},
        {BYTES("{\"a\":1}"), JSON_FLAG_BOM, "{\"a\":1}"},
        {BYTES("7"), JSON_FLAG_SCALAR, "7"},
        {BYTES("\"x\""), JSON_FLAG_SCALAR, "\"x\""},
        {BYTES("{\"t\":638780593453014191}"), 0, "{\"t\":638780593453014191}"},
        {BYTES("[9223372036854775807,-9223372036854775808]"), 0,
         "[9223372036854775807,-9223372036854775808]"},
        {BYTES("[19.99,127.5,1e-20000,0.1]"), 0, "[19.99,127.5,0.0,0.1]"},
        {BYTES("[\"\\u00e4\\n\\\"\\\\\\/\\ud83d\\ude80\"]"), 0,
         "[\"\xC3\xA4\\n\\\"\\\\/\xF0\x9F\x9A\x80\"]"},
        /* Brackets in strings are no nesting, whatever stands before the quotation mark. */
        {BYTES("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{{{\\\\\",[\"]\"]]"), 0,
         "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{{{\\\\\",[\"]\"]]"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;
        AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
        struct error err = {0};

        assert_int_equal(
            json_decode(cases[i].bytes, cases[i].length, DEPTH, cases[i].flags, &value, &err),
            RESULT_OK);
        assert_int_equal(json_encode(value, 1000, &text, NULL), RESULT_OK);
        assert_string_equal(text, cases[i].expected);
    }
}

static void
bad_texts_are_named_with_their_position(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        unsigned flags;
        const char *says;
    } cases[] = {
        {BYTES(""), 0, "expected near end of file"},
        {BYTES("   "), 0, "expected near end of file"},
        {BYTES("tru"), JSON_FLAG_SCALAR, "at byte 3"},
        {BYTES("\"x\""), 0, "'[' or '{' expected"},
        {BYTES("7"), 0, "'[' or '{' expected"},
        {BYTES("[1,2"), 0, "near end of file at byte 4"},
        {BYTES("[1,]"), 0, "near ']' at byte 4"},
        {BYTES("[1] x"), 0, "end of file expected near 'x' at byte 5"},
        {BYTES("{\"a\" 1}"), 0, "':' expected near '1' at byte 6"},
        {BYTES("{\"a\":1,\"b\":2,\"a\":3}"), 0, "duplicate object key near '\"a\"' at byte 16"},
        {BYTES("{\"x\":{\"a\":1,\"\\u0061\":2}}"), 0, "duplicate object key"},
        {BYTES("{\"a\":1e400}"), 0, "real number overflow near '1e400' at byte 10"},
        {BYTES("{\"a\":-1e400}"), 0, "real number overflow near '-1e400' at byte 11"},
        {BYTES("{\n\"a\":\n12345678901234567890}"), 0,
         "too big integer near '12345678901234567890' at byte 27 (line 3)"},
        {BYTES("[-12345678901234567890]"), 0, "too big negative integer at byte 22"},
        {BYTES("[01]"), 0, "invalid token near '0' at byte 2"},
        {BYTES("[1.]"), 0, "invalid token"},
        {BYTES("[.5]"), 0, "invalid token"},
        {BYTES("[NaN]"), 0, "invalid token near 'NaN'"},
        {BYTES("['a']"), 0, "invalid token"},
        {BYTES("{\"a\":\"\xFF\"}"), 0, "not valid UTF-8 at byte 7"},
        {BYTES("{\"a\":\"\xC3\"}"), 0, "not valid UTF-8 at byte 7"},
        {BYTES("[\"\xED\xA0\x80\"]"), 0, "not valid UTF-8 at byte 3"},
        {BYTES("[\"a\xE2\x82"), 0, "not valid UTF-8 at byte 4"},
        {BYTES("[\"a\0b\"]"), 0, "a NUL at byte 4"},
        {BYTES("[1]\0"), 0, "a NUL at byte 4"},
        {BYTES("[\"\\u0000\"]"), 0, "\\u0000 in a string at byte 9"},
        {BYTES("{\"\\u0000\":1}"), 0, "\\u0000"},
        {BYTES("[\"\\ud800\"]"), 0, "invalid Unicode"},
        {BYTES("[\"\\x\"]"), 0, "invalid escape"},
        {BYTES("[\"\\\xC3\xA4\"]"), 0, "invalid escape near '\"\\\xEF\xBF\xBD' at byte 4"},
        {BYTES("[\"a\nb\"]"), 0, "unexpected newline"},
        {BYTES("[\"abc"), 0, "premature end of input"},
        {BYTES("[\"abc\\"), 0, "at byte 6"},
        {BYTES("\xEF\xBB\xBF{}"), 0, "'[' or '{' expected"},
        {BYTES("\xEF\xBB\xBF\xEF\xBB\xBF{}"), JSON_FLAG_BOM, "'[' or '{' expected"},
        {BYTES("\xEF\xBB\xBF[1,]"), JSON_FLAG_BOM, "at byte 7"},
        {BYTES("\xEF\xBB\xBF[\"\xFF\"]"), JSON_FLAG_BOM, "not valid UTF-8 at byte 6"},
        {BYTES("\xEF\xBB"), JSON_FLAG_BOM, "not valid UTF-8 at byte 1"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *value = NULL;
        struct error err = {0};

        assert_int_equal(
            json_decode(cases[i].bytes, cases[i].length, DEPTH, cases[i].flags, &value, &err),
            RESULT_REJECTED);
        assert_null(value);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu says \"%s\", not \"%s\"", i, err.text, cases[i].says);
    }
}

/* `depth` levels of arrays and objects in turn, closed or not. */
static char *
nested(unsigned depth, bool closed)
{
    struct buffer text;
    char *result = NULL;

    buffer_init(&text, 100000);
    for (unsigned i = 0; i < depth; i++)
        buffer_append_text(&text, i % 2 == 0 ? "[" : "{\"a\":");
    if (closed) {
        buffer_append_byte(&text, '1');
        for (unsigned i = depth; i-- > 0;)
            buffer_append_byte(&text, i % 2 == 0 ? ']' : '}');
    }
    assert_int_equal(buffer_take(&text, &result, NULL), RESULT_OK);
    return result;
}

static void
nesting_is_bounded(void **state)
{
    (void)state;
    static const struct {
        unsigned depth;
        bool closed;
        unsigned max_depth;
        enum result result;
    } cases[] = {
        {32, true, 32, RESULT_OK},
        {33, true, 32, RESULT_REJECTED},
        {1, true, 1, RESULT_OK},
        {2, true, 1, RESULT_REJECTED},
        {3000, true, 32, RESULT_REJECTED},
        {3000, false, 32, RESULT_REJECTED},
        {JSON_DECODE_MAX_DEPTH, true, 5000, RESULT_OK},
        {JSON_DECODE_MAX_DEPTH + 1, true, 5000, RESULT_REJECTED},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cleanup_free) char *text = nested(cases[i].depth, cases[i].closed);
        AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;
        struct error err = {0};

        assert_int_equal(json_decode(text, strlen(text), cases[i].max_depth, 0, &value, &err),
                         cases[i].result);
        if (cases[i].result != RESULT_OK)
            assert_non_null(strstr(err.text, "nested deeper than"));
    }
}

static void
an_encoding_has_its_maximum(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *value = json_pack("{s:s, s:f}", "b", "x", "a", 19.99);
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    size_t length = 0;

    assert_int_equal(json_encode(value, 18, &text, &length), RESULT_REJECTED);
    assert_null(text);
    assert_int_equal(json_encode(value, 19, &text, &length), RESULT_OK);
    assert_string_equal(text, "{\"b\":\"x\",\"a\":19.99}");
    assert_int_equal(length, 19);
    assert_int_equal(json_encode(NULL, 100, &text, &length), RESULT_FAILED);
}

static void
members_are_told_from_what_is_absent(void **state)
{
    (void)state;
    const char *text = "{\"text\":\"x\",\"empty\":\"\",\"int\":638780593453014191,\"real\":1.0,"
                       "\"yes\":true,\"no\":false,\"null\":null,\"array\":[],\"object\":{},"
                       "\"amount\":\"12.50\"}";
    AMSYNC_CLEANUP(cleanup_json) json_t *object = NULL;
    int64_t integer = 7;
    bool flag = false;
    struct decimal amount = DECIMAL_ZERO;
    struct decimal_buffer buffer;

    assert_int_equal(json_decode(text, strlen(text), DEPTH, 0, &object, NULL), RESULT_OK);

    assert_string_equal(json_object_text(object, "text"), "x");
    assert_string_equal(json_object_text(object, "empty"), "");
    assert_null(json_object_text(object, "int"));
    assert_null(json_object_text(object, "null"));
    assert_null(json_object_text(object, "absent"));
    assert_null(json_object_text(NULL, "text"));
    assert_null(json_object_text(json_object_get(object, "array"), "text"));

    assert_int_equal(json_object_int64(object, "real", &integer), RESULT_REJECTED);
    assert_int_equal(json_object_int64(object, "text", &integer), RESULT_REJECTED);
    assert_int_equal(json_object_int64(object, "null", &integer), RESULT_NONE);
    assert_int_equal(json_object_int64(object, "absent", &integer), RESULT_NONE);
    assert_int_equal(json_object_int64(NULL, "int", &integer), RESULT_NONE);
    assert_int_equal(integer, 7);
    assert_int_equal(json_object_int64(object, "int", &integer), RESULT_OK);
    assert_true(integer == 638780593453014191);

    assert_int_equal(json_object_bool(object, "yes", &flag), RESULT_OK);
    assert_true(flag);
    assert_int_equal(json_object_bool(object, "null", &flag), RESULT_NONE);
    assert_int_equal(json_object_bool(object, "int", &flag), RESULT_REJECTED);
    assert_true(flag);
    assert_int_equal(json_object_bool(object, "no", &flag), RESULT_OK);
    assert_false(flag);

    assert_int_equal(json_object_decimal(object, "amount", &amount), RESULT_OK);
    assert_string_equal(decimal_text(amount, 2, &buffer), "12.50");
    assert_int_equal(json_object_decimal(object, "absent", &amount), RESULT_NONE);
    assert_int_equal(json_object_decimal(object, "yes", &amount), RESULT_REJECTED);

    assert_non_null(json_object_array(object, "array"));
    assert_null(json_object_array(object, "object"));
    assert_non_null(json_object_object(object, "object"));
    assert_null(json_object_object(object, "array"));
    assert_null(json_object_object(object, "absent"));
}

/* Their size in memory has little to do with that of the text. */
static void
objects_and_arrays_are_bounded_in_number(void **state)
{
    enum { COUNT = JSON_DECODE_MAX_CONTAINERS };
    AMSYNC_CLEANUP(cleanup_free) char *text = malloc((size_t)3 * COUNT + 2);

    (void)state;
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < COUNT; i++)
        memcpy(text + 1 + 3 * i, "{},", 3);
    text[(size_t)3 * COUNT] = ']';
    for (size_t left_out = 0; left_out < 2; left_out++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;
        struct error err;

        /* One object fewer makes room for the array around them. */
        if (left_out > 0)
            memcpy(text + 1, "0 ", 2);
        assert_int_equal(json_decode(text, (size_t)3 * COUNT + 1, 8, 0, &value, &err),
                         left_out > 0 ? RESULT_OK : RESULT_REJECTED);
        if (left_out == 0)
            assert_non_null(strstr(err.text, "more than 500000 objects and arrays"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_are_decoded),
        cmocka_unit_test(bad_texts_are_named_with_their_position),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(an_encoding_has_its_maximum),
        cmocka_unit_test(members_are_told_from_what_is_absent),
        cmocka_unit_test(objects_and_arrays_are_bounded_in_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
