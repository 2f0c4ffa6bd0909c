/*
 * The one table of what both listeners answer to. Pure; any thread.
 */
#ifndef AMSYNC_HTTP_ROUTES_H
#define AMSYNC_HTTP_ROUTES_H

#include <stdbool.h>

#include "store/document_kind.h"

enum route_listener {
    ROUTE_ON_WEBHOOK = 1 << 0,
    ROUTE_ON_ADMIN = 1 << 1,
};

enum route_target {
    ROUTE_NOTIFICATION,
    ROUTE_LIVEZ,
    ROUTE_READYZ, /* also /healthz */
    ROUTE_METRICS,
};

struct route {
    const char *path;
    const char *allow;  /* the methods, as the header Allow has them */
    unsigned listeners; /* route_listener, or-ed */
    enum route_target target;
    bool kind_from_query;    /* ROUTE_NOTIFICATION: the inquiry's name tells the kind */
    enum document_kind kind; /* otherwise */
};

/* The route of exactly this path; NULL when the listener has none: 404. */
const struct route *route_find(enum route_listener listener, const char *path);

/* Whether the method is one of the route's; otherwise 405 with `allow`. */
bool route_accepts(const struct route *route, const char *method);

#endif
