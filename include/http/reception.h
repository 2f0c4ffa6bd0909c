/*
 * The webhook listener's handler: takes notifications in, has them checked and kept, and answers
 * once they are. The event loop's thread.
 */
#ifndef AMSYNC_HTTP_RECEPTION_H
#define AMSYNC_HTTP_RECEPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/settings.h"
#include "http/checker.h"
#include "http/group_commit.h"
#include "http/ingest_metrics.h"
#include "http/listener.h"
#include "http/readiness.h"
#include "http/refusals.h"
#include "http/request_body.h"

/* A refused body up to this size is read to its end, so that its sender sees the answer and keeps
 * its connection. For a longer one the connection is closed. */
#define RECEPTION_DRAIN_BYTES ((size_t)64 * 1024)

/* Filled in by the owner, all but the last three; everything outlives it. */
struct reception {
    const struct settings *settings;
    struct readiness *readiness;
    struct ingest_metrics *metrics;
    struct listener *listener;
    struct checker *checker;
    struct group_commit *commit;
    struct refusals *refusals;
    struct body_budget bodies;
    bool unavailable; /* notifications are answered 503 at once */
    bool closing;     /* every answer ends its connection */
    size_t checking;  /* jobs that the checker has */
};

/* The listener's handler. */
struct exchange_handler reception_handler(struct reception *reception);

/* group_commit's `done`; needs no context. */
void reception_committed(void *context, struct commit_item *item, enum commit_outcome outcome,
                         const struct error *err);

/* Takes from the checker what it has done. */
void reception_run(struct reception *reception);

#endif
