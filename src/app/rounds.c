#include "app/rounds.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/condition.h"
#include "base/log.h"
#include "store/database_keep.h"

#define ROUND_MS 1000

struct rounds {
    struct rounds_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping;

    /* The thread's own. */
    struct database *database;
    bool complained; /* of the fault that lasts */
};

static enum result
reach_database(struct rounds *rounds, struct error *err)
{
    const struct database_keep keep = {
        .url = rounds->options.database_url,
        .application_name = rounds->options.connection_name,
        .timeout_ms = DATABASE_TIMEOUT_MS,
        .reconnects = rounds->options.reconnects,
    };

    return database_keep(&keep, &rounds->database, err);
}

static void
do_round(struct rounds *rounds)
{
    const struct rounds_options *options = &rounds->options;
    struct error err;
    enum result result = reach_database(rounds, &err);

    if (result == RESULT_OK)
        result = options->round(options->context, rounds->database, &err);
    if (result == RESULT_OK) {
        if (rounds->complained)
            log_info("housekeeping.recovered", "%s goes on", options->name);
        rounds->complained = false;
    } else if (!rounds->complained) {
        log_warning("housekeeping.failed", "%s: %s; tried again every second", options->name,
                    err.text);
        rounds->complained = true;
    }
}

static void
do_end(struct rounds *rounds)
{
    const struct rounds_options *options = &rounds->options;
    struct error err;

    if (rounds->database != NULL && database_is_connected(rounds->database) &&
        options->end(options->context, rounds->database, &err) != RESULT_OK)
        log_warning("housekeeping.failed", "%s at the end: %s", options->name, err.text);
}

/* True when the thread is to end. */
static bool
wait_for_round(struct rounds *rounds)
{
    struct timespec until = condition_deadline(ROUND_MS);

    (void)pthread_mutex_lock(&rounds->mutex);

    int waited = 0;

    while (!rounds->stopping && waited == 0)
        waited = pthread_cond_timedwait(&rounds->wake, &rounds->mutex, &until);

    bool stopping = rounds->stopping;

    (void)pthread_mutex_unlock(&rounds->mutex);
    return stopping;
}

static void *
run(void *argument)
{
    struct rounds *rounds = argument;

    do
        do_round(rounds);
    while (!wait_for_round(rounds));
    do_end(rounds);
    database_close(&rounds->database);
    return NULL;
}

enum result
rounds_start(const struct rounds_options *options, struct rounds **ret_rounds, struct error *err)
{
    struct rounds *rounds = calloc(1, sizeof(*rounds));

    if (rounds == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    rounds->options = *options;
    if (pthread_mutex_init(&rounds->mutex, NULL) != 0)
        goto no_mutex;
    if (condition_init(&rounds->wake) != RESULT_OK)
        goto no_condition;
    if (pthread_create(&rounds->thread, NULL, run, rounds) != 0)
        goto no_thread;
    *ret_rounds = rounds;
    return RESULT_OK;

no_thread:
    (void)pthread_cond_destroy(&rounds->wake);
no_condition:
    (void)pthread_mutex_destroy(&rounds->mutex);
no_mutex:
    free(rounds);
    return error_result(err, RESULT_FAILED, "the %s thread cannot be started", options->name);
}

void
rounds_stop(struct rounds **rounds)
{
    struct rounds *stopping = *rounds;

    if (stopping == NULL)
        return;
    (void)pthread_mutex_lock(&stopping->mutex);
    stopping->stopping = true;
    (void)pthread_cond_signal(&stopping->wake);
    (void)pthread_mutex_unlock(&stopping->mutex);
    (void)pthread_join(stopping->thread, NULL);
    (void)pthread_cond_destroy(&stopping->wake);
    (void)pthread_mutex_destroy(&stopping->mutex);
    free(stopping);
    *rounds = NULL;
}
