/* Whatever comes in, what goes out is UTF-8, cut between characters, encoded in ASCII. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"
#include "fuzz.h"

static void
check_cuts(const char *text)
{
    for (size_t characters = 0; characters < 20; characters++) {
        size_t length = text_prefix_bytes(text, characters);

        fuzz_require(length <= 4 * characters, "a character has at most four bytes");
        fuzz_require(text_is_utf8(text, length), "a cut leaves whole characters");
    }
}

static void
check_list(const char *text)
{
    AMSYNC_CLEANUP(text_list_free) struct text_list list = {0};

    fuzz_require(text_split_list(text, &list) == RESULT_OK, "any text can be split");
    for (size_t i = 0; i < list.count; i++) {
        fuzz_require(!text_is_blank(list.items[i]), "no item is blank");
        fuzz_require(strchr(list.items[i], ',') == NULL, "no item has a comma");
    }
}

static void
check_problem(const char *text)
{
    AMSYNC_CLEANUP(cleanup_free) char *problem = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *body = NULL;

    fuzz_require(problem_json(400, text, &problem) == RESULT_OK, "any detail makes a problem");
    fuzz_require(json_decode(problem, strlen(problem), 1, 0, &body, NULL) == RESULT_OK,
                 "a problem is JSON");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    AMSYNC_CLEANUP(buffer_free) struct buffer clean = BUFFER_INITIAL(3 * size);
    AMSYNC_CLEANUP(buffer_free) struct buffer encoded = BUFFER_INITIAL(3 * size);
    struct error err;

    text_append_utf8(&clean, (const char *)data, size);
    fuzz_require(buffer_result(&clean) == RESULT_OK, "a byte becomes at most three");
    fuzz_require(text_is_utf8(buffer_text(&clean), clean.length), "what is cleaned is UTF-8");
    if (text_is_utf8((const char *)data, size))
        fuzz_require(clean.length == size, "UTF-8 stays as it is");
    text_append_percent_encoded(&encoded, (const char *)data, size);
    fuzz_require(buffer_result(&encoded) == RESULT_OK, "a byte is encoded in at most three");
    check_cuts(buffer_text(&clean));
    check_list(text);
    check_problem(text);
    error_set(&err, "%s", buffer_text(&clean));
    fuzz_require(text_is_utf8(err.text, strlen(err.text)), "a message is cut between characters");
    return 0;
}
