#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
fuzz_require(bool holds, const char *property)
{
    if (holds)
        return;
    (void)fprintf(stderr, "does not hold: %s\n", property);
    abort();
}

char *
fuzz_text(const uint8_t *data, size_t size)
{
    /* Not strndup: with strict checks the sanitizer takes its source for a terminated string. */
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\0', size);
    size_t length = end != NULL ? (size_t)(end - data) : size;
    char *text = calloc(length + 1, 1);

    fuzz_require(text != NULL, "there is memory for the input");
    if (length > 0)
        memcpy(text, data, length);
    return text;
}
