#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT_CHARACTER "\xEF\xBF\xBD"

static bool
is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The bounds of the second byte exclude what is overlong, a surrogate or above U+10FFFF. */
static size_t
multibyte_character(const unsigned char *bytes, size_t length)
{
    unsigned char lead = bytes[0];
    size_t needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    unsigned char second_min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char second_max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

    if (lead < 0xC2 || lead > 0xF4 || length < needed)
        return 0;
    if (bytes[1] < second_min || bytes[1] > second_max)
        return 0;
    for (size_t i = 2; i < needed; i++) {
        if (!is_continuation(bytes[i]))
            return 0;
    }
    return needed;
}

size_t
text_utf8_character(const char *bytes, size_t length)
{
    if (length == 0)
        return 0;
    if ((unsigned char)bytes[0] < 0x80)
        return 1;
    return multibyte_character((const unsigned char *)bytes, length);
}

bool
text_is_utf8(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t size = text_utf8_character(bytes + at, length - at);

        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

void
text_append_utf8(struct buffer *buffer, const char *bytes, size_t length)
{
    size_t appended = 0;
    size_t at = 0;

    while (at < length) {
        size_t size = text_utf8_character(bytes + at, length - at);

        if (size == 0) {
            buffer_append(buffer, bytes + appended, at - appended);
            buffer_append_text(buffer, REPLACEMENT_CHARACTER);
            appended = at + 1;
        }
        at += size == 0 ? 1 : size;
    }
    buffer_append(buffer, bytes + appended, length - appended);
}

size_t
text_prefix_bytes(const char *text, size_t max_characters)
{
    size_t at = 0;
    size_t characters = 0;

    for (; text[at] != '\0'; at++) {
        if (is_continuation((unsigned char)text[at]))
            continue;
        if (characters == max_characters)
            break;
        characters++;
    }
    return at;
}

char *
text_cut_copy(const char *text, size_t max_characters)
{
    return strndup(text, text_prefix_bytes(text, max_characters));
}
