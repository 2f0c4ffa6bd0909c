#include "http/listener.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "http/answer.h"
#include "http/connection.h"

#include <limits.h>
#include <string.h>

/* The header, and the pieces in which a body is read. */
#define CONNECTION_MEMORY_BYTES ((size_t)32 * 1024)
#define BACKLOG 1024

const struct listener_deadlines listener_default_deadlines = {
    .header_ms = 10000,
    .idle_ms = 75000,
    .body_ms = 30000,
    .body_pause_ms = 10000,
    .answer_ms = 10000,
};

struct listener {
    struct MHD_Daemon *daemon;
    struct exchange_handler handler;
    struct connection_set connections;
    unsigned max_connections;
    int epoll_fd;
    bool resumed; /* libmicrohttpd does not tell that a resumed connection has something to do */
    struct address_text address;
};

static enum MHD_Result
take_step(struct listener *listener, struct connection *connection, enum exchange_step step)
{
    int64_t now_ms = clock_boottime_ms();

    switch (step) {
    case EXCHANGE_READ:
        connection_reads_body(&listener->connections, connection, now_ms);
        return MHD_YES;
    case EXCHANGE_WAIT:
        connection_waits(connection);
        MHD_suspend_connection(connection->exchange.connection);
        return MHD_YES;
    case EXCHANGE_ANSWERED:
        connection_answers(&listener->connections, connection, now_ms);
        return MHD_YES;
    case EXCHANGE_ABORT:
        break;
    }
    return MHD_NO;
}

static enum exchange_step
refuse_excess(struct connection *connection)
{
    const struct problem_answer problem = {
        .status = MHD_HTTP_SERVICE_UNAVAILABLE,
        .detail = "too many connections; send again later",
        .close = true,
    };

    return answer_problem(connection->exchange.connection, &problem) ? EXCHANGE_ANSWERED
                                                                     : EXCHANGE_ABORT;
}

static enum exchange_step
begin(struct listener *listener, struct connection *connection, const char *path,
      const char *method)
{
    struct exchange *exchange = &connection->exchange;

    if (connection->excess)
        return refuse_excess(connection);
    exchange->path = path;
    exchange->method = method;
    exchange->request = NULL;
    connection->begun = true;
    enum exchange_step step = listener->handler.begin(listener->handler.context, exchange);
    exchange->path = NULL;
    exchange->method = NULL;
    return step;
}

static struct connection *
connection_of(struct MHD_Connection *mhd_connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd_connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info == NULL ? NULL : info->socket_context;
}

static bool
has_body(struct MHD_Connection *mhd_connection)
{
    const char *length = MHD_lookup_connection_value(mhd_connection, MHD_HEADER_KIND,
                                                     MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *encoding = MHD_lookup_connection_value(mhd_connection, MHD_HEADER_KIND,
                                                       MHD_HTTP_HEADER_TRANSFER_ENCODING);

    return encoding != NULL || (length != NULL && strcmp(length, "0") != 0);
}

static enum exchange_step
go_on(struct listener *listener, struct connection *connection, const char *bytes, size_t count)
{
    const struct exchange_handler *handler = &listener->handler;

    if (count > 0)
        return handler->body == NULL
                   ? EXCHANGE_ABORT
                   : handler->body(handler->context, &connection->exchange, bytes, count);
    return handler->end == NULL ? EXCHANGE_ABORT
                                : handler->end(handler->context, &connection->exchange);
}

/* Called with the header, with each piece of the body, at its end and after a resume. */
static enum MHD_Result
on_access(void *context, struct MHD_Connection *mhd_connection, const char *url, const char *method,
          const char *version, const char *upload_data, size_t *upload_data_size,
          void **request_context)
{
    struct listener *listener = context;
    struct connection *connection = connection_of(mhd_connection);
    enum exchange_step step = EXCHANGE_READ;

    (void)version;
    if (connection == NULL) /* out of memory when it was accepted */
        return MHD_NO;
    bool is_header = *request_context == NULL;
    if (is_header) {
        *request_context = connection;
        connection->exchange.connection = mhd_connection;
        /* An answer in this first call would end the connection: without a body it can wait. */
        if (!has_body(mhd_connection))
            return take_step(listener, connection, EXCHANGE_READ);
    }
    if (!connection->begun)
        step = begin(listener, connection, url, method);
    if (!is_header && step == EXCHANGE_READ)
        step = go_on(listener, connection, upload_data, *upload_data_size);
    *upload_data_size = 0;
    return take_step(listener, connection, step);
}

static void
on_request_completed(void *context, struct MHD_Connection *mhd_connection, void **request_context,
                     enum MHD_RequestTerminationCode code)
{
    struct listener *listener = context;
    struct connection *connection = *request_context;

    (void)mhd_connection;
    (void)code;
    if (connection == NULL)
        return;
    if (connection->begun && listener->handler.done != NULL)
        listener->handler.done(listener->handler.context, &connection->exchange);
    connection->begun = false;
    connection_idles(&listener->connections, connection, clock_boottime_ms());
}

static void
on_connection(void *context, struct MHD_Connection *mhd_connection, void **socket_context,
              enum MHD_ConnectionNotificationCode code)
{
    struct listener *listener = context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd_connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        bool excess = listener->connections.count >= listener->max_connections;
        *socket_context = info == NULL ? NULL
                                       : connection_open(&listener->connections, info->connect_fd,
                                                         excess, clock_boottime_ms());
    } else if (*socket_context != NULL) {
        connection_close(&listener->connections, *socket_context);
        *socket_context = NULL;
    }
}

