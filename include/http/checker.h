/*
 * Checking large bodies on a helper thread, so that they do not hold up the small ones, which the
 * event loop checks itself. All functions but the check itself: the event loop's thread.
 */
#ifndef AMSYNC_HTTP_CHECKER_H
#define AMSYNC_HTTP_CHECKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"
#include "http/routes.h"
#include "http/webhook.h"

/* Bodies longer than this go to the helper thread. */
#define CHECKER_LARGE_BYTES ((size_t)64 * 1024)

/* Jobs that may wait. */
#define CHECKER_QUEUE_MAX 64

/* The caller's, untouched by it from checker_submit until checker_take has returned it. */
struct check_job {
    const struct route *route;
    const char *body;
    size_t body_bytes;
    /* What webhook_read_body says. */
    unsigned status;
    struct webhook_notification notification;
    struct error detail;
    struct check_job *next;
};

struct checker;

/* Starts the thread. `settings` outlive it; `wakeup_fd` is a wakeup of the caller's, sent to when a
 * job is done. RESULT_FAILED: out of memory or threads. */
AMSYNC_MUST_USE enum result checker_start(const struct settings *settings, int wakeup_fd,
                                          struct checker **ret_checker, struct error *err);

/* Hands a job over; false: CHECKER_QUEUE_MAX are waiting already. */
AMSYNC_MUST_USE bool checker_submit(struct checker *checker, struct check_job *job);

/* A job that is done; NULL: none is. */
struct check_job *checker_take(struct checker *checker);

/* Ends the thread after the job in its hands; all jobs must have been taken. NULL is fine. */
void checker_stop(struct checker **checker);

#endif
