#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* Steps back from a cut in the middle of a UTF-8 character. */
static void
trim_partial_character(char *text, size_t length)
{
    size_t start = length;

    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;

    unsigned char lead = (unsigned char)text[start - 1];
    size_t needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;

    if (length - (start - 1) < needed)
        text[start - 1] = '\0';
}

static void error_set_va(struct error *err, const char *format, va_list arguments)
    AMSYNC_PRINTF(2, 0);

static void
error_set_va(struct error *err, const char *format, va_list arguments)
{
    int length = vsnprintf(err->text, sizeof(err->text), format, arguments);

    if (length < 0)
        err->text[0] = '\0';
    else if ((size_t)length >= sizeof(err->text))
        trim_partial_character(err->text, sizeof(err->text) - 1);
}

void
error_set(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;

    va_list arguments;

    va_start(arguments, format);
    error_set_va(err, format, arguments);
    va_end(arguments);
}

enum result
error_result(struct error *err, enum result result, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;

        va_start(arguments, format);
        error_set_va(err, format, arguments);
        va_end(arguments);
    }
    return result;
}

void
error_prefix(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;

    struct error context;
    va_list arguments;

    va_start(arguments, format);
    error_set_va(&context, format, arguments);
    va_end(arguments);

    char lower[ERROR_TEXT_BYTES];

    memcpy(lower, err->text, sizeof(lower));
    error_set(err, "%s: %s", context.text, lower);
}

const char *
result_name(enum result result)
{
    switch (result) {
    case RESULT_OK:
        return "ok";
    case RESULT_NONE:
        return "none";
    case RESULT_RETRY:
        return "retry";
    case RESULT_REJECTED:
        return "rejected";
    case RESULT_FAILED:
        return "failed";
    }
    return "unknown";
}
