#include "base/problem.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define DETAIL_BYTES 4096
/* A byte becomes at most the six of an escape sequence; the rest is for the other members. */
#define PROBLEM_BYTES (8 * DETAIL_BYTES)

const char *
problem_title(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (titles[i].status == status)
            return titles[i].title;
    }
    return "Error";
}

enum result
problem_json(unsigned status, const char *detail, char **ret_text)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer clean = BUFFER_INITIAL(3 * DETAIL_BYTES);

    text_append_utf8(&clean, detail, strnlen(detail, DETAIL_BYTES));
    if (buffer_result(&clean) != RESULT_OK)
        return RESULT_FAILED;

    AMSYNC_CLEANUP(cleanup_json)
    json_t *body =
        json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title", problem_title(status),
                  "status", (int)status, "detail", buffer_text(&clean));

    return json_encode(body, PROBLEM_BYTES, ret_text, NULL);
}
