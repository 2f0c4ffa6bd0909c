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
    char *text = size == 0 ? strdup("") : strndup((const char *)data, size);

    fuzz_require(text != NULL, "there is memory for the input");
    return text;
}
