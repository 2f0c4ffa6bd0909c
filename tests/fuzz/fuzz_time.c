/* A time that is read is written as one that is read as the same time. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct timestamp_buffer buffer;
    int64_t unix_ms;
    int64_t again = -1;
    int64_t duration_ms = 0;
    int64_t integer;

    if (timestamp_parse_rfc3339(text, &unix_ms) == RESULT_OK) {
        fuzz_require(timestamp_parse_rfc3339(timestamp_format_rfc3339(unix_ms, &buffer), &again) ==
                         RESULT_OK,
                     "a written time can be read");
        /* An offset may lead out of the years that can be written. */
        if (strncmp(text, "0001-01-01", 10) != 0 && strncmp(text, "9999-12-31", 10) != 0)
            fuzz_require(again == unix_ms, "it is the same time");
    }
    if (duration_parse(text, &duration_ms) == RESULT_OK)
        fuzz_require(duration_ms >= 1000 && duration_ms % 1000 == 0, "a duration is whole seconds");
    if (parse_int64(text, -1000, 1000, &integer) == RESULT_OK)
        fuzz_require(integer >= -1000 && integer <= 1000, "an integer is within its bounds");
    return 0;
}
