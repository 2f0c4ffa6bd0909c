#include "app/service.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "app/heart.h"
#include "app/housekeeping.h"
#include "app/refused_lines.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/admin.h"
#include "http/ingest.h"
#include "http/metrics.h"
#include "http/readiness.h"
#include "intake/thread.h"
#include "magento/client.h"
#include "store/database.h"
#include "store/magento_identity.h"
#include "store/migrate.h"
#include "sync/pool.h"

/* A batch of notifications that intake merges in one transaction. */
#define INTAKE_NOTIFICATIONS 128
#define INTAKE_BYTES ((size_t)16 << 20)

struct service {
    const struct settings *settings;
    sigset_t end_signals;
    pthread_mutex_t pool_mutex; /* for `pool`, which housekeeping outlives */
    struct readiness readiness;
    struct metrics metrics;
    struct refused_lines *refused;
    struct housekeeping *housekeeping;
    struct heart *heart;
    struct pool *pool;
    struct intake_thread *intake;
    struct ingest *ingest;
    struct admin *admin;
};

static void
wake_pool(void *context)
{
    struct service *service = context;

    (void)pthread_mutex_lock(&service->pool_mutex);
    if (service->pool != NULL)
        pool_wake(service->pool);
    (void)pthread_mutex_unlock(&service->pool_mutex);
}

static bool
look_at_pool(void *context, struct pool_status *ret_status)
{
    struct service *service = context;

    (void)pthread_mutex_lock(&service->pool_mutex);

    bool runs = service->pool != NULL;

    if (runs)
        pool_status(service->pool, ret_status);
    (void)pthread_mutex_unlock(&service->pool_mutex);
    return runs;
}

static void
stop_pool(struct service *service, int64_t deadline_ms)
{
    struct pool *pool;

    (void)pthread_mutex_lock(&service->pool_mutex);
    pool = TAKE_PTR(service->pool);
    (void)pthread_mutex_unlock(&service->pool_mutex);
    pool_stop(&pool, deadline_ms);
}

static void
wake_intake(void *context, size_t count)
{
    struct service *service = context;

    intake_wake(service->intake, count);
}

/* All threads inherit the mask, so that only service_wait sees these signals. A peer that closes its
 * socket is an error of the write, not a signal. */
static enum result
block_signals(struct service *service, struct error *err)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigemptyset(&service->end_signals);
    (void)sigaddset(&service->end_signals, SIGTERM);
    (void)sigaddset(&service->end_signals, SIGINT);
    if (sigaction(SIGPIPE, &ignore, NULL) != 0 ||
        pthread_sigmask(SIG_BLOCK, &service->end_signals, NULL) != 0)
        return error_result(err, RESULT_FAILED, "signals cannot be set up");
    return RESULT_OK;
}

