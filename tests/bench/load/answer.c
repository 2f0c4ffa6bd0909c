#include "answer.h"

#include <string.h>

#define STATUS_OFFSET 9 /* behind "HTTP/1.1 " */

static const char *
header_value(const struct answer *answer, const char *name)
{
    const char *found = strcasestr(answer->header, name);
    if (!found)
        return NULL;
    found += strlen(name);
    return found + strspn(found, " ");
}

/* The digits that the text begins with; 18 of them always fit. */
static size_t
leading_number(const char *text)
{
    size_t number = 0;
    for (int i = 0; i < 18 && text[i] >= '0' && text[i] <= '9'; i++)
        number = 10 * number + (size_t)(text[i] - '0');
    return number;
}

/* `header` ends behind the empty line. */
static bool
parse_header(struct answer *answer)
{
    if (answer->header_length < STATUS_OFFSET + 3 || strncmp(answer->header, "HTTP/1.", 7) != 0)
        return false;
    answer->status = (unsigned)leading_number(answer->header + STATUS_OFFSET);
    const char *length = header_value(answer, "\r\nContent-Length:");
    if (!length && answer->status != 204)
        return false;
    answer->body_left = length ? leading_number(length) : 0;
    const char *connection = header_value(answer, "\r\nConnection:");
    answer->closes = connection && strncasecmp(connection, "close", 5) == 0;
    answer->header_complete = true;
    return true;
}

/* Moves bytes up to the end of the header; the count taken, or 0 when it cannot be one. */
static size_t
take_header(struct answer *answer, const char *bytes, size_t count)
{
    size_t before = answer->header_length;
    size_t room = ANSWER_HEADER_MAX - before;
    size_t taken = count < room ? count : room;
    memcpy(answer->header + before, bytes, taken);
    answer->header[before + taken] = '\0';
    const char *end = strstr(answer->header + (before > 3 ? before - 3 : 0), "\r\n\r\n");
    if (!end) {
        answer->header_length = before + taken;
        return taken == count ? taken : 0;
    }
    answer->header_length = (size_t)(end - answer->header) + 4;
    answer->header[answer->header_length] = '\0';
    return parse_header(answer) ? answer->header_length - before : 0;
}

enum answer_progress
answer_feed(struct answer *answer, const char *bytes, size_t count)
{
    if (!answer->header_complete) {
        size_t taken = take_header(answer, bytes, count);
        if (taken == 0)
            return ANSWER_BROKEN;
        count -= taken;
    }
    if (!answer->header_complete)
        return ANSWER_PARTIAL;
    if (count > answer->body_left)
        return ANSWER_BROKEN;
    answer->body_left -= count;
    return answer->body_left ? ANSWER_PARTIAL : ANSWER_COMPLETE;
}

void
answer_reset(struct answer *answer)
{
    answer->header_length = 0;
    answer->header_complete = false;
    answer->body_left = 0;
    answer->closes = false;
}
