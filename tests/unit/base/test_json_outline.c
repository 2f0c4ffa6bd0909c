#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_outline.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DEPTH 6
#define MANY 70
/* A string literal with its length, so that it may hold NULs. */
#define BYTES(text) (text), sizeof(text) - 1

static json_t *
outline_of(const char *bytes, size_t length)
{
    json_t *value = NULL;
    struct error err = {0};

    assert_int_equal(json_decode_outline(bytes, length, DEPTH, JSON_FLAG_BOM, &value, &err),
                     RESULT_OK);
    return value;
}

static void
assert_outline(const char *bytes, size_t length, const char *expected)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *value = outline_of(bytes, length);
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;

    assert_int_equal(json_encode(value, 1000, &text, NULL), RESULT_OK);
    assert_string_equal(text, expected);
}

static void
what_is_below_the_members_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } cases[] = {
        {BYTES("{}"), "{}"},
        {BYTES(" { \"a\" : 1 , \"b\" : \"x\" } \r\n\t"), "{\"a\":1,\"b\":\"x\"}"},
        {BYTES("\xEF\xBB\xBF{\"a\":[]}"), "{\"a\":[]}"},
        {BYTES("{\"t\":638780593453014191,\"n\":-0,\"m\":-12,\"y\":true,\"f\":false,\"0\":null}"),
         "{\"t\":638780593453014191,\"n\":0,\"m\":-12,\"y\":true,\"f\":false,\"0\":null}"},
        {BYTES("{\"Inserted\":[{\"a\":1,\"b\":[1,{\"c\":{}}]} , "
               "{\"a\":\"\\n\\\"\\/\"},{}],\"o\":{\"p\":[]}}"),
         "{\"Inserted\":[{},{},{}],\"o\":{}}"},
        {BYTES("{\"r\":[{\"n\":-0.5,\"m\":10.25,\"\xC3\xA4\":\"\xF0\x9F\x9A\x80\"}]}"),
         "{\"r\":[{}]}"},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_outline(cases[i].bytes, cases[i].length, cases[i].expected);
}

