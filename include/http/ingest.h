/*
 * Accepting notifications: the webhook listener, its checks, and the group commit that keeps what
 * passes them, on one thread of its own with one connection to PostgreSQL. A 202 or 200 is sent only
 * after the commit.
 */
#ifndef AMSYNC_HTTP_INGEST_H
#define AMSYNC_HTTP_INGEST_H

#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"
#include "http/ingest_metrics.h"
#include "http/listener.h"
#include "http/readiness.h"
#include "http/refusals.h"

struct ingest;

#define INGEST_COMMIT_DEADLINE_MS 5000

struct ingest_options {
    const struct settings *settings; /* SETTINGS_WEBHOOK, SETTINGS_LISTEN and SETTINGS_DATABASE */
    struct readiness *readiness;
    struct ingest_metrics *metrics;
    struct listener_deadlines deadlines; /* listener_default_deadlines */
    unsigned commit_deadline_ms;         /* INGEST_COMMIT_DEADLINE_MS */
};

/* Called on the ingest thread; must not wait. */
struct ingest_callbacks {
    void *context;
    /* New notifications were committed: there is something for intake. */
    void (*kept)(void *context, size_t count);
    struct refusal_sink refusals;
};

/*
 * Listens and accepts until ingest_stop. What the options point to outlives it. The database need
 * not be there yet: until it is, notifications are answered 503.
 * Raises the soft limit of open files as far as it must and can; if the hard limit is too low for
 * AMSYNC_MAX_CONNECTIONS fewer are taken, and the process log says so.
 * RESULT_REJECTED: as tcp_listen, or hardly any file may be opened. RESULT_FAILED: out of memory,
 * descriptors or threads.
 */
AMSYNC_MUST_USE enum result ingest_start(const struct ingest_options *options,
                                         const struct ingest_callbacks *callbacks,
                                         struct ingest **ret_ingest, struct error *err);

/* Where it listens, with the port that it got. Any thread. */
const char *ingest_address(const struct ingest *ingest);

/*
 * Stops in good order: not ready, nothing new is accepted, requests that are under way are kept and
 * answered. After `budget_ms` those left are answered 503 or cut off. Waits for the end, which is
 * little later than the budget. NULL is fine.
 */
void ingest_stop(struct ingest **ingest, unsigned budget_ms);

#endif
