#include "http/ingest.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/checker.h"
#include "http/connector.h"
#include "http/group_commit.h"
#include "http/open_files.h"
#include "http/reception.h"
#include "http/wakeup.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#define BACKOFF_FIRST_MS 100u
#define BACKOFF_MAX_MS 5000u

/* While there is no connection to PostgreSQL the loop looks after the attempt this often. */
#define ATTEMPT_LOOK_MS 1000

/* Turns of the loop in which answers leave after the budget for stopping is used up. */
#define LAST_TURNS 8

struct ingest {
    struct ingest_callbacks callbacks;
    struct readiness *readiness;
    struct ingest_metrics *metrics;
    struct refusals refusals;
    struct reception reception;
    struct listener *listener;
    struct checker *checker;
    struct connector *connector;
    struct group_commit *commit;
    int wakeup; /* eventfd: a helper thread or ingest_stop has something */
    unsigned backoff_ms;
    bool was_connected;
    atomic_uint stop_budget_ms;
    atomic_bool stop;
    bool giving_up; /* nothing more is kept */
    pthread_t thread;
};

static void
set_unavailable(struct ingest *ingest, const struct error *err)
{
    ingest->reception.unavailable = true;
    group_commit_fail(ingest->commit, false, err);
}

static void
reconnect(struct ingest *ingest)
{
    connector_request(ingest->connector, ingest->backoff_ms);
    ingest->backoff_ms = ingest->backoff_ms == 0 ? BACKOFF_FIRST_MS : 2 * ingest->backoff_ms;
    if (ingest->backoff_ms > BACKOFF_MAX_MS)
        ingest->backoff_ms = BACKOFF_MAX_MS;
}

static void
on_written(void *context, size_t items, size_t accepted)
{
    struct ingest *ingest = context;

    ingest->backoff_ms = 0;
    ingest->reception.unavailable = ingest->giving_up;
    readiness_written(ingest->readiness, clock_boottime_ms());
    if (items > 0)
        histogram_observe(&ingest->metrics->batch_rows, items);
    if (accepted > 0)
        ingest->callbacks.kept(ingest->callbacks.context, accepted);
}

/* Requests wait for the first attempt to connect again; only if it has not helped they are told. */
static void
on_lost(void *context, const struct error *err)
{
    struct ingest *ingest = context;

    if (ingest->giving_up)
        return;
    log_warning("ingest.database_lost", "%s", err->text);
    readiness_not_writable(ingest->readiness, err->text);
    if (ingest->backoff_ms > 0)
        set_unavailable(ingest, err);
    reconnect(ingest);
}

static void
take_connection(struct ingest *ingest)
{
    PGconn *connection = NULL;
    struct error err;

    switch (connector_take(ingest->connector, &connection, &err)) {
    case RESULT_OK:
        log_info("ingest.database_connected", "connected to the database");
        group_commit_attach(ingest->commit, connection);
        if (ingest->was_connected)
            counter_add(&ingest->metrics->reconnects, 1);
        ingest->was_connected = true;
        break;
    case RESULT_NONE:
        break;
    case RESULT_RETRY:
    case RESULT_REJECTED:
    case RESULT_FAILED:
        log_warning("ingest.database_away", "%s", err.text);
        readiness_not_writable(ingest->readiness, err.text);
        set_unavailable(ingest, &err);
        reconnect(ingest);
        break;
    }
}

static int
wait_ms(struct ingest *ingest, int64_t now_ms, int64_t until_ms)
{
    int listener_ms = listener_wait_ms(ingest->listener, now_ms);
    int64_t commit_ms = group_commit_next_ms(ingest->commit);
    int64_t refusals_ms = refusals_next_ms(&ingest->refusals);

    if (commit_ms < until_ms)
        until_ms = commit_ms;
    if (refusals_ms < until_ms)
        until_ms = refusals_ms;
    if (!group_commit_is_attached(ingest->commit) && until_ms - now_ms > ATTEMPT_LOOK_MS)
        until_ms = now_ms + ATTEMPT_LOOK_MS;
    if (until_ms <= now_ms)
        return 0;
    int64_t left_ms = until_ms - now_ms;
    if (listener_ms >= 0 && listener_ms < left_ms)
        return listener_ms;
    return left_ms > INT_MAX ? -1 : (int)left_ms;
}

/* Waits until there is something to do, at most until `until_ms`, and does it. */
static void
turn(struct ingest *ingest, int64_t until_ms)
{
    short commit_events = group_commit_wants_write(ingest->commit) ? POLLIN | POLLOUT : POLLIN;
    struct pollfd ready[] = {
        {.fd = listener_epoll_fd(ingest->listener), .events = POLLIN},
        {.fd = ingest->wakeup, .events = POLLIN},
        {.fd = group_commit_socket(ingest->commit), .events = commit_events},
    };

    (void)poll(ready, sizeof(ready) / sizeof(ready[0]),
               wait_ms(ingest, clock_boottime_ms(), until_ms));
    int64_t now_ms = clock_boottime_ms();
    if (ready[1].revents != 0)
        wakeup_take(ingest->wakeup);
    group_commit_run(ingest->commit, ready[2].revents != 0, now_ms);
    if (!group_commit_is_attached(ingest->commit)) {
        connector_expire(ingest->connector, now_ms);
        take_connection(ingest);
    }
    reception_run(&ingest->reception);
    listener_run(ingest->listener, now_ms);
    /* What has just arrived leaves at once if nothing else is on its way. */
    group_commit_run(ingest->commit, false, now_ms);
    refusals_run(&ingest->refusals, now_ms, false);
}

