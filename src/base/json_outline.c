#include "base/json_outline.h"

#include <string.h>

#include "base/text.h"

/* An object with more members is jansson's: each name is compared with all before it. */
#define MEMBERS_MAX 64

/* Digits that an int64 holds whatever they are. */
#define INTEGER_DIGITS_MAX 18
/* Far below the 308 digits before the point that a double holds. */
#define REAL_CHARACTERS_MAX 100

/*
 * Reads what is plainly JSON. Each function reads one thing and returns false where it is in doubt,
 * be it that the text is wrong or only unusual: jansson decides then, from the beginning.
 */
struct scan {
    const char *at;
    const char *end;
    unsigned depth_left;
    size_t containers_left;
};

/* A piece of the text. */
struct span {
    const char *start;
    size_t length;
};

static void
skip_space(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
}

static bool
take(struct scan *scan, char expected)
{
    if (scan->at == scan->end || *scan->at != expected)
        return false;
    scan->at++;
    return true;
}

static bool
take_word(struct scan *scan, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
        return false;
    scan->at += length;
    return true;
}

/* \uXXXX may be half a character, or a NUL: in doubt. */
static bool
take_escape(struct scan *scan)
{
    scan->at++;
    if (scan->at == scan->end || *scan->at == '\0' || strchr("\"\\/bfnrt", *scan->at) == NULL)
        return false;
    scan->at++;
    return true;
}

/* What is between the quotes, escapes and all. */
static bool
take_string(struct scan *scan, struct span *ret_content, bool *ret_escaped)
{
    bool escaped = false;

    if (!take(scan, '"'))
        return false;

    const char *start = scan->at;

    while (scan->at < scan->end && *scan->at != '"') {
        unsigned char c = (unsigned char)*scan->at;
        size_t size = c < 0x80 ? 1 : text_utf8_character(scan->at, (size_t)(scan->end - scan->at));

        if (c < 0x20 || size == 0)
            return false;
        if (c == '\\') {
            if (!take_escape(scan))
                return false;
            escaped = true;
        } else {
            scan->at += size;
        }
    }
    *ret_content = (struct span){.start = start, .length = (size_t)(scan->at - start)};
    *ret_escaped = escaped;
    return take(scan, '"');
}

static size_t
count_digits(struct scan *scan)
{
    const char *start = scan->at;

    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return (size_t)(scan->at - start);
}

/* A number that int64 or double holds without a second look; an exponent needs one. */
static bool
take_number(struct scan *scan, bool *ret_integer)
{
    const char *start = scan->at;

    (void)take(scan, '-');

    bool zero = scan->at < scan->end && *scan->at == '0';
    size_t digits = count_digits(scan);

    if (digits == 0 || (zero && digits > 1))
        return false;
    *ret_integer = !take(scan, '.');
    if (*ret_integer)
        return digits <= INTEGER_DIGITS_MAX;
    return count_digits(scan) > 0 && scan->at - start <= REAL_CHARACTERS_MAX;
}

static bool take_value(struct scan *scan);

static bool
enter(struct scan *scan)
{
    if (scan->depth_left == 0 || scan->containers_left == 0)
        return false;
    scan->depth_left--;
    scan->containers_left--;
    scan->at++;
    skip_space(scan);
    return true;
}

static bool
leave(struct scan *scan, char bracket)
{
    scan->depth_left++;
    return take(scan, bracket);
}

/* Whether another element follows. */
static bool
take_comma(struct scan *scan)
{
    skip_space(scan);
    if (!take(scan, ','))
        return false;
    skip_space(scan);
    return true;
}

static bool
is_new(const struct span *names, size_t count)
{
    const struct span *last = &names[count];

    for (size_t i = 0; i < count; i++)
        if (names[i].length == last->length &&
            memcmp(names[i].start, last->start, last->length) == 0)
            return false;
    return true;
}

/* Reads the name of the member after the first `count`, and the colon. */
static bool
take_name(struct scan *scan, struct span names[MEMBERS_MAX], size_t count)
{
    bool escaped;

    if (count == MEMBERS_MAX || !take_string(scan, &names[count], &escaped) || escaped ||
        !is_new(names, count))
        return false;
    skip_space(scan);
    if (!take(scan, ':'))
        return false;
    skip_space(scan);
    return true;
}

