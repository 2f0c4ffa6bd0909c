#include "http/answer.h"

#include "base/cleanup.h"
#include "base/problem.h"

#include <stdio.h>
#include <string.h>

static void
cleanup_response(struct MHD_Response **response)
{
    if (*response != NULL)
        MHD_destroy_response(*response);
}

static bool
add_header(struct MHD_Response *response, const char *name, const char *value)
{
    return value == NULL || MHD_add_response_header(response, name, value) == MHD_YES;
}

/* NULL when out of memory. */
static struct MHD_Response *
make_response(const char *body, const char *content_type, bool close)
{
    AMSYNC_CLEANUP(cleanup_response)
    struct MHD_Response *response = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *copy = strdup(body);

    if (copy == NULL)
        return NULL;
    response = MHD_create_response_from_buffer(strlen(copy), copy, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return NULL;
    copy = NULL;
    if (!add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) ||
        !add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") ||
        !add_header(response, MHD_HTTP_HEADER_CONNECTION, close ? "close" : NULL))
        return NULL;
    return TAKE_PTR(response);
}

bool
answer_text(struct MHD_Connection *connection, unsigned status, const char *content_type,
            const char *body, bool close)
{
    AMSYNC_CLEANUP(cleanup_response)
    struct MHD_Response *response = make_response(body, content_type, close);

    return response != NULL && MHD_queue_response(connection, status, response) == MHD_YES;
}

bool
answer_json(struct MHD_Connection *connection, unsigned status, const char *body, bool close)
{
    return answer_text(connection, status, "application/json", body, close);
}

bool
answer_problem(struct MHD_Connection *connection, const struct problem_answer *problem)
{
    AMSYNC_CLEANUP(cleanup_free) char *body = NULL;
    char retry_after[16];

    if (problem_json(problem->status, problem->detail, &body) != RESULT_OK)
        return false;
    AMSYNC_CLEANUP(cleanup_response)
    struct MHD_Response *response = make_response(body, PROBLEM_CONTENT_TYPE, problem->close);
    if (response == NULL)
        return false;
    (void)snprintf(retry_after, sizeof(retry_after), "%d", ANSWER_RETRY_AFTER_S);
    if (!add_header(response, MHD_HTTP_HEADER_RETRY_AFTER,
                    problem->status == MHD_HTTP_SERVICE_UNAVAILABLE ? retry_after : NULL) ||
        !add_header(response, MHD_HTTP_HEADER_ALLOW, problem->allow) ||
        !add_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, problem->www_authenticate))
        return false;
    return MHD_queue_response(connection, problem->status, response) == MHD_YES;
}

bool
answer_unrouted(struct MHD_Connection *connection, const struct route *route)
{
    const struct problem_answer no_path = {
        .status = MHD_HTTP_NOT_FOUND,
        .detail = "nothing is served under this path",
    };
    const struct problem_answer no_method = {
        .status = MHD_HTTP_METHOD_NOT_ALLOWED,
        .detail = "this path takes other methods; see Allow",
        .allow = route == NULL ? NULL : route->allow,
    };

    return answer_problem(connection, route == NULL ? &no_path : &no_method);
}
