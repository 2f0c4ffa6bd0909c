#include "sync/crew.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/condition.h"

/* For each worker one order in work; as many wait, or as end in PACE_MS after calls; but no more than
 * this. */
#define ORDERS_PER_WORKER_MAX 16
/* Room is waited for until it is this part of what may be outstanding: claims are made for several. */
#define ROOM_PART 4
#define ROOM_MIN 2
/* Outcomes wait for the others that end so soon: a commit costs as much for one as for ten. */
#define RECORD_MS 10

enum result
crew_init(struct crew *crew, const struct settings *settings, struct sync_metrics *metrics)
{
    *crew = (struct crew){
        .settings = settings,
        .metrics = metrics,
        .capacity = (size_t)settings->workers * ORDERS_PER_WORKER_MAX,
        .give_up_boottime_ms = INT64_MAX,
    };
    pace_init(&crew->pace, clock_boottime_ms());
    pace_init(&crew->asked_pace, clock_boottime_ms());
    crew->endpoint = magento_endpoint_of(settings, &crew->abort);
    crew->endpoint.metrics = &metrics->magento;
    (void)pthread_mutex_init(&crew->mutex, NULL);
    crew->outcomes = calloc(crew->capacity, sizeof(struct outcome *));
    if (condition_init(&crew->job_ready) != RESULT_OK ||
        condition_init(&crew->room_made) != RESULT_OK ||
        condition_init(&crew->outcome_ready) != RESULT_OK || crew->outcomes == NULL ||
        product_cache_new(&crew->products) != RESULT_OK ||
        magento_shop_new(settings->magento_store, &crew->shop) != RESULT_OK ||
        gate_new(&crew->gate) != RESULT_OK) {
        crew_finish(crew);
        return RESULT_FAILED;
    }
    return RESULT_OK;
}

void
crew_finish(struct crew *crew)
{
    struct job *job;

    while ((job = crew_take_unbegun(crew)) != NULL)
        job_free(&job);
    for (; crew->outcome_count > 0; crew->outcome_count--) {
        outcome_free(&crew->outcomes[crew->outcome_first]);
        crew->outcome_first = (crew->outcome_first + 1) % crew->capacity;
    }
    free(crew->outcomes);
    product_cache_free(&crew->products);
    magento_shop_free(&crew->shop);
    gate_free(&crew->gate);
    (void)pthread_cond_destroy(&crew->job_ready);
    (void)pthread_cond_destroy(&crew->room_made);
    (void)pthread_cond_destroy(&crew->outcome_ready);
    (void)pthread_mutex_destroy(&crew->mutex);
}

enum result
crew_session(struct crew *crew, struct session *ret_session)
{
    struct session session = {
        .products = crew->products,
        .shop = crew->shop,
        .gate = crew->gate,
    };
    enum result result = magento_client_new(&crew->endpoint, &session.client);

    if (result == RESULT_OK)
        *ret_session = session;
    return result;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many orders may be outstanding. Holds the mutex. */
static size_t
orders_at_once(struct crew *crew)
{
    size_t workers = (size_t)crew->settings->workers;
    size_t pace = pace_orders(&crew->asked_pace, clock_boottime_ms());
    size_t ahead = pace > workers ? pace : workers;

    return smaller(smaller(workers + ahead, crew->capacity), gate_orders_at_once(crew->gate));
}

/* How many orders there is room for, if that is enough; else 0. Holds the mutex. */
static size_t
look_for_room(struct crew *crew, enum crew_room wanted)
{
    size_t most = orders_at_once(crew);
    size_t part = most / ROOM_PART > ROOM_MIN ? most / ROOM_PART : ROOM_MIN;
    size_t enough = wanted == CREW_ROOM_ALL ? most : smaller(part, most);
    size_t free_count = crew->outstanding < most ? most - crew->outstanding : 0;

    return free_count >= enough ? free_count : 0;
}

/* Waits while there is not that room. Holds the mutex. */
static void
await_room(struct crew *crew, enum crew_room wanted, unsigned wait_ms)
{
    struct timespec end = condition_deadline(wait_ms);

    while (!crew->stopping && look_for_room(crew, wanted) == 0 &&
           pthread_cond_timedwait(&crew->room_made, &crew->mutex, &end) == 0)
        ;
}

size_t
crew_wait_for_room(struct crew *crew, enum crew_room wanted, unsigned wait_ms)
{
    (void)pthread_mutex_lock(&crew->mutex);
    await_room(crew, wanted, wait_ms);
    crew->woken = false;

    size_t room = look_for_room(crew, wanted);

    (void)pthread_mutex_unlock(&crew->mutex);
    return room;
}

void
crew_wait_for_news(struct crew *crew, unsigned wait_ms)
{
    struct timespec end = condition_deadline(wait_ms);

    (void)pthread_mutex_lock(&crew->mutex);
    while (!crew->stopping && !crew->woken &&
           pthread_cond_timedwait(&crew->room_made, &crew->mutex, &end) == 0)
        ;
    crew->woken = false;
    (void)pthread_mutex_unlock(&crew->mutex);
}

bool
crew_is_stopping(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->mutex);

    bool stopping = crew->stopping;

    (void)pthread_mutex_unlock(&crew->mutex);
    return stopping;
}

void
crew_wake(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->mutex);
    crew->woken = true;
    (void)pthread_cond_signal(&crew->room_made);
    (void)pthread_mutex_unlock(&crew->mutex);
}

