/*
 * The threads that bring orders to Magento: a claimer and a finisher with a connection to PostgreSQL
 * each, and workers with a connection to Magento each.
 */
#ifndef AMSYNC_SYNC_POOL_H
#define AMSYNC_SYNC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/settings.h"
#include "sync/metrics.h"

struct pool;

/*
 * Starts the threads; magento_global_init has been called. Neither PostgreSQL nor Magento need to
 * be there: the threads wait for them and say so. `settings` and `metrics` outlive the pool.
 * RESULT_FAILED: no memory or no threads.
 */
AMSYNC_MUST_USE enum result pool_start(const struct settings *settings,
                                       struct sync_metrics *metrics, struct pool **ret_pool,
                                       struct error *err);

/* Something may be due: the claimer looks at once instead of within a second. Any thread. */
void pool_wake(struct pool *pool);

/*
 * Stops and joins the threads: nothing more is claimed, what is claimed and not begun is given back,
 * what is being worked on is finished. What is not finished shortly before `deadline_boottime_ms`
 * is broken off, so that its outcome can still be recorded. The thread that started the pool.
 */
void pool_stop(struct pool **pool, int64_t deadline_boottime_ms);

struct pool_status {
    size_t claimed;        /* claimed and not yet recorded, those in work included */
    bool magento_stopped;  /* nothing is sent to Magento but probes */
    size_t rights_missing; /* kinds of calls that are left out for want of a right */
    uint64_t recorded;     /* outcomes, since the start */
    uint64_t dropped;      /* outcomes whose claim was over */
};

/* Any thread. */
void pool_status(struct pool *pool, struct pool_status *ret_status);

#endif
