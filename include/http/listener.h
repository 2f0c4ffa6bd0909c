/*
 * A bounded HTTP/1.1 listener on libmicrohttpd, driven by the event loop of the thread that owns it.
 *
 * libmicrohttpd runs with an external epoll: its own loop stalls once exactly 128 connections are
 * ready at the same time. Deadlines are kept here, since its time-out knows inactivity only: a
 * connection whose header or body trickles, or whose client does not read its answer, is cut off.
 * All functions: the owner's thread.
 */
#ifndef AMSYNC_HTTP_LISTENER_H
#define AMSYNC_HTTP_LISTENER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/settings.h"
#include "http/tcp.h"

struct listener;

struct listener_deadlines {
    unsigned header_ms;     /* from accepting a connection to its first complete header */
    unsigned idle_ms;       /* from an answer to the next complete header */
    unsigned body_ms;       /* from a complete header to its complete body */
    unsigned body_pause_ms; /* between two pieces of a body */
    unsigned answer_ms;     /* until the client has taken the answer */
};

extern const struct listener_deadlines listener_default_deadlines;

/* A request, from its header to the end of its answer. One at a time on a connection. */
struct exchange {
    struct MHD_Connection *connection;
    const char *path;   /* valid in `begin` only */
    const char *method; /* valid in `begin` only */
    void *request;      /* the handler's own; NULL in `begin` */
};

/* What a handler's function leaves the exchange in. */
enum exchange_step {
    EXCHANGE_READ,     /* go on with the body */
    EXCHANGE_WAIT,     /* nothing until listener_resume, then `end` again; from `end` only */
    EXCHANGE_ANSWERED, /* an answer is queued; from `begin` or `end` */
    EXCHANGE_ABORT,    /* close the connection without an answer */
};

/* `body`, `end` and `done` may be NULL if `begin` answers everything. */
struct exchange_handler {
    void *context;
    /* The header is complete. */
    enum exchange_step (*begin)(void *context, struct exchange *exchange);
    /* A piece of the body. EXCHANGE_READ or EXCHANGE_ABORT: nothing can be answered meanwhile. */
    enum exchange_step (*body)(void *context, struct exchange *exchange, const char *bytes,
                               size_t count);
    /* The body is complete, or listener_resume was called. */
    enum exchange_step (*end)(void *context, struct exchange *exchange);
    /* The exchange is over, answered or not; once for each `begin`. Frees `request`. */
    void (*done)(void *context, struct exchange *exchange);
};

struct listener_options {
    const struct listen_address *address;
    unsigned max_connections; /* those beyond are answered 503 and closed */
    struct listener_deadlines deadlines;
    struct exchange_handler handler;
};

/* Connections beyond max_connections that are accepted to be told 503; past these the kernel's
 * backlog waits. */
#define LISTENER_SPARE_CONNECTIONS 64

/* Listens at once; nothing is accepted before listener_run. Fails as tcp_listen, or RESULT_FAILED. */
AMSYNC_MUST_USE enum result listener_start(const struct listener_options *options,
                                           struct listener **ret_listener, struct error *err);

/* Where it listens, with the port that it got. */
const char *listener_address(const struct listener *listener);

/* Becomes readable when listener_run has something to do. */
int listener_epoll_fd(const struct listener *listener);

/* How long the owner may wait for listener_epoll_fd before it calls listener_run; -1: for ever. */
int listener_wait_ms(struct listener *listener, int64_t now_ms);

/* Accepts, reads, calls the handler, writes, and cuts off what is past its deadline. */
void listener_run(struct listener *listener, int64_t now_ms);

/* Ends EXCHANGE_WAIT: `end` is called again by the next listener_run. */
void listener_resume(struct listener *listener, struct exchange *exchange);

/* Accepts nothing new and closes idle connections; those with a request go on until answered. */
void listener_quiesce(struct listener *listener);

/* Connections that are open; after listener_quiesce they only become fewer. */
size_t listener_connection_count(const struct listener *listener);

/* Closes everything. No exchange may be in EXCHANGE_WAIT. NULL is fine. */
void listener_stop(struct listener **listener);

#endif
