#include "intake/thread.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "intake/crowd.h"
#include "store/database_keep.h"
#include "store/suspects.h"

#define POLL_MS 1000
#define BACKOFF_MIN_MS 250
#define BACKOFF_MAX_MS 10000
/* Far below the statement's time-out: whoever waits for another blames no notification. */
#define LOCK_TIMEOUT_MS 5000

struct intake_thread {
    char *database_url;
    struct intake_options options;
    struct intake_callbacks callbacks;
    struct counter *reconnects;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on CLOCK_MONOTONIC */
    bool woken;             /* guarded by lock, as are the next */
    bool stopping;
    struct intake_crowd crowd;
};

/* What the thread itself needs. */
struct loop {
    struct intake_thread *owner;
    struct database *database; /* NULL until connected for the first time */
    bool prepared;             /* this connection */
    unsigned backoff_ms;       /* 0: the last attempt was fine */
    struct error complaint;    /* the last that was logged */
    struct intake_passes passes;
};

/* Waits until woken (unless only stopping counts), stopped, or the time is over. False: stop. */
static bool
pause_loop(struct intake_thread *thread, unsigned ms, bool until_woken)
{
    struct timespec deadline = condition_deadline(ms);
    int status = 0;

    pthread_mutex_lock(&thread->lock);
    while (status == 0 && !thread->stopping && !(until_woken && thread->woken))
        status = pthread_cond_timedwait(&thread->changed, &thread->lock, &deadline);
    if (until_woken)
        thread->woken = false;

    bool go_on = !thread->stopping;

    pthread_mutex_unlock(&thread->lock);
    return go_on;
}

/* After a pass, while a crowd lasts. False: stop. */
static bool
rest(struct intake_thread *thread, const struct intake_passes *passes)
{
    int64_t wait_ms;

    pthread_mutex_lock(&thread->lock);
    /* With each of its commits a crowd lasts longer. */
    while (!thread->stopping &&
           (wait_ms = intake_rest_until_ms(passes, &thread->crowd) - clock_boottime_ms()) > 0) {
        struct timespec deadline = condition_deadline((unsigned)wait_ms);

        (void)pthread_cond_timedwait(&thread->changed, &thread->lock, &deadline);
    }

    bool go_on = !thread->stopping;

    pthread_mutex_unlock(&thread->lock);
    return go_on;
}

/* After a pass over the queue. False: stop. */
static bool
pause_after(const struct loop *loop, enum result result)
{
    struct intake_thread *thread = loop->owner;

    if (loop->backoff_ms > 0)
        return pause_loop(thread, loop->backoff_ms, false);
    if (result == RESULT_NONE)
        return pause_loop(thread, POLL_MS, true);
    /* There may be more: whether anybody has woken us does not matter. */
    return rest(thread, &loop->passes) && pause_loop(thread, 0, true);
}

static enum result
reach_database(struct loop *loop, struct error *err)
{
    const struct database_keep keep = {
        .url = loop->owner->database_url,
        .application_name = "amsync intake",
        .timeout_ms = DATABASE_TIMEOUT_MS,
        .reconnects = loop->owner->reconnects,
    };

    if (loop->database != NULL && !database_is_connected(loop->database))
        loop->prepared = false;
    return database_keep(&keep, &loop->database, err);
}

/* Once for each connection.
 * What this program, or the one before it, was taking in when its connection ended is suspect. More
 * than a batch, as others may have come in before it. */
static enum result
prepare(struct loop *loop, struct error *err)
{
    enum result result = RESULT_OK;

    if (loop->prepared)
        return RESULT_OK;
    result = database_set_lock_timeout(loop->database, LOCK_TIMEOUT_MS, err);
    if (result == RESULT_OK)
        result = suspects_note(loop->database, 2 * loop->owner->options.max_notifications, err);
    loop->prepared = result == RESULT_OK;
    return result;
}