/* Where it is unusual, and where it is wrong. */
static void
whatever_is_in_doubt_is_decoded_as_ever(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {BYTES("")},
        {BYTES(" ")},
        {BYTES("7")},
        {BYTES("[{\"a\":1}]")},
        {BYTES("{\"r\":[1,{\"a\":1}]}")},
        {BYTES("{\"r\":[{\"a\":1},2]}")},
        {BYTES("{\"a\":\"\\n\"}")},
        {BYTES("{\"a\\n\":{\"b\":1}}")},
        {BYTES("{\"a\":1.5}")},
        {BYTES("{\"a\":9223372036854775807}")},
        {BYTES("{\"a\":9223372036854775808}")},
        {BYTES("{\"r\":[{\"a\":9223372036854775808}]}")},
        {BYTES("{\"r\":[{\"a\":1e5}]}")},
        {BYTES("{\"r\":[{\"a\":1e999}]}")},
        {BYTES("{\"r\":[{\"a\":1e}]}")},
        {BYTES("{\"r\":[{\"a\":01}]}")},
        {BYTES("{\"r\":[{\"a\":1.}]}")},
        {BYTES("{\"r\":[{\"a\":-}]}")},
        {BYTES("{\"r\":[{\"a\":+1}]}")},
        {BYTES("{\"r\":[{\"a\":.5}]}")},
        {BYTES("{\"r\":[{\"a\":\"\\u00e4\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\\u0000\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\\ud83d\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\\x\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\\")},
        {BYTES("{\"r\":[{\"a\":\"\\\0\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\n\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\0\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\xC3\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"\xED\xA0\x80\"}]}")},
        {BYTES("{\"r\":[{\"a\":\"x")},
        {BYTES("{\"r\":[{\"a\":tru}]}")},
        {BYTES("{\"r\":[{\"a\":True}]}")},
        {BYTES("{\"r\":[{\"a\":nul")},
        {BYTES("{\"a\":1,\"a\":2}")},
        {BYTES("{\"r\":[{\"a\":1,\"b\":2,\"a\":3}]}")},
        {BYTES("{\"r\":[{\"a\":1,}]}")},
        {BYTES("{\"r\":[{\"a\":1},]}")},
        {BYTES("{\"r\":[,{\"a\":1}]}")},
        {BYTES("{\"r\":[{,\"a\":1}]}")},
        {BYTES("{\"r\":[{\"a\" 1}]}")},
        {BYTES("{\"r\":[{a:1}]}")},
        {BYTES("{\"r\":[{\"a\":}]}")},
        {BYTES("{\"r\":[{\"a\":1]}")},
        {BYTES("{\"r\":[{\"a\":[1}]}")},
        {BYTES("{\"r\":[{\"a\":1}}")},
        {BYTES("{\"r\":[{\"a\":1}]")},
        {BYTES("{\"r\":[{\"a\":1}]}}")},
        {BYTES("{\"r\":[{\"a\":1}]} x")},
        {BYTES("{\"r\":[{\"a\":1}]}\0")},
        {BYTES("{\"r\":[{\"a\":/* */1}]}")},
        {BYTES("{\"r\":[{\"a\":[[[[]]]]}]}")},
        {BYTES("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{}}}}}}}")},
        {BYTES("{\"a\xC3\":1}")},
        {BYTES("\xEF\xBB\xBF\xEF\xBB\xBF{\"a\":1}")},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *whole = NULL;
        AMSYNC_CLEANUP(cleanup_json) json_t *outline = NULL;
        struct error whole_err = {0};
        struct error err = {0};
        enum result expected =
            json_decode(cases[i].bytes, cases[i].length, DEPTH, JSON_FLAG_BOM, &whole, &whole_err);

        assert_int_equal(json_decode_outline(cases[i].bytes, cases[i].length, DEPTH, JSON_FLAG_BOM,
                                             &outline, &err),
                         expected);
        assert_string_equal(err.text, whole_err.text);
        assert_true((whole == NULL && outline == NULL) || json_equal(whole, outline));
    }
}

static void
an_object_of_very_many_members_is_decoded_as_ever(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json) json_t *row = json_object();
    AMSYNC_CLEANUP(cleanup_json) json_t *root = json_pack("{s:[O]}", "Inserted", row);
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    char name[16];

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "m%d", i);
        assert_int_equal(json_object_set_new(row, name, json_integer(i)), 0);
    }
    assert_int_equal(json_encode(root, 10000, &text, NULL), RESULT_OK);

    AMSYNC_CLEANUP(cleanup_json) json_t *outline = outline_of(text, strlen(text));

    assert_true(json_equal(outline, root));
}

/* {"a":[{},{}, ...]} with so many objects and arrays in all. */
static enum result
decode_containers(size_t count, struct error *err)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(4000000);
    AMSYNC_CLEANUP(cleanup_json) json_t *outline = NULL;

    buffer_append_text(&text, "{\"a\":[{}");
    for (size_t i = 3; i < count; i++)
        buffer_append_text(&text, ",{}");
    buffer_append_text(&text, "]}");
    return json_decode_outline(buffer_text(&text), text.length, DEPTH, 0, &outline, err);
}

static void
there_is_a_limit_to_objects_and_arrays(void **state)
{
    (void)state;
    struct error err = {0};

    assert_int_equal(decode_containers(JSON_DECODE_MAX_CONTAINERS, &err), RESULT_OK);
    assert_int_equal(decode_containers(JSON_DECODE_MAX_CONTAINERS + 1, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "more than 500000 objects and arrays"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_below_the_members_is_left_out),
        cmocka_unit_test(whatever_is_in_doubt_is_decoded_as_ever),
        cmocka_unit_test(an_object_of_very_many_members_is_decoded_as_ever),
        cmocka_unit_test(there_is_a_limit_to_objects_and_arrays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
