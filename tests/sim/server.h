/*
 * An HTTP/1.1 server that can also misbehave: late, never, halfway or for ever.
 *
 * One thread: server_run answers everything on the thread that calls it. Waiting holds nobody up.
 * It drives libmicrohttpd with its own loop, because libmicrohttpd's internal one stalls when 128
 * or more connections are ready at once.
 */
#ifndef AMSYNC_SIM_SERVER_H
#define AMSYNC_SIM_SERVER_H

#include "base/error.h"
#include "sim/answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

/* Borrowed, valid until the request is answered. Texts are "" when the header is absent. */
struct server_request {
    const char *method;
    const char *target; /* as sent, with the query */
    const char *host;
    const char *authorization;
    const char *content_type;
    const char *accept;
    const char *body; /* body_length bytes and a NUL */
    size_t body_length;
    bool reused; /* not the first request of its connection */
};

enum server_ending {
    SERVER_ANSWERS,
    SERVER_DROPS,     /* closes without an answer */
    SERVER_RESETS,    /* closes with a TCP reset */
    SERVER_TRUNCATES, /* closes after half of the announced body */
    SERVER_NEVER_ENDS /* sends a chunked body until the client goes */
};

/* What is to become of one request. */
struct server_plan {
    unsigned wait_before_ms; /* before `perform` is called */
    unsigned wait_after_ms;  /* between `perform` and the ending */
    enum server_ending ending;
    void *fault; /* the handler's own, until `release` */
    /* The same; when it came, how many were being handled, with it, and how many had been. */
    unsigned in_flight;
    uint64_t answered;
};

/*
 * `plan` is asked when all of a request has come, `perform` when it is time to work on it,
 * `release` when it is over, also without a `perform`.
 */
struct server_handler {
    void (*plan)(void *context, const struct server_request *request, struct server_plan *ret_plan);
    void (*perform)(void *context, const struct server_request *request,
                    const struct server_plan *plan, struct answer *ret_answer);
    void (*release)(void *context, struct server_plan *plan);
    void *context;
};

/*
 * Listens on the port of an IPv4 address, 0 for a free one. RESULT_REJECTED: that is no address;
 * RESULT_FAILED says why it cannot. SIGTERM and SIGINT are blocked from here on; they end
 * server_run.
 */
enum result server_start(const char *address, uint16_t port, const struct server_handler *handler,
                         struct server **ret_server, struct error *err) AMSYNC_MUST_USE;

uint16_t server_port(const struct server *server);

/* Serves until SIGTERM or SIGINT. */
void server_run(struct server *server);

/* Closes every connection, answered or not. NULL is allowed. */
void server_stop(struct server *server);

#endif
