/*
 * Telling of refused requests, each of the first ones in a minute, then their number, so that a
 * sender gone wild cannot fill the log. No I/O but the process log; the event loop's thread.
 */
#ifndef AMSYNC_HTTP_REFUSALS_H
#define AMSYNC_HTTP_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/tcp.h"

#define REFUSALS_WINDOW_MS 60000

/* Told of one by one in a window. */
#define REFUSALS_SHOWN 60

/* A notification that was refused although its secret is valid; or a request with a wrong secret; or
 * `count` of them. All texts are borrowed for the time of the call. */
struct refusal {
    unsigned status;     /* of the answer; 401: a wrong secret, or none */
    const char *detail;  /* what the answer says; for several, what they are, with their number */
    const char *entity;  /* as in connector_log: order, shipment, invoice, notification */
    const char *company; /* NULL when it was not read */
    const char *body;    /* NULL when it was not read; else `body_bytes`, any bytes */
    size_t body_bytes;
    uint64_t count;
};

/* Where they are told; must not wait. */
struct refusal_sink {
    void *context;
    void (*refused)(void *context, const struct refusal *refusal);
    /* Each refused request, also those that are not told one by one; NULL: nobody counts. */
    void (*counted)(void *context, const struct refusal *refusal);
};

/* Counts within windows of a minute, the first of which opens when there is something to count. */
struct refusal_window {
    uint64_t shown_max;
    int64_t end_ms; /* INT64_MAX: none is open */
    uint64_t shown;
    uint64_t hidden;
};

struct refusals {
    struct refusal_sink sink;
    struct refusal_window refused;
    struct refusal_window unauthorized;
    struct address_text last_source; /* of a wrong secret */
};

void refusals_init(struct refusals *refusals, const struct refusal_sink *sink);

/* A notification with a valid secret was refused. */
void refusals_add(struct refusals *refusals, const struct refusal *refusal, int64_t now_ms);

/* A request with a wrong secret, or none, came from there; `entity` as in struct refusal. */
void refusals_add_unauthorized(struct refusals *refusals, const struct sockaddr *source,
                               const char *entity, int64_t now_ms);

/* Tells the numbers of windows that are over or, with `force`, of all. */
void refusals_run(struct refusals *refusals, int64_t now_ms, bool force);

/* When refusals_run is to be called next; INT64_MAX: there is nothing to tell. */
int64_t refusals_next_ms(const struct refusals *refusals);

#endif