static bool
take_object(struct scan *scan)
{
    struct span names[MEMBERS_MAX];
    size_t count = 0;

    if (!enter(scan))
        return false;
    if (scan->at < scan->end && *scan->at != '}') {
        do {
            if (!take_name(scan, names, count) || !take_value(scan))
                return false;
            count++;
        } while (take_comma(scan));
    }
    return leave(scan, '}');
}

static bool
take_array(struct scan *scan)
{
    if (!enter(scan))
        return false;
    if (scan->at < scan->end && *scan->at != ']') {
        do {
            if (!take_value(scan))
                return false;
        } while (take_comma(scan));
    }
    return leave(scan, ']');
}

static bool
take_value(struct scan *scan)
{
    struct span content;
    bool ignored;

    if (scan->at == scan->end)
        return false;
    switch (*scan->at) {
    case '"':
        return take_string(scan, &content, &ignored);
    case '{':
        return take_object(scan);
    case '[':
        return take_array(scan);
    case 't':
        return take_word(scan, "true");
    case 'f':
        return take_word(scan, "false");
    case 'n':
        return take_word(scan, "null");
    default:
        return take_number(scan, &ignored);
    }
}

/* An array of objects, each of them the same empty one; of anything else: in doubt. */
static json_t *
outline_array(struct scan *scan)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *array = json_array();
    AMSYNC_CLEANUP(cleanup_json) json_t *empty = json_object();

    if (!enter(scan))
        return NULL;
    if (scan->at < scan->end && *scan->at != ']') {
        do {
            if (scan->at == scan->end || *scan->at != '{' || !take_object(scan) ||
                json_array_append(array, empty) != 0)
                return NULL;
        } while (take_comma(scan));
    }
    return leave(scan, ']') ? TAKE_PTR(array) : NULL;
}

static json_t *
outline_text(struct scan *scan)
{
    struct span content;
    bool escaped;

    if (!take_string(scan, &content, &escaped) || escaped)
        return NULL;
    return json_stringn_nocheck(content.start, content.length);
}

static json_t *
outline_integer(struct scan *scan)
{
    struct scan digits = *scan;
    long long value = 0;
    bool negative = take(&digits, '-');
    bool integer;

    if (!take_number(scan, &integer) || !integer)
        return NULL;
    for (; digits.at < scan->at; digits.at++)
        value = 10 * value + (*digits.at - '0');
    return json_integer(negative ? -value : value);
}

/* The outline of a member's value. NULL: in doubt, or out of memory. */
static json_t *
outline_member(struct scan *scan)
{
    if (scan->at == scan->end)
        return NULL;
    switch (*scan->at) {
    case '"':
        return outline_text(scan);
    case '{':
        return take_object(scan) ? json_object() : NULL;
    case '[':
        return outline_array(scan);
    case 't':
        return take_word(scan, "true") ? json_true() : NULL;
    case 'f':
        return take_word(scan, "false") ? json_false() : NULL;
    case 'n':
        return take_word(scan, "null") ? json_null() : NULL;
    default:
        return outline_integer(scan);
    }
}

/* Of the whole text. NULL: in doubt, or out of memory. */
static json_t *
outline(struct scan *scan)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *root = json_object();
    struct span names[MEMBERS_MAX];
    size_t count = 0;

    skip_space(scan);
    if (scan->at == scan->end || *scan->at != '{' || !enter(scan))
        return NULL;
    if (scan->at < scan->end && *scan->at != '}') {
        do {
            if (!take_name(scan, names, count))
                return NULL;
            const struct span *name = &names[count++];
            json_t *member = outline_member(scan);
            if (json_object_setn_new_nocheck(root, name->start, name->length, member) != 0)
                return NULL;
        } while (take_comma(scan));
    }
    if (!leave(scan, '}'))
        return NULL;
    skip_space(scan);
    return scan->at == scan->end ? TAKE_PTR(root) : NULL;
}

enum result
json_decode_outline(const char *bytes, size_t length, unsigned max_depth, unsigned flags,
                    json_t **ret_value, struct error *err)
{
    size_t start = json_text_start(bytes, length, flags);
    struct scan scan = {
        .at = bytes + start,
        .end = bytes + length,
        .depth_left = max_depth < JSON_DECODE_MAX_DEPTH ? max_depth : JSON_DECODE_MAX_DEPTH,
        .containers_left = JSON_DECODE_MAX_CONTAINERS,
    };
    json_t *value = outline(&scan);

    if (value == NULL)
        return json_decode(bytes, length, max_depth, flags, ret_value, err);
    *ret_value = value;
    return RESULT_OK;
}
