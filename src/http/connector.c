#include "http/connector.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "http/wakeup.h"
#include "store/database.h"
#include "store/inbox.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* For what follows a connection's start. */
#define PREPARE_DEADLINE_MS 5000

enum attempt_state {
    ATTEMPT_NONE,
    ATTEMPT_WANTED,
    ATTEMPT_OVER, /* `connection` or `err` has what came of it */
};

struct connector {
    char *database_url;
    unsigned statement_timeout_ms;
    int wakeup_fd; /* not owned */
    int stop_fd;
    bool running;
    pthread_t thread;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    enum attempt_state state;
    unsigned delay_ms;
    PGconn *connection;
    struct error err;
    bool stopping;
    int preparing_socket; /* of a connection that is being prepared, else -1 */
    int64_t preparing_until_ms;
};

static void
cleanup_connection(PGconn **connection)
{
    PQfinish(*connection);
}

static void
publish_socket(struct connector *connector, int socket, int64_t deadline_ms)
{
    (void)pthread_mutex_lock(&connector->lock);
    connector->preparing_socket = socket;
    connector->preparing_until_ms = deadline_ms;
    if (connector->stopping && socket >= 0)
        (void)shutdown(socket, SHUT_RDWR);
    (void)pthread_mutex_unlock(&connector->lock);
}

/* While it blocks in here, connector_expire and connector_stop can end it by its socket. */
static enum result
prepare(struct connector *connector, PGconn *connection, struct error *err)
{
    publish_socket(connector, PQsocket(connection), clock_boottime_ms() + PREPARE_DEADLINE_MS);
    enum result result = inbox_prepare(connection, connector->statement_timeout_ms, err);
    publish_socket(connector, -1, INT64_MAX);
    return result;
}

static enum result
connect_and_prepare(struct connector *connector, PGconn **ret_connection, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_connection) PGconn *connection = NULL;
    enum result result = database_connect(connector->database_url, "amsync ingest",
                                          connector->statement_timeout_ms, &connection, err);

    if (result == RESULT_OK)
        result = prepare(connector, connection, err);
    if (result == RESULT_OK)
        *ret_connection = TAKE_PTR(connection);
    return result;
}

/* Whether there is something to attempt; false: the thread is to end. Holds the lock. */
static bool
wait_for_request(struct connector *connector, unsigned *ret_delay_ms)
{
    while (connector->state != ATTEMPT_WANTED && !connector->stopping)
        (void)pthread_cond_wait(&connector->changed, &connector->lock);
    *ret_delay_ms = connector->delay_ms;
    return !connector->stopping;
}

static void
attempt(struct connector *connector, unsigned delay_ms)
{
    struct pollfd stop = {.fd = connector->stop_fd, .events = POLLIN};
    PGconn *connection = NULL;
    struct error err = {.text = "stopping"};

    if (poll(&stop, 1, (int)delay_ms) == 0)
        (void)connect_and_prepare(connector, &connection, &err);
    (void)pthread_mutex_lock(&connector->lock);
    connector->connection = connection;
    connector->err = err;
    connector->state = ATTEMPT_OVER;
    (void)pthread_mutex_unlock(&connector->lock);
    wakeup_send(connector->wakeup_fd);
}

static void *
connector_main(void *argument)
{
    struct connector *connector = argument;
    unsigned delay_ms = 0;

    for (;;) {
        (void)pthread_mutex_lock(&connector->lock);
        bool wanted = wait_for_request(connector, &delay_ms);
        (void)pthread_mutex_unlock(&connector->lock);
        if (!wanted)
            return NULL;
        attempt(connector, delay_ms);
    }
}

enum result
connector_start(const char *database_url, unsigned statement_timeout_ms, int wakeup_fd,
                struct connector **ret_connector, struct error *err)
{
    AMSYNC_CLEANUP(connector_stop) struct connector *connector = calloc(1, sizeof(*connector));

    if (connector == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    connector->statement_timeout_ms = statement_timeout_ms;
    connector->wakeup_fd = wakeup_fd;
    connector->stop_fd = -1;
    connector->preparing_socket = -1;
    connector->preparing_until_ms = INT64_MAX;
    (void)pthread_mutex_init(&connector->lock, NULL);
    (void)pthread_cond_init(&connector->changed, NULL);
    connector->database_url = strdup(database_url);
    if (connector->database_url == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    enum result result = wakeup_open(&connector->stop_fd, err);
    if (result != RESULT_OK)
        return result;
    if (pthread_create(&connector->thread, NULL, connector_main, connector) != 0)
        return error_result(err, RESULT_FAILED, "no thread for connecting to the database");
    connector->running = true;
    *ret_connector = TAKE_PTR(connector);
    return RESULT_OK;
}

void
connector_request(struct connector *connector, unsigned delay_ms)
{
    (void)pthread_mutex_lock(&connector->lock);
    if (connector->state == ATTEMPT_NONE) {
        connector->state = ATTEMPT_WANTED;
        connector->delay_ms = delay_ms;
        (void)pthread_cond_signal(&connector->changed);
    }
    (void)pthread_mutex_unlock(&connector->lock);
}

enum result
connector_take(struct connector *connector, PGconn **ret_connection, struct error *err)
{
    enum result result = RESULT_NONE;

    (void)pthread_mutex_lock(&connector->lock);
    if (connector->state == ATTEMPT_OVER) {
        result = connector->connection == NULL ? RESULT_RETRY : RESULT_OK;
        if (result == RESULT_OK)
            *ret_connection = TAKE_PTR(connector->connection);
        else
            error_set(err, "%s", connector->err.text);
        connector->state = ATTEMPT_NONE;
    }
    (void)pthread_mutex_unlock(&connector->lock);
    return result;
}

void
connector_expire(struct connector *connector, int64_t now_ms)
{
    (void)pthread_mutex_lock(&connector->lock);
    if (connector->preparing_socket >= 0 && connector->preparing_until_ms <= now_ms)
        (void)shutdown(connector->preparing_socket, SHUT_RDWR);
    (void)pthread_mutex_unlock(&connector->lock);
}

static void
end_thread(struct connector *connector)
{
    (void)pthread_mutex_lock(&connector->lock);
    connector->stopping = true;
    if (connector->preparing_socket >= 0)
        (void)shutdown(connector->preparing_socket, SHUT_RDWR);
    (void)pthread_cond_signal(&connector->changed);
    (void)pthread_mutex_unlock(&connector->lock);
    wakeup_send(connector->stop_fd);
    (void)pthread_join(connector->thread, NULL);
}

void
connector_stop(struct connector **connector)
{
    if (*connector == NULL)
        return;
    if ((*connector)->running)
        end_thread(*connector);
    PQfinish((*connector)->connection);
    cleanup_close(&(*connector)->stop_fd);
    (void)pthread_cond_destroy(&(*connector)->changed);
    (void)pthread_mutex_destroy(&(*connector)->lock);
    free((*connector)->database_url);
    free(*connector);
    *connector = NULL;
}
