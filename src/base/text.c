#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static bool
is_blank_character(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char
to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char *
copy(const char *text, size_t length)
{
    char *result = malloc(length + 1);

    if (result == NULL)
        return NULL;
    memcpy(result, text, length);
    result[length] = '\0';
    return result;
}

/* The part without blanks at its ends. */
static const char *
trimmed(const char *text, size_t *length)
{
    while (*length > 0 && is_blank_character(text[0])) {
        text++;
        (*length)--;
    }
    while (*length > 0 && is_blank_character(text[*length - 1]))
        (*length)--;
    return text;
}

char *
text_trim_copy(const char *text)
{
    size_t length = strlen(text);
    const char *start = trimmed(text, &length);

    return copy(start, length);
}

bool
text_is_blank(const char *text)
{
    if (text == NULL)
        return true;
    while (is_blank_character(*text))
        text++;
    return *text == '\0';
}

bool
text_equals_ignore_case(const char *left, const char *right)
{
    while (*left != '\0' && to_lower(*left) == to_lower(*right)) {
        left++;
        right++;
    }
    return to_lower(*left) == to_lower(*right);
}

bool
text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

void
text_append_percent_encoded(struct buffer *buffer, const char *bytes, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool kept = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_' || c == '~';

        if (kept) {
            buffer_append_byte(buffer, bytes[i]);
        } else {
            buffer_append(buffer, (char[]){'%', digits[c >> 4], digits[c & 0xF]}, 3);
        }
    }
}

enum result
parse_int64(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    if (text == NULL)
        return RESULT_REJECTED;

    bool negative = *text == '-';
    int64_t value = 0;
    const char *at = negative ? text + 1 : text;

    if (*at == '\0')
        return RESULT_REJECTED;
    for (; *at != '\0'; at++) {
        int64_t digit = *at - '0';

        if (digit < 0 || digit > 9)
            return RESULT_REJECTED;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return RESULT_REJECTED;
    }
    if (value < min || value > max)
        return RESULT_REJECTED;
    *ret_value = value;
    return RESULT_OK;
}

static bool
list_add(struct text_list *list, const char *text, size_t length)
{
    char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

    if (items == NULL)
        return false;
    list->items = items;
    items[list->count] = copy(text, length);
    if (items[list->count] == NULL)
        return false;
    list->count++;
    return true;
}

enum result
text_split_list(const char *text, struct text_list *ret_list)
{
    struct text_list list = {0};
    const char *at = text;

    for (;;) {
        size_t raw_length = strcspn(at, ",");
        size_t length = raw_length;
        const char *start = trimmed(at, &length);

        if (length > 0 && !list_add(&list, start, length)) {
            text_list_free(&list);
            return RESULT_FAILED;
        }
        if (at[raw_length] == '\0')
            break;
        at += raw_length + 1;
    }
    *ret_list = list;
    return RESULT_OK;
}

void
text_list_free(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct text_list){0};
}

bool
text_list_contains(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

static void
mask(char *bytes, size_t length, const char *word)
{
    size_t word_length = strlen(word);
    char *end = bytes + length;
    char *found = bytes;

    while ((found = memmem(found, (size_t)(end - found), word, word_length)) != NULL) {
        memset(found, '*', word_length);
        found += word_length;
    }
}

enum result
text_mask_secret(char *bytes, size_t length, const char *secret)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer encoded = BUFFER_INITIAL(SIZE_MAX / 4);

    if (secret == NULL || length == 0 || strlen(secret) < TEXT_SECRET_MIN)
        return RESULT_OK;
    text_append_percent_encoded(&encoded, secret, strlen(secret));
    if (buffer_result(&encoded) != RESULT_OK)
        return RESULT_FAILED;
    mask(bytes, length, secret);
    mask(bytes, length, buffer_text(&encoded));
    return RESULT_OK;
}
