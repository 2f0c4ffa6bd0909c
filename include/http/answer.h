/*
 * Answers: text, JSON, and RFC 9457 problems for refusals. All functions: the thread that runs the
 * connection's listener. They return false when nothing could be queued (out of memory, or the body
 * is still being delivered): the connection is then to be closed.
 */
#ifndef AMSYNC_HTTP_ANSWER_H
#define AMSYNC_HTTP_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>

#include "http/routes.h"

/* What 503 says when the fault is expected to pass. */
#define ANSWER_RETRY_AFTER_S 5

struct problem_answer {
    unsigned status;
    const char *detail;
    const char *allow;            /* for 405, else NULL */
    const char *www_authenticate; /* for 401, else NULL */
    bool close;                   /* the connection ends with this answer */
};

/* `body` is copied. */
AMSYNC_MUST_USE bool answer_text(struct MHD_Connection *connection, unsigned status,
                                 const char *content_type, const char *body, bool close);

/* `body` is a JSON text, copied. */
AMSYNC_MUST_USE bool answer_json(struct MHD_Connection *connection, unsigned status,
                                 const char *body, bool close);

/* A 503 carries Retry-After. */
AMSYNC_MUST_USE bool answer_problem(struct MHD_Connection *connection,
                                    const struct problem_answer *problem);

/* 404 when `route` is NULL, else 405 with the route's methods. */
AMSYNC_MUST_USE bool answer_unrouted(struct MHD_Connection *connection, const struct route *route);

#endif
