#include "sim/target.h"

#include <stdlib.h>
#include <string.h>

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Writes the decoded text to `out` (room for the length of `text` + 1) and returns its end. */
static char *
decode(const char *text, bool plus_is_space, char *out)
{
    for (; *text; text++) {
        int high = text[0] == '%' ? hex_digit(text[1]) : -1;
        int low = high >= 0 ? hex_digit(text[2]) : -1;
        if (low >= 0 && (high | low) != 0) {
            *out++ = (char)(high * 16 + low);
            text += 2;
        } else {
            *out++ = *text == '+' && plus_is_space ? ' ' : *text;
        }
    }
    *out++ = '\0';
    return out;
}

/* Splits the query in place and decodes each part into `free_space`. */
static bool
parse_query(char *query, struct target *target, char *free_space)
{
    char *rest = query;
    char *part;
    while ((part = strsep(&rest, "&")) != NULL) {
        if (!*part)
            continue;
        if (target->pair_count == TARGET_PAIRS_MAX)
            return false;
        struct target_pair *pair = &target->pairs[target->pair_count++];
        char *equals = strchr(part, '=');
        pair->has_equals = equals != NULL;
        pair->raw_name = part;
        pair->raw_value = "";
        if (equals) {
            *equals = '\0';
            pair->raw_value = equals + 1;
        }
        pair->name = free_space;
        free_space = decode(pair->raw_name, true, free_space);
        pair->value = free_space;
        free_space = decode(pair->raw_value, true, free_space);
    }
    return true;
}

/* "/rest/V1/..." or "/rest/<store>/V1/...", with or without "/index.php" before it. */
static bool
parse_call(struct target *target, char *path)
{
    const char *start = path;
    if (strncmp(path, "/index.php/", 11) == 0)
        path += 10;
    if (strncmp(path, "/rest/", 6) != 0)
        return true;
    char *rest = path + 6;
    if (strncmp(rest, "V1/", 3) != 0 && strncmp(rest, "V9/", 3) != 0) {
        char *slash = strchr(rest, '/');
        target->store = rest;
        if (!slash)
            return true;
        *slash = '\0';
        rest = slash + 1;
    }
    target->call = target->path + (rest - 1 - start);
    char *part;
    while ((part = strsep(&rest, "/")) != NULL) {
        if (target->segment_count == TARGET_SEGMENTS_MAX)
            return false;
        (void)decode(part, false, part);
        target->segments[target->segment_count++] = part;
    }
    if (target->segment_count > 0 && !*target->segments[target->segment_count - 1])
        target->segment_count--; /* one slash at the end changes nothing */
    return true;
}

bool
target_parse(const char *raw, struct target *ret_target)
{
    size_t length = strlen(raw);
    struct target target = {.store = "", .call = ""};
    /* as sent; a copy whose path is cut up; the decoded query */
    target.storage = malloc(4 * length + 8 + 2 * TARGET_PAIRS_MAX);
    if (!target.storage)
        return false;
    char *sent = target.storage;
    char *cut = sent + length + 1;
    char *decoded = cut + length + 1;
    memcpy(sent, raw, length + 1);
    char *question = strchr(sent, '?');
    bool fits = true;
    if (question) {
        *question = '\0';
        fits = parse_query(question + 1, &target, decoded);
    }
    target.path = sent;
    memcpy(cut, sent, strlen(sent) + 1);
    if (!fits || !parse_call(&target, cut)) {
        free(target.storage);
        return false;
    }
    *ret_target = target;
    return true;
}

void
target_clear(struct target *target)
{
    free(target->storage);
    *target = (struct target){0};
}

const char *
target_value(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->pair_count; i++) {
        if (strcmp(target->pairs[i].name, name) == 0)
            return target->pairs[i].value;
    }
    return NULL;
}