void
crew_count_claimed(struct crew *crew, size_t count)
{
    (void)pthread_mutex_lock(&crew->mutex);
    crew->outstanding += count;
    (void)pthread_mutex_unlock(&crew->mutex);
}

void
crew_forget(struct crew *crew, size_t count)
{
    (void)pthread_mutex_lock(&crew->mutex);
    crew->outstanding -= count;
    (void)pthread_cond_signal(&crew->room_made);
    (void)pthread_mutex_unlock(&crew->mutex);
}

size_t
crew_outstanding(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->mutex);

    size_t outstanding = crew->outstanding;

    (void)pthread_mutex_unlock(&crew->mutex);
    return outstanding;
}

void
crew_add_job(struct crew *crew, struct job *job)
{
    job->next = NULL;
    (void)pthread_mutex_lock(&crew->mutex);
    if (crew->first_job == NULL)
        crew->first_job = job;
    else
        crew->last_job->next = job;
    crew->last_job = job;
    (void)pthread_cond_signal(&crew->job_ready);
    (void)pthread_mutex_unlock(&crew->mutex);
}

static struct job *
unlink_first_job(struct crew *crew)
{
    struct job *job = crew->first_job;

    if (job != NULL)
        crew->first_job = job->next;
    return job;
}

struct job *
crew_take_job(struct crew *crew)
{
    struct job *job = NULL;

    (void)pthread_mutex_lock(&crew->mutex);
    while (!crew->stopping && crew->first_job == NULL)
        (void)pthread_cond_wait(&crew->job_ready, &crew->mutex);
    if (!crew->stopping)
        job = unlink_first_job(crew);
    (void)pthread_mutex_unlock(&crew->mutex);
    return job;
}

struct job *
crew_take_unbegun(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->mutex);

    struct job *job = unlink_first_job(crew);

    (void)pthread_mutex_unlock(&crew->mutex);
    return job;
}

void
job_free(struct job **job)
{
    if (*job == NULL)
        return;
    claimed_order_free(&(*job)->order);
    rules_unref(&(*job)->rules);
    free(*job);
    *job = NULL;
}

void
crew_add_outcome(struct crew *crew, struct outcome *outcome, bool asked)
{
    int64_t now_ms;

    (void)pthread_mutex_lock(&crew->mutex);
    crew->outcomes[(crew->outcome_first + crew->outcome_count) % crew->capacity] = outcome;
    crew->outcome_count++;
    now_ms = clock_boottime_ms();
    pace_add(&crew->pace, 1, now_ms);
    pace_add(&crew->asked_pace, asked ? 1 : 0, now_ms);
    (void)pthread_cond_signal(&crew->outcome_ready);
    (void)pthread_mutex_unlock(&crew->mutex);
}

void
crew_thread_ended(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->mutex);
    crew->running--;
    (void)pthread_cond_signal(&crew->outcome_ready);
    (void)pthread_mutex_unlock(&crew->mutex);
}

/* Waits for as many outcomes as come in RECORD_MS, all that are outstanding at most: while fewer than
 * 200 orders end in a second, for none besides the first. Holds the mutex. */
static void
await_several_outcomes(struct crew *crew)
{
    struct timespec end = condition_deadline(RECORD_MS);
    size_t expected = pace_orders(&crew->pace, clock_boottime_ms()) * RECORD_MS / PACE_MS;
    size_t several = smaller(smaller(expected, CREW_BATCH_MAX), crew->outstanding);

    while (!crew->stopping && crew->outcome_count < several &&
           pthread_cond_timedwait(&crew->outcome_ready, &crew->mutex, &end) == 0)
        ;
}

size_t
crew_take_outcomes(struct crew *crew, struct outcome *ret_outcomes[CREW_BATCH_MAX])
{
    size_t count = 0;

    (void)pthread_mutex_lock(&crew->mutex);
    while (crew->outcome_count == 0 && crew->running > 0)
        (void)pthread_cond_wait(&crew->outcome_ready, &crew->mutex);
    await_several_outcomes(crew);
    for (; crew->outcome_count > 0 && count < CREW_BATCH_MAX; crew->outcome_count--) {
        ret_outcomes[count++] = TAKE_PTR(crew->outcomes[crew->outcome_first]);
        crew->outcome_first = (crew->outcome_first + 1) % crew->capacity;
    }
    (void)pthread_mutex_unlock(&crew->mutex);
    return count;
}

void
crew_count_recorded(struct crew *crew, size_t count, size_t dropped)
{
    (void)pthread_mutex_lock(&crew->mutex);
    crew->outstanding -= count;
    crew->recorded += count;
    crew->dropped += dropped;
    /* Something new may have come for one of them, so that it is due at once. */
    crew->woken = true;
    (void)pthread_cond_signal(&crew->room_made);
    (void)pthread_mutex_unlock(&crew->mutex);
}

bool
crew_pause_before_retry(struct crew *crew, unsigned ms)
{
    struct timespec end = condition_deadline(ms);

    (void)pthread_mutex_lock(&crew->mutex);

    bool stopping = crew->stopping;

    /* Nobody but pool_stop ends this wait before its time. */
    while (crew->stopping == stopping && clock_boottime_ms() < crew->give_up_boottime_ms &&
           pthread_cond_timedwait(&crew->outcome_ready, &crew->mutex, &end) == 0)
        ;

    bool go_on = clock_boottime_ms() < crew->give_up_boottime_ms;

    (void)pthread_mutex_unlock(&crew->mutex);
    return go_on;
}
