/*
 * What the pool's threads share: queues between claimer, workers and finisher. Within sync only.
 *
 * Orders are claimed, wait as jobs, are worked on, wait as outcomes, are recorded: they count as
 * outstanding from the claim to the record. All functions: any thread.
 */
#ifndef AMSYNC_SYNC_CREW_H
#define AMSYNC_SYNC_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "magento/client.h"
#include "magento/products.h"
#include "magento/shop.h"
#include "store/outcome.h"
#include "store/rules.h"
#include "store/work.h"
#include "sync/gate.h"
#include "sync/metrics.h"
#include "sync/pace.h"
#include "sync/session.h"

/* What a claim lasts beyond twice Magento's time-out and the quiet time, for an order to wait. */
#define CREW_LEASE_MARGIN_MS 2000
/* Outcomes recorded in one transaction. */
#define CREW_BATCH_MAX 64

/* A claimed order and the rules it is to be judged by; both owned. */
struct job {
    struct job *next;
    struct claimed_order *order;
    struct rules *rules;
};

struct crew {
    const struct settings *settings;
    struct sync_metrics *metrics;
    struct magento_endpoint endpoint;
    struct product_cache *products;
    struct magento_shop *shop;
    struct gate *gate;
    atomic_bool abort; /* calls to Magento that run are to end */

    pthread_mutex_t mutex;
    pthread_cond_t job_ready;     /* for workers */
    pthread_cond_t room_made;     /* for the claimer: less outstanding, woken, or stopping */
    pthread_cond_t outcome_ready; /* for the finisher */
    struct job *first_job;
    struct job *last_job;
    struct outcome **outcomes; /* a ring with room for all that can be outstanding */
    size_t outcome_first;
    size_t outcome_count;
    size_t capacity;
    size_t outstanding;
    struct pace pace;       /* of all outcomes */
    struct pace asked_pace; /* of those for which Magento was asked */
    size_t running;         /* workers, and the claimer, that have not ended */
    bool woken;
    bool stopping;
    int64_t give_up_boottime_ms; /* while stopping: the finisher ends then in any case */
    uint64_t recorded;
    uint64_t dropped;
};

/* All of it but the threads. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result crew_init(struct crew *crew, const struct settings *settings,
                                      struct sync_metrics *metrics);
void crew_finish(struct crew *crew);

/* A client of the calling thread, and what all share. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result crew_session(struct crew *crew, struct session *ret_session);

enum crew_room {
    CREW_ROOM_SOME, /* for a claim of several orders */
    CREW_ROOM_ALL,  /* nothing is outstanding */
};

/* Waits up to `wait_ms` until there is that room. Returns for how many orders there is; 0 while it is
 * less than wanted. Beyond those in work there is room for as many again, or as end in PACE_MS after
 * calls to Magento if that is more; but for fewer while Magento comes back from a stop
 * (gate_orders_at_once). */
size_t crew_wait_for_room(struct crew *crew, enum crew_room wanted, unsigned wait_ms);

/* Waits up to `wait_ms` until it is woken, be it since the last wait. */
void crew_wait_for_news(struct crew *crew, unsigned wait_ms);
bool crew_is_stopping(struct crew *crew);
void crew_wake(struct crew *crew);

/* The claimer has claimed `count`; each comes to its end by crew_add_job and what follows, or by
 * crew_forget. */
void crew_count_claimed(struct crew *crew, size_t count);
void crew_forget(struct crew *crew, size_t count);
size_t crew_outstanding(struct crew *crew);

/* Takes the job over. */
void crew_add_job(struct crew *crew, struct job *job);

/* The next job, the caller's; NULL when the pool stops. Waits. */
struct job *crew_take_job(struct crew *crew);
void job_free(struct job **job);

/* What came of a claimed order; taken over. Whether Magento was asked: only then it says how quick
 * Magento is, and counts for how many are claimed ahead. */
void crew_add_outcome(struct crew *crew, struct outcome *outcome, bool asked);

void crew_thread_ended(struct crew *crew);

/* Up to CREW_BATCH_MAX outcomes, the caller's. Waits for one, and while many end for a few ms more; 0
 * when there will be none any more, since workers and claimer have ended. */
size_t crew_take_outcomes(struct crew *crew, struct outcome *ret_outcomes[CREW_BATCH_MAX]);
void crew_count_recorded(struct crew *crew, size_t count, size_t dropped);

/* Jobs that nobody has begun, to be given back; NULL when there is none. The finisher's, at the end.
 */
struct job *crew_take_unbegun(struct crew *crew);

/* Sleeps, but not beyond the moment at which the finisher gives up; false: that has come. */
bool crew_pause_before_retry(struct crew *crew, unsigned ms);

/* The threads; `context` is the crew. */
void *claimer_main(void *context);
void *worker_main(void *context);
void *finisher_main(void *context);

#endif