/* Nothing may wait when the listener stops: the checker's jobs end soon, the commit is given up. */
static void
give_up(struct ingest *ingest)
{
    const struct error err = {.text = "stopping"};

    ingest->giving_up = true;
    ingest->reception.unavailable = true;
    while (ingest->reception.checking > 0)
        turn(ingest, INT64_MAX);
    group_commit_fail(ingest->commit, true, &err);
    for (int i = 0; i < LAST_TURNS && listener_connection_count(ingest->listener) > 0; i++)
        listener_run(ingest->listener, clock_boottime_ms());
}

static void *
ingest_main(void *argument)
{
    struct ingest *ingest = argument;

    reconnect(ingest);
    while (!atomic_load(&ingest->stop))
        turn(ingest, INT64_MAX);
    int64_t end_ms = clock_boottime_ms() + atomic_load(&ingest->stop_budget_ms);
    ingest->reception.closing = true;
    listener_quiesce(ingest->listener);
    while (listener_connection_count(ingest->listener) > 0 && clock_boottime_ms() < end_ms)
        turn(ingest, end_ms);
    give_up(ingest);
    refusals_run(&ingest->refusals, clock_boottime_ms(), true);
    return NULL;
}

static void
ingest_free(struct ingest **ingest)
{
    if (*ingest == NULL)
        return;
    listener_stop(&(*ingest)->listener);
    checker_stop(&(*ingest)->checker);
    connector_stop(&(*ingest)->connector);
    group_commit_free(&(*ingest)->commit);
    cleanup_close(&(*ingest)->wakeup);
    free(*ingest);
    *ingest = NULL;
}

static enum result
start_helpers(struct ingest *ingest, const struct ingest_options *options, struct error *err)
{
    const struct group_commit_events events = {
        .context = ingest,
        .done = reception_committed,
        .written = on_written,
        .lost = on_lost,
    };
    enum result result = wakeup_open(&ingest->wakeup, err);

    if (result == RESULT_OK)
        result = connector_start(options->settings->database_url, options->commit_deadline_ms,
                                 ingest->wakeup, &ingest->connector, err);
    if (result == RESULT_OK)
        result = checker_start(options->settings, ingest->wakeup, &ingest->checker, err);
    if (result == RESULT_OK &&
        group_commit_new(&events, options->commit_deadline_ms, &ingest->commit) != RESULT_OK)
        result = error_result(err, RESULT_FAILED, "out of memory");
    return result;
}

static enum result
start_listener(struct ingest *ingest, const struct ingest_options *options, struct error *err)
{
    const unsigned wanted = (unsigned)options->settings->max_connections;
    unsigned allowed = 0;
    enum result result = open_files_allow(wanted + LISTENER_SPARE_CONNECTIONS,
                                          (unsigned)options->settings->workers, &allowed, err);

    if (result != RESULT_OK)
        return result;
    if (allowed <= LISTENER_SPARE_CONNECTIONS)
        return error_result(err, RESULT_REJECTED,
                            "too few files may be opened for any connection: raise ulimit -n");
    allowed -= LISTENER_SPARE_CONNECTIONS;
    if (allowed < wanted)
        log_warning("ingest.open_files",
                    "AMSYNC_MAX_CONNECTIONS is %u, but the limit of open files (ulimit -n) allows "
                    "%u: that many are taken",
                    wanted, allowed);
    const struct listener_options listener = {
        .address = &options->settings->listen,
        .max_connections = allowed,
        .deadlines = options->deadlines,
        .handler = reception_handler(&ingest->reception),
    };
    return listener_start(&listener, &ingest->listener, err);
}

enum result
ingest_start(const struct ingest_options *options, const struct ingest_callbacks *callbacks,
             struct ingest **ret_ingest, struct error *err)
{
    AMSYNC_CLEANUP(ingest_free) struct ingest *ingest = calloc(1, sizeof(*ingest));

    if (ingest == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    ingest->wakeup = -1;
    ingest->callbacks = *callbacks;
    ingest->readiness = options->readiness;
    ingest->metrics = options->metrics;
    refusals_init(&ingest->refusals, &callbacks->refusals);
    enum result result = start_helpers(ingest, options, err);
    if (result == RESULT_OK)
        result = start_listener(ingest, options, err);
    if (result != RESULT_OK)
        return result;
    ingest->reception = (struct reception){
        .settings = options->settings,
        .readiness = options->readiness,
        .metrics = options->metrics,
        .listener = ingest->listener,
        .checker = ingest->checker,
        .commit = ingest->commit,
        .refusals = &ingest->refusals,
        .bodies =
            {
                .max_body_bytes = (size_t)options->settings->max_body_bytes,
                .max_buffered_bytes = (size_t)options->settings->max_buffered_bytes,
            },
    };
    if (pthread_create(&ingest->thread, NULL, ingest_main, ingest) != 0)
        return error_result(err, RESULT_FAILED, "no thread for accepting notifications");
    *ret_ingest = TAKE_PTR(ingest);
    return RESULT_OK;
}

const char *
ingest_address(const struct ingest *ingest)
{
    return listener_address(ingest->listener);
}

void
ingest_stop(struct ingest **ingest, unsigned budget_ms)
{
    if (*ingest == NULL)
        return;
    readiness_drain((*ingest)->readiness);
    atomic_store(&(*ingest)->stop_budget_ms, budget_ms);
    atomic_store(&(*ingest)->stop, true);
    wakeup_send((*ingest)->wakeup);
    (void)pthread_join((*ingest)->thread, NULL);
    ingest_free(ingest);
}
