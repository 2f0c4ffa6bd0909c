/* What is decoded can be encoded and decoded again; what is not has a message. An outline says the same. */
#include <stdlib.h>
#include <string.h>

#include "base/json_outline.h"
#include "base/text.h"
#include "fuzz.h"

#define DEPTH 64
#define MAX_BYTES ((size_t)1 << 24)
#define FLAGS (JSON_FLAG_BOM | JSON_FLAG_SCALAR)

static bool
is_empty_object(const json_t *value)
{
    return json_is_object(value) && json_object_size(value) == 0;
}

/* Whether `outline` is `whole`, or what may be left of it. */
static bool
is_member_outline(const json_t *whole, const json_t *outline)
{
    if (json_equal(whole, outline) || (json_is_object(whole) && is_empty_object(outline)))
        return true;
    if (!json_is_array(whole) || !json_is_array(outline) ||
        json_array_size(whole) != json_array_size(outline))
        return false;
    for (size_t i = 0; i < json_array_size(whole); i++)
        if (!json_is_object(json_array_get(whole, i)) ||
            !is_empty_object(json_array_get(outline, i)))
            return false;
    return true;
}

static bool
is_outline(json_t *whole, const json_t *outline)
{
    const char *name;
    const json_t *member;

    if (json_equal(whole, outline))
        return true;
    if (!json_is_object(whole) || json_object_size(whole) != json_object_size(outline))
        return false;
    json_object_foreach(
        whole, name,
        member) if (!is_member_outline(member, json_object_get(outline, name))) return false;
    return true;
}

static void
compare_outline(const char *bytes, size_t size, enum result expected, json_t *whole,
                const struct error *whole_err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *outline = NULL;
    struct error err = {0};

    fuzz_require(json_decode_outline(bytes, size, DEPTH, FLAGS, &outline, &err) == expected,
                 "an outline is accepted as the whole is");
    fuzz_require(strcmp(err.text, whole_err->text) == 0, "it is refused in the same words");
    fuzz_require(expected != RESULT_OK || is_outline(whole, outline), "it is one of the whole");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *again = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *second_text = NULL;
    struct error err = {0};
    size_t length;

    enum result decoded = json_decode((const char *)data, size, DEPTH, FLAGS, &value, &err);

    compare_outline((const char *)data, size, decoded, value, &err);
    if (decoded != RESULT_OK) {
        fuzz_require(err.text[0] != '\0', "a refusal says why");
        fuzz_require(text_is_utf8(err.text, strlen(err.text)), "the reason is UTF-8");
        return 0;
    }
    fuzz_require(json_encode(value, MAX_BYTES, &text, &length) == RESULT_OK,
                 "a decoded value can be encoded");
    if (json_decode(text, length, DEPTH, JSON_FLAG_SCALAR, &again, &err) != RESULT_OK) {
        /* With 15 digits the largest double is rounded up to more than a double. */
        fuzz_require(strstr(err.text, "real number overflow") != NULL,
                     "an encoded value can be decoded");
        return 0;
    }
    fuzz_require(json_encode(again, MAX_BYTES, &second_text, NULL) == RESULT_OK,
                 "it can be encoded again");
    fuzz_require(strcmp(text, second_text) == 0, "the second encoding is the first");
    return 0;
}