static struct MHD_Daemon *
start_daemon(struct listener *listener, int socket)
{
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, socket, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, listener->max_connections + LISTENER_SPARE_CONNECTIONS, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)CONNECTION_MEMORY_BYTES, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_request_completed, listener},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, listener},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access,
                            listener, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

enum result
listener_start(const struct listener_options *options, struct listener **ret_listener,
               struct error *err)
{
    AMSYNC_CLEANUP(listener_stop) struct listener *listener = calloc(1, sizeof(*listener));
    AMSYNC_CLEANUP(cleanup_close) int socket = -1;

    if (listener == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    listener->handler = options->handler;
    listener->max_connections = options->max_connections;
    connection_set_init(&listener->connections, &options->deadlines);
    enum result result = tcp_listen(options->address, BACKLOG, &socket, err);
    if (result != RESULT_OK)
        return result;
    (void)tcp_local_address(socket, &listener->address);
    listener->daemon = start_daemon(listener, socket);
    if (listener->daemon == NULL)
        return error_result(err, RESULT_FAILED, "libmicrohttpd cannot start on %s",
                            listener->address.text);
    socket = -1; /* libmicrohttpd closes it */
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return error_result(err, RESULT_FAILED, "libmicrohttpd has no epoll");
    listener->epoll_fd = info->epoll_fd;
    *ret_listener = TAKE_PTR(listener);
    return RESULT_OK;
}

const char *
listener_address(const struct listener *listener)
{
    return listener->address.text;
}

int
listener_epoll_fd(const struct listener *listener)
{
    return listener->epoll_fd;
}

int
listener_wait_ms(struct listener *listener, int64_t now_ms)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
    int64_t wait_ms = connection_set_next_ms(&listener->connections) - now_ms;

    if (listener->resumed || wait_ms <= 0)
        return 0;
    if (MHD_get_timeout(listener->daemon, &timeout_ms) == MHD_YES &&
        timeout_ms < (MHD_UNSIGNED_LONG_LONG)wait_ms)
        wait_ms = (int64_t)timeout_ms;
    return wait_ms > INT_MAX ? -1 : (int)wait_ms;
}

void
listener_run(struct listener *listener, int64_t now_ms)
{
    listener->resumed = false;
    (void)MHD_run(listener->daemon);
    connection_set_expire(&listener->connections, now_ms);
}

void
listener_resume(struct listener *listener, struct exchange *exchange)
{
    MHD_resume_connection(exchange->connection);
    listener->resumed = true;
}

void
listener_quiesce(struct listener *listener)
{
    MHD_socket socket = MHD_quiesce_daemon(listener->daemon);

    cleanup_close(&socket);
    connection_set_quiesce(&listener->connections);
    listener->resumed = true;
}

size_t
listener_connection_count(const struct listener *listener)
{
    return listener->connections.count;
}

void
listener_stop(struct listener **listener)
{
    if (*listener == NULL)
        return;
    if ((*listener)->daemon != NULL)
        MHD_stop_daemon((*listener)->daemon);
    free(*listener);
    *listener = NULL;
}
