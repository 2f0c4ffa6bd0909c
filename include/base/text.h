/*
 * Text: UTF-8, strict numbers, lists. "Blank" is ASCII white space; letters are compared and
 * trimmed as ASCII, never by locale. All functions are pure and may be called on any thread.
 */
#ifndef AMSYNC_BASE_TEXT_H
#define AMSYNC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* A list of texts that it owns; `{0}` is empty. */
struct text_list {
    char **items;
    size_t count;
};

/* The bytes of the valid UTF-8 character at the start, 1 to 4; 0 when there is none. */
size_t text_utf8_character(const char *bytes, size_t length);

/* Whether all of it is UTF-8 (RFC 3629: no surrogates, nothing overlong). A NUL counts as valid. */
bool text_is_utf8(const char *bytes, size_t length);

/* Appends the bytes, each one that does not belong to a valid character as U+FFFD. */
void text_append_utf8(struct buffer *buffer, const char *bytes, size_t length);

/* The length in bytes of the first `max_characters` characters; `text` is valid UTF-8. */
size_t text_prefix_bytes(const char *text, size_t max_characters);

/* A copy of at most `max_characters` characters, to be freed; NULL when out of memory. */
char *text_cut_copy(const char *text, size_t max_characters);

/* A copy without blanks at either end, to be freed; NULL when out of memory. */
char *text_trim_copy(const char *text);

/* NULL, empty or blank. */
bool text_is_blank(const char *text);

bool text_equals_ignore_case(const char *left, const char *right);
bool text_starts_with(const char *text, const char *prefix);

/* Appends as RFC 3986: everything but letters, digits and `-._~` as %XX in upper case. */
void text_append_percent_encoded(struct buffer *buffer, const char *bytes, size_t length);

/*
 * Reads `-`? digits, nothing before or after.
 * RESULT_REJECTED: NULL, anything else, or outside `min` to `max`.
 */
AMSYNC_MUST_USE enum result parse_int64(const char *text, int64_t min, int64_t max,
                                        int64_t *ret_value);

/*
 * Splits at commas, trims each item and leaves out empty ones. On success the caller frees the list
 * with text_list_free. RESULT_FAILED: out of memory.
 */
AMSYNC_MUST_USE enum result text_split_list(const char *text, struct text_list *ret_list);

void text_list_free(struct text_list *list);

/* Whether one item equals `text` to the letter. */
bool text_list_contains(const struct text_list *list, const char *text);

/* Overwrites `secret`, as it is and percent-encoded, with asterisks wherever it occurs. One of less than
 * TEXT_SECRET_MIN characters, which occurs in any text, is left, and so is NULL. RESULT_FAILED: out of
 * memory. */
#define TEXT_SECRET_MIN 8
AMSYNC_MUST_USE enum result text_mask_secret(char *bytes, size_t length, const char *secret);

#endif
