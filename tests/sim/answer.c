#include "sim/answer.h"

#include "sim/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ERROR_PAGE_HEAD(title)                                                                     \
    "<!doctype html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" >\n<head>\n"                    \
    "    <title>" title "</title>\n"                                                               \
    "    <meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\" />\n"              \
    "    <meta name=\"robots\" content=\"*\"/>\n</head>\n<body>\n"                                 \
    "    <main class=\"page-main\">\n        \n"

static const char maintenance_page[] = ERROR_PAGE_HEAD(
    "Error 503: Service Unavailable") "<h1>Service Temporarily Unavailable</h1>\n<p>\n"
                                      "    The server is temporarily unable to service your "
                                      "request due to maintenance downtime or "
                                      "capacity problems.\n    Please try again later.\n</p>\n    "
                                      "</main>\n</body>\n</html>";

static const char bad_gateway_page[] =
    "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n"
    "<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx/1.22.1</center>\n"
    "</body>\n</html>";

void
answer_clear(struct answer *answer)
{
    free(answer->body);
    *answer = (struct answer){0};
}

static void
answer_bytes(struct answer *answer, unsigned status, const char *content_type, char *body,
             size_t length)
{
    answer_clear(answer);
    answer->status = status;
    answer->content_type = content_type;
    answer->body = body;
    answer->body_length = length;
}

void
answer_json(struct answer *answer, unsigned status, json_t *body)
{
    size_t length = 0;
    char *text = text_of_json(body, &length);
    json_decref(body);
    answer_bytes(answer, status, ANSWER_JSON, text, length);
}

void
answer_text(struct answer *answer, unsigned status, const char *content_type, const char *text)
{
    answer_bytes(answer, status, content_type, strdup(text), strlen(text));
}

void
answer_error(struct answer *answer, unsigned status, const char *message, json_t *parameters)
{
    json_t *body = json_pack("{s:s}", "message", message);
    if (parameters)
        json_object_set_new(body, "parameters", parameters);
    answer_json(answer, status, body);
}

void
answer_no_such_entity(struct answer *answer)
{
    answer_error(answer, 404,
                 "The entity that was requested doesn't exist. Verify the entity and try again.",
                 NULL);
}

void
answer_no_route(struct answer *answer)
{
    answer_error(answer, 404, "Request does not match any route.", NULL);
}

void
answer_field_required(struct answer *answer, const char *field)
{
    answer_error(answer, 400, "\"%fieldName\" is required. Enter and try again.",
                 json_pack("{s:s}", "fieldName", field));
}

void
answer_unauthorized(struct answer *answer, const char *resource)
{
    answer_error(answer, 401, "The consumer isn't authorized to access %resources.",
                 json_pack("{s:s}", "resources", resource));
}

void
answer_internal_error(struct answer *answer)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    json_t *message = json_sprintf(
        "Internal Error. Details are available in Magento log file. Report ID: webapi-%08llx%05lx",
        (unsigned long long)now.tv_sec & 0xFFFFFFFFULL, (unsigned long)now.tv_nsec / 1000UL);
    answer_json(answer, 500, json_pack("{s:o}", "message", message));
}

void
answer_application_error(struct answer *answer)
{
    answer_text(answer, 500, ANSWER_TEXT,
                "An error has happened during application run. See exception log for details.");
}

void
answer_maintenance(struct answer *answer)
{
    answer_text(answer, 503, ANSWER_HTML, maintenance_page);
}

void
answer_bad_gateway(struct answer *answer)
{
    answer_text(answer, 502, ANSWER_HTML, bad_gateway_page);
}
