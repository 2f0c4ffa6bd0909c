#include "sync/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define KEY_BYTES 64

void
body_put(json_t *object, const char *key, json_t *value, bool *failed)
{
    if (json_object_set_new(object, key, value) != 0)
        *failed = true;
}

void
body_append(json_t *array, json_t *value, bool *failed)
{
    if (json_array_append_new(array, value) != 0)
        *failed = true;
}

/* Appends what is kept of one character, and returns how many bytes that is. */
static size_t
keep_character(const char *character, size_t size, char *ret_kept)
{
    bool control = size == 1 && ((unsigned char)character[0] < ' ' || character[0] == '\x7F');

    if (size == 4)
        return 0;
    memcpy(ret_kept, control ? " " : character, size);
    return size;
}

char *
body_text_copy(const char *text, size_t max_characters)
{
    size_t length = strlen(text);
    AMSYNC_CLEANUP(cleanup_free) char *kept = malloc(length + 1);
    size_t used = 0;
    size_t at = 0;

    if (kept == NULL)
        return NULL;
    while (at < length) {
        size_t size = text_utf8_character(text + at, length - at);

        /* JSON has let only UTF-8 through; anything else would be left out. */
        if (size > 0)
            used += keep_character(text + at, size, kept + used);
        at += size > 0 ? size : 1;
    }
    kept[used] = '\0';

    AMSYNC_CLEANUP(cleanup_free) char *trimmed = text_trim_copy(kept);

    return trimmed != NULL ? text_cut_copy(trimmed, max_characters) : NULL;
}

json_t *
body_text(const char *text, size_t max_characters)
{
    AMSYNC_CLEANUP(cleanup_free) char *copy = body_text_copy(text, max_characters);

    return copy != NULL ? json_string(copy) : NULL;
}

void
body_put_text(json_t *object, const char *key, const char *text, size_t max_characters,
              bool *failed)
{
    body_put(object, key, body_text(text, max_characters), failed);
}

void
body_put_decimal(json_t *object, const char *key, struct decimal value, bool *failed)
{
    body_put(object, key, decimal_json(value), failed);
}

void
body_put_amounts(json_t *object, const char *key, struct decimal amount, struct decimal base,
                 bool *failed)
{
    char base_key[KEY_BYTES];

    (void)snprintf(base_key, sizeof(base_key), "base_%s", key);
    body_put_decimal(object, base_key, base, failed);
    body_put_decimal(object, key, amount, failed);
}

json_t *
body_comment(const char *text, bool *failed)
{
    json_t *comment = json_object();

    body_put(comment, "comment", json_string(text), failed);
    body_put(comment, "is_visible_on_front", json_integer(0), failed);
    return comment;
}
