/*
 * The admin listener: probes, with details, and metrics. Its own thread, at most ADMIN_MAX_CONNECTIONS.
 */
#ifndef AMSYNC_HTTP_ADMIN_H
#define AMSYNC_HTTP_ADMIN_H

#include "base/error.h"
#include "base/settings.h"
#include "http/metrics.h"
#include "http/readiness.h"
#include "sync/pool.h"

#define ADMIN_MAX_CONNECTIONS 64

struct admin;

struct admin_options {
    const struct listen_address *address;
    struct readiness *readiness; /* outlives it */
    struct metrics *metrics;     /* outlives it; only read */
    void *context;
    /* How the pool is at the moment; false: it does not run. Called on the admin thread. */
    bool (*look_at_pool)(void *context, struct pool_status *ret_status);
};

/* Listens and answers until admin_stop. Fails as listener_start, or with RESULT_FAILED when no thread
 * can be started. */
AMSYNC_MUST_USE enum result admin_start(const struct admin_options *options,
                                        struct admin **ret_admin, struct error *err);

/* Where it listens, with the port that it got. Any thread. */
const char *admin_address(const struct admin *admin);

/* Ends the thread and closes its connections. NULL is fine. */
void admin_stop(struct admin **admin);

#endif
