/*
 * A listener's connections and their deadlines. No I/O but shutdown(2), which makes the event loop
 * see the end of a connection that is past its deadline. The listener's thread.
 */
#ifndef AMSYNC_HTTP_CONNECTION_H
#define AMSYNC_HTTP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/listener.h"

enum connection_phase {
    CONNECTION_HEADER,  /* idle, or its next header is on the way */
    CONNECTION_BODY,    /* the body is on the way */
    CONNECTION_WAITING, /* for us: no deadline */
    CONNECTION_ANSWER,  /* the answer is being taken */
    CONNECTION_CUT,     /* shut down here; closed as soon as the loop sees it */
};

struct connection {
    struct exchange exchange;
    bool begun;  /* the handler knows the exchange */
    bool excess; /* beyond the limit: only to be told so */
    int socket;  /* not owned */
    enum connection_phase phase;
    int64_t deadline_ms;
    int64_t body_deadline_ms; /* the whole body's; deadline_ms is never later */
    struct connection *previous;
    struct connection *next;
};

struct connection_set {
    struct connection *first;
    size_t count;
    struct listener_deadlines deadlines;
    int64_t next_ms; /* no deadline is earlier; INT64_MAX: there is none */
    bool quiescing;
};

void connection_set_init(struct connection_set *set, const struct listener_deadlines *deadlines);

/* When connection_set_expire has something to do at the earliest; INT64_MAX: never. */
int64_t connection_set_next_ms(const struct connection_set *set);

/* Shuts down what is past its deadline. */
void connection_set_expire(struct connection_set *set, int64_t now_ms);

/* Shuts down the idle ones, and from now on each one that becomes idle. */
void connection_set_quiesce(struct connection_set *set);

/* An accepted connection, in CONNECTION_HEADER. NULL: out of memory. */
struct connection *connection_open(struct connection_set *set, int socket, bool excess,
                                   int64_t now_ms);

/* Forgets and frees it; the socket is closed by its owner. */
void connection_close(struct connection_set *set, struct connection *connection);

/* The phases. connection_reads_body is called for each piece of a body. */
void connection_idles(struct connection_set *set, struct connection *connection, int64_t now_ms);
void connection_reads_body(struct connection_set *set, struct connection *connection,
                           int64_t now_ms);
void connection_waits(struct connection *connection);
void connection_answers(struct connection_set *set, struct connection *connection, int64_t now_ms);

#endif
