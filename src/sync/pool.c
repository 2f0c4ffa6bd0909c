#include "sync/pool.h"

#include <stdlib.h>

#include "base/clock.h"
#include "sync/crew.h"

/* What is left of the time to stop for recording outcomes, when calls to Magento are broken off. */
#define RECORD_MARGIN_MS 3000
#define WATCH_MS 50

struct pool {
    struct crew crew;
    pthread_t claimer;
    pthread_t finisher;
    pthread_t *workers; /* owned */
    size_t worker_count;
    bool has_claimer;
    bool has_finisher;
};

static enum result
start_threads(struct pool *pool, size_t worker_count)
{
    pool->workers = calloc(worker_count, sizeof(*pool->workers));
    if (pool->workers == NULL)
        return RESULT_FAILED;
    pool->crew.running = worker_count + 1;
    for (; pool->worker_count < worker_count; pool->worker_count++) {
        if (pthread_create(&pool->workers[pool->worker_count], NULL, worker_main, &pool->crew) != 0)
            return RESULT_FAILED;
    }
    pool->has_finisher = pthread_create(&pool->finisher, NULL, finisher_main, &pool->crew) == 0;
    if (!pool->has_finisher)
        return RESULT_FAILED;
    pool->has_claimer = pthread_create(&pool->claimer, NULL, claimer_main, &pool->crew) == 0;
    return pool->has_claimer ? RESULT_OK : RESULT_FAILED;
}

enum result
pool_start(const struct settings *settings, struct sync_metrics *metrics, struct pool **ret_pool,
           struct error *err)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL || crew_init(&pool->crew, settings, metrics) != RESULT_OK) {
        free(pool);
        return error_result(err, RESULT_FAILED, "out of memory");
    }
    if (start_threads(pool, (size_t)settings->workers) != RESULT_OK) {
        pool_stop(&pool, clock_boottime_ms());
        return error_result(err, RESULT_FAILED, "threads cannot be started");
    }
    *ret_pool = pool;
    return RESULT_OK;
}

void
pool_wake(struct pool *pool)
{
    crew_wake(&pool->crew);
}

/* Those that were counted and could not be started do not end by themselves. */
static void
discount_unstarted(struct pool *pool)
{
    struct crew *crew = &pool->crew;
    size_t started = pool->worker_count + (pool->has_claimer ? 1 : 0);
    size_t counted = pool->workers == NULL ? 0 : (size_t)crew->settings->workers + 1;

    for (size_t i = started; i < counted; i++)
        crew_thread_ended(crew);
}

static void
begin_to_stop(struct crew *crew, int64_t deadline_boottime_ms)
{
    (void)pthread_mutex_lock(&crew->mutex);
    crew->stopping = true;
    crew->give_up_boottime_ms = deadline_boottime_ms;
    (void)pthread_cond_broadcast(&crew->job_ready);
    (void)pthread_cond_broadcast(&crew->room_made);
    (void)pthread_cond_broadcast(&crew->outcome_ready);
    (void)pthread_mutex_unlock(&crew->mutex);
}

/* Waits until no worker works any more, up to the moment at which calls must be broken off. */
static void
await_workers(struct crew *crew, int64_t until_boottime_ms)
{
    const struct timespec pause = {.tv_nsec = WATCH_MS * 1000000L};
    bool working = true;

    while (working && clock_boottime_ms() < until_boottime_ms) {
        (void)pthread_mutex_lock(&crew->mutex);
        working = crew->running > 0;
        (void)pthread_mutex_unlock(&crew->mutex);
        if (working)
            (void)nanosleep(&pause, NULL);
    }
}

void
pool_stop(struct pool **pool, int64_t deadline_boottime_ms)
{
    struct pool *gone = *pool;

    if (gone == NULL)
        return;
    begin_to_stop(&gone->crew, deadline_boottime_ms);
    discount_unstarted(gone);
    await_workers(&gone->crew, deadline_boottime_ms - RECORD_MARGIN_MS);
    atomic_store(&gone->crew.abort, true);
    if (gone->has_claimer)
        (void)pthread_join(gone->claimer, NULL);
    for (size_t i = 0; i < gone->worker_count; i++)
        (void)pthread_join(gone->workers[i], NULL);
    if (gone->has_finisher)
        (void)pthread_join(gone->finisher, NULL);
    free(gone->workers);
    crew_finish(&gone->crew);
    free(gone);
    *pool = NULL;
}

void
pool_status(struct pool *pool, struct pool_status *ret_status)
{
    struct crew *crew = &pool->crew;
    unsigned wait_ms;

    (void)pthread_mutex_lock(&crew->mutex);
    *ret_status = (struct pool_status){
        .claimed = crew->outstanding,
        .recorded = crew->recorded,
        .dropped = crew->dropped,
    };
    (void)pthread_mutex_unlock(&crew->mutex);
    ret_status->rights_missing = gate_rights_missing(crew->gate);
    ret_status->magento_stopped = gate_is_stopped(crew->gate, clock_boottime_ms(), &wait_ms);
}