/* The same failure again and again is one line; so is its end. */
static void
note_result(struct loop *loop, enum result result, const struct error *err)
{
    if (result == RESULT_OK || result == RESULT_NONE) {
        if (loop->backoff_ms > 0)
            log_info("intake.recovered", "notifications are being taken in again");
        loop->backoff_ms = 0;
        return;
    }
    if (loop->backoff_ms == 0)
        log_error("intake.failed", "notifications cannot be taken in, trying again: %s", err->text);
    loop->backoff_ms = loop->backoff_ms == 0 ? BACKOFF_MIN_MS : 2 * loop->backoff_ms;
    if (loop->backoff_ms > BACKOFF_MAX_MS)
        loop->backoff_ms = BACKOFF_MAX_MS;
}

static void
note_complaint(struct loop *loop, const struct error *complaint)
{
    if (strcmp(loop->complaint.text, complaint->text) == 0)
        return;
    loop->complaint = *complaint;
    if (complaint->text[0] != '\0')
        log_warning("intake.field_mapping", "%s", complaint->text);
}

static enum result
take_in(struct loop *loop, struct intake_report *ret_report, struct error *err)
{
    struct intake_thread *thread = loop->owner;
    struct intake_options options = thread->options;

    pthread_mutex_lock(&thread->lock);
    options.settle_ms =
        intake_pass_begin(&loop->passes, &thread->crowd, options.settle_ms, clock_boottime_ms());
    pthread_mutex_unlock(&thread->lock);

    enum result result = intake_run_once(loop->database, &options, ret_report, err);

    if (result != RESULT_NONE)
        intake_pass_end(&loop->passes, thread->options.settle_ms, clock_boottime_ms());
    return result;
}

static void *
run(void *argument)
{
    struct loop loop = {.owner = argument};
    bool go_on = true;

    while (go_on) {
        struct error err = {0};
        struct intake_report report;
        enum result result = reach_database(&loop, &err);

        if (result == RESULT_OK)
            result = prepare(&loop, &err);
        if (result == RESULT_OK)
            result = take_in(&loop, &report, &err);
        note_result(&loop, result, &err);
        if (result == RESULT_OK) {
            loop.owner->callbacks.taken_in(loop.owner->callbacks.context);
            note_complaint(&loop, &report.complaint);
        }
        go_on = pause_after(&loop, result);
    }
    database_close(&loop.database);
    return NULL;
}

enum result
intake_thread_start(const char *database_url, const struct intake_options *options,
                    const struct intake_callbacks *callbacks, struct counter *reconnects,
                    struct intake_thread **ret_thread, struct error *err)
{
    struct intake_thread *thread = calloc(1, sizeof(*thread));

    if (thread == NULL)
        goto no_memory;
    thread->options = *options;
    thread->callbacks = *callbacks;
    thread->reconnects = reconnects;
    thread->database_url = strdup(database_url);
    if (thread->database_url == NULL)
        goto no_url;
    if (pthread_mutex_init(&thread->lock, NULL) != 0)
        goto no_lock;
    if (condition_init(&thread->changed) != RESULT_OK)
        goto no_condition;
    if (pthread_create(&thread->thread, NULL, run, thread) != 0)
        goto no_thread;
    *ret_thread = thread;
    return RESULT_OK;

no_thread:
    (void)pthread_cond_destroy(&thread->changed);
no_condition:
    (void)pthread_mutex_destroy(&thread->lock);
no_lock:
    free(thread->database_url);
no_url:
    free(thread);
no_memory:
    return error_result(err, RESULT_FAILED, "the intake thread cannot be started");
}

void
intake_wake(struct intake_thread *thread, size_t count)
{
    pthread_mutex_lock(&thread->lock);
    intake_crowd_note(&thread->crowd, count, clock_boottime_ms());
    if (!thread->woken)
        pthread_cond_signal(&thread->changed);
    thread->woken = true;
    pthread_mutex_unlock(&thread->lock);
}

void
intake_thread_stop(struct intake_thread **thread)
{
    struct intake_thread *gone = *thread;

    if (gone == NULL)
        return;
    pthread_mutex_lock(&gone->lock);
    gone->stopping = true;
    pthread_cond_signal(&gone->changed);
    pthread_mutex_unlock(&gone->lock);
    pthread_join(gone->thread, NULL);
    (void)pthread_cond_destroy(&gone->changed);
    (void)pthread_mutex_destroy(&gone->lock);
    free(gone->database_url);
    free(gone);
    *thread = NULL;
}
