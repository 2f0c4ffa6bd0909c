/* What is decoded can be encoded and decoded again; what is not has a message. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"

#define DEPTH 64
#define MAX_BYTES ((size_t)1 << 24)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *value = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *again = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *second_text = NULL;
    struct error err = {0};
    size_t length;

    if (json_decode((const char *)data, size, DEPTH, JSON_FLAG_BOM | JSON_FLAG_SCALAR, &value,
                    &err) != RESULT_OK) {
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
