#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/database.h"
#include "store/migrate.h"

#define WAIT_MS 30000

static PGconn *connection;
static PGresult *last_answer;

static void
close_database(void)
{
    PQclear(last_answer);
    PQfinish(connection);
}

static const char *
database_url(void)
{
    const char *url = getenv("AMSYNC_TEST_DATABASE_URL");

    assert_non_null(url);
    return url;
}

static void
make_schema(void)
{
    struct database *database = NULL;
    size_t applied = 0;
    struct error err = {0};

    if (database_open(database_url(), "tests", DATABASE_TIMEOUT_MS, &database, &err) != RESULT_OK ||
        migrate_run(database, "9.9.9", &applied, &err) != RESULT_OK)
        fail_msg("%s", err.text);
    database_close(&database);
}

PGconn *
test_database(void)
{
    if (connection == NULL) {
        make_schema();
        connection = PQconnectdb(database_url());
        assert_int_equal(PQstatus(connection), CONNECTION_OK);
        assert_int_equal(atexit(close_database), 0);
    }
    return connection;
}

const char *
test_query(const char *sql)
{
    PGresult *answer = PQexec(test_database(), sql);
    ExecStatusType status = PQresultStatus(answer);

    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(answer));
    PQclear(last_answer);
    last_answer = answer;
    return PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : "";
}

void
test_clear(void)
{
    (void)test_query("DELETE FROM amsync.notification");
    (void)test_query("DELETE FROM amsync.intake_queue");
    (void)test_query("DELETE FROM amsync.connector_log");
}

void
wait_until(bool (*condition)(void *context), void *context, const char *what)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int64_t end_ms = clock_boottime_ms() + WAIT_MS;

    while (!condition(context)) {
        if (clock_boottime_ms() >= end_ms)
            fail_msg("not within %d ms: %s", WAIT_MS, what);
        (void)nanosleep(&pause, NULL);
    }
}

static void
on_kept(void *context, size_t count)
{
    struct service *service = context;

    (void)atomic_fetch_add(&service->kept, count);
}

static void
on_refused(void *context, const struct refusal *refusal)
{
    struct service *service = context;

    (void)pthread_mutex_lock(&service->lock);
    service->refusal_count += refusal->count;
    (void)snprintf(service->last_refusal, sizeof(service->last_refusal), "%u %s", refusal->status,
                   refusal->detail);
    (void)pthread_mutex_unlock(&service->lock);
}

size_t
service_refusals(struct service *service)
{
    (void)pthread_mutex_lock(&service->lock);
    size_t count = service->refusal_count;
    (void)pthread_mutex_unlock(&service->lock);
    return count;
}

static void
load_settings(struct service *service, const struct service_wishes *wishes)
{
    char url[512];
    char usual[][64] = {
        "AMSYNC_COMPANIES=" COMPANY,
        "AMSYNC_WEBHOOK_SECRET=" SECRET,
        "AMSYNC_WEBHOOK_SECRET_PREVIOUS=" PREVIOUS_SECRET,
        "AMSYNC_LISTEN=127.0.0.1:0",
    };
    char wished[8][64];
    char *environment[16] = {url};
    size_t count = 1;
    struct error err = {0};

    (void)snprintf(url, sizeof(url), "AMSYNC_DATABASE_URL=%s", database_url());
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        environment[count++] = usual[i];
    for (size_t i = 0; wishes->settings[i] != NULL; i++) {
        (void)snprintf(wished[i], sizeof(wished[i]), "%s", wishes->settings[i]);
        environment[count++] = wished[i];
    }
    if (settings_load(environment, SETTINGS_DATABASE | SETTINGS_WEBHOOK | SETTINGS_LISTEN, NULL,
                      NULL, &service->settings, &err) != RESULT_OK)
        fail_msg("%s", err.text);
}

static unsigned
wish_or(unsigned wish, unsigned usual)
{
    return wish == 0 ? usual : wish;
}

static bool
is_ready(void *context)
{
    struct service *service = context;

    return readiness_look(&service->readiness, clock_boottime_ms()).ready;
}

void
service_start(struct service *service, const struct service_wishes *wishes)
{
    const struct listener_deadlines *usual = &listener_default_deadlines;
    struct error err = {0};

    *service = (struct service){.lock = PTHREAD_MUTEX_INITIALIZER};
    (void)test_database();
    load_settings(service, wishes);
    readiness_init(&service->readiness);
    ingest_metrics_init(&service->metrics);
    readiness_schema_current(&service->readiness);
    const struct ingest_options options = {
        .settings = &service->settings,
        .readiness = &service->readiness,
        .metrics = &service->metrics,
        .deadlines =
            {
                .header_ms = wish_or(wishes->deadlines.header_ms, usual->header_ms),
                .idle_ms = wish_or(wishes->deadlines.idle_ms, usual->idle_ms),
                .body_ms = wish_or(wishes->deadlines.body_ms, usual->body_ms),
                .body_pause_ms = wish_or(wishes->deadlines.body_pause_ms, usual->body_pause_ms),
                .answer_ms = wish_or(wishes->deadlines.answer_ms, usual->answer_ms),
            },
        .commit_deadline_ms = wish_or(wishes->commit_deadline_ms, INGEST_COMMIT_DEADLINE_MS),
    };
    const struct ingest_callbacks callbacks = {
        .context = service,
        .kept = on_kept,
        .refusals = {.context = service, .refused = on_refused},
    };
    if (ingest_start(&options, &callbacks, &service->ingest, &err) != RESULT_OK)
        fail_msg("%s", err.text);
    service->address = ingest_address(service->ingest);
    wait_until(is_ready, service, "ingest becomes ready");
}

void
service_stop(struct service *service)
{
    ingest_stop(&service->ingest, 5000);
    settings_finish(&service->settings);
}

char *
order_notification(unsigned number)
{
    char *body = NULL;

    if (asprintf(&body,
                 "{\"Inserted\":[{\"OrderType\":\"SO\",\"OrderNbr\":\"SO%06u\"}],\"Deleted\":[],"
                 "\"Query\":\"AMSync-Orders\",\"CompanyId\":\"" COMPANY "\","
                 "\"Id\":\"4a5bd5a4-9f3c-4a55-8ae0-%012u\",\"TimeStamp\":638780593453014191,"
                 "\"AdditionalInfo\":{}}",
                 number, number) < 0)
        fail_msg("out of memory");
    return body;
}