static enum result
check_database(struct service *service, struct error *err)
{
    AMSYNC_CLEANUP(database_close) struct database *database = NULL;
    enum result result = database_open(service->settings->database_url, "amsync serve",
                                       DATABASE_TIMEOUT_MS, &database, err);

    if (result == RESULT_OK)
        result = migrate_check(database, AMSYNC_VERSION, err);
    if (result != RESULT_OK)
        return result;
    readiness_schema_current(&service->readiness);
    result = magento_identity_check(database, service->settings->magento_url,
                                    service->settings->magento_store, err);
    return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result
start_sync(struct service *service, struct error *err)
{
    const struct housekeeping_options housekeeping = {
        .settings = service->settings,
        .readiness = &service->readiness,
        .refused = service->refused,
        .gauges = &service->metrics.gauges,
        .reconnects = &service->metrics.housekeeping_reconnects,
        .context = service,
        .orders_due = wake_pool,
    };
    const struct heart_options heart = {
        .database_url = service->settings->database_url,
        .readiness = &service->readiness,
        .reconnects = &service->metrics.heartbeat_reconnects,
    };
    const struct intake_options intake = {
        .settle_ms = (unsigned)service->settings->settle_ms,
        .max_notifications = INTAKE_NOTIFICATIONS,
        .max_bytes = INTAKE_BYTES,
    };
    const struct intake_callbacks callbacks = {.context = service, .taken_in = wake_pool};
    enum result result = pool_start(service->settings, &service->metrics.sync, &service->pool, err);

    if (result == RESULT_OK)
        result = housekeeping_start(&housekeeping, &service->housekeeping, err);
    if (result == RESULT_OK)
        result = heart_start(&heart, &service->heart, err);
    if (result == RESULT_OK)
        result = intake_thread_start(service->settings->database_url, &intake, &callbacks,
                                     &service->metrics.intake_reconnects, &service->intake, err);
    return result;
}

static enum result
start_listeners(struct service *service, struct error *err)
{
    const struct ingest_options options = {
        .settings = service->settings,
        .readiness = &service->readiness,
        .metrics = &service->metrics.ingest,
        .deadlines = listener_default_deadlines,
        .commit_deadline_ms = INGEST_COMMIT_DEADLINE_MS,
    };
    const struct ingest_callbacks callbacks = {
        .context = service,
        .kept = wake_intake,
        .refusals = {.context = service->refused,
                     .refused = refused_lines_add,
                     .counted = refused_lines_count},
    };
    const struct admin_options admin = {
        .address = &service->settings->admin_listen,
        .readiness = &service->readiness,
        .metrics = &service->metrics,
        .context = service,
        .look_at_pool = look_at_pool,
    };
    enum result result = admin_start(&admin, &service->admin, err);

    if (result == RESULT_REJECTED)
        error_prefix(err, "AMSYNC_ADMIN_LISTEN");
    if (result != RESULT_OK)
        return result;
    result = ingest_start(&options, &callbacks, &service->ingest, err);
    if (result == RESULT_REJECTED)
        error_prefix(err, "AMSYNC_LISTEN");
    return result;
}

static enum result
start_all(struct service *service, struct error *err)
{
    enum result result = block_signals(service, err);

    if (result == RESULT_OK)
        result = magento_global_init(err);
    if (result == RESULT_OK)
        result = check_database(service, err);
    if (result == RESULT_OK)
        result = refused_lines_new(&service->refused, err);
    if (result == RESULT_OK)
        result = start_sync(service, err);
    return result == RESULT_OK ? start_listeners(service, err) : result;
}

enum result
service_start(const struct settings *settings, struct service **ret_service, struct error *err)
{
    struct service *service = calloc(1, sizeof(*service));

    if (service == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    service->settings = settings;
    /* A mutex of default attributes cannot fail on Linux. */
    (void)pthread_mutex_init(&service->pool_mutex, NULL);
    readiness_init(&service->readiness);
    metrics_init(&service->metrics);

    enum result result = start_all(service, err);

    if (result != RESULT_OK) {
        service_stop(&service);
        return result;
    }
    log_info("serve.started", "amsync " AMSYNC_VERSION " listens on %s, probes and metrics on %s",
             ingest_address(service->ingest), admin_address(service->admin));
    *ret_service = service;
    return RESULT_OK;
}

void
service_wait(struct service *service)
{
    int received = 0;

    while (sigwait(&service->end_signals, &received) != 0)
        continue;
    log_info("serve.stopping", "%s: stopping", received == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* In the direction of an event's way, so that each part still finds the next one running. The probes
 * say "not ready" to the end. */
void
service_stop(struct service **service)
{
    struct service *stopping = *service;

    if (stopping == NULL)
        return;

    int64_t shutdown_ms = stopping->settings->shutdown_ms;
    int64_t deadline_ms = clock_boottime_ms() + shutdown_ms;

    readiness_drain(&stopping->readiness);
    ingest_stop(&stopping->ingest, (unsigned)(shutdown_ms / 4));
    intake_thread_stop(&stopping->intake);
    stop_pool(stopping, deadline_ms);
    housekeeping_stop(&stopping->housekeeping);
    heart_stop(&stopping->heart);
    admin_stop(&stopping->admin);
    refused_lines_free(&stopping->refused);
    metrics_finish(&stopping->metrics);
    (void)pthread_mutex_destroy(&stopping->pool_mutex);
    free(stopping);
    *service = NULL;
}
