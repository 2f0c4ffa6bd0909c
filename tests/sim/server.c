#include "sim/server.h"

#include "base/cleanup.h"
#include "sim/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_MEMORY 65536
#define CONNECTIONS_MAX 4096

struct server {
    struct MHD_Daemon *daemon;
    struct server_handler handler;
    struct exchange_queue waiting;
    int epoll_fd; /* libmicrohttpd's */
    int signal_fd;
    uint16_t port;
};

static void *
on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct server *server = context;
    (void)connection;
    return exchange_new(&server->handler, &server->waiting, target);
}

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *data, size_t *size, void **request_context)
{
    (void)context;
    (void)url;
    (void)version;
    struct exchange *exchange = *request_context;
    return exchange ? exchange_proceed(exchange, connection, method, data, size) : MHD_NO;
}

static void
on_completed(void *context, struct MHD_Connection *connection, void **request_context,
             enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    exchange_free(*request_context);
    *request_context = NULL;
}

/* A connection's context is the number of its requests. */
static void
on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
              enum MHD_ConnectionNotificationCode code)
{
    (void)context;
    (void)connection;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = calloc(1, sizeof(size_t));
    } else {
        free(*socket_context);
        *socket_context = NULL;
    }
}

static enum result
block_signals(int *ret_fd, struct error *err)
{
    sigset_t ending;
    (void)sigemptyset(&ending);
    (void)sigaddset(&ending, SIGTERM);
    (void)sigaddset(&ending, SIGINT);
    if (sigprocmask(SIG_BLOCK, &ending, NULL) != 0)
        return error_result(err, RESULT_FAILED, "sigprocmask: %s", strerror(errno));
    int fd = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return error_result(err, RESULT_FAILED, "signalfd: %s", strerror(errno));
    *ret_fd = fd;
    return RESULT_OK;
}

static enum result
listen_on(struct server *server, const char *host, uint16_t port, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return error_result(err, RESULT_REJECTED, "%s is no IPv4 address", host);
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_SOCK_ADDR, 0, &address},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, server},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, server},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, on_request,
                         server, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (!server->daemon)
        return error_result(err, RESULT_FAILED, "cannot listen on %s:%u: %s", host, (unsigned)port,
                            strerror(errno));
    const union MHD_DaemonInfo *epoll =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const union MHD_DaemonInfo *listening =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    socklen_t length = sizeof(address);
    if (!epoll || !listening ||
        getsockname(listening->listen_fd, (struct sockaddr *)&address, &length) != 0)
        return error_result(err, RESULT_FAILED, "cannot learn the port that was chosen");
    server->epoll_fd = epoll->epoll_fd;
    server->port = ntohs(address.sin_port);
    return RESULT_OK;
}

enum result
server_start(const char *address, uint16_t port, const struct server_handler *handler,
             struct server **ret_server, struct error *err)
{
    struct server *server = calloc(1, sizeof(*server));
    if (!server)
        return error_result(err, RESULT_FAILED, "out of memory");
    server->handler = *handler;
    server->signal_fd = -1;
    enum result result = block_signals(&server->signal_fd, err);
    if (result == RESULT_OK)
        result = listen_on(server, address, port, err);
    if (result != RESULT_OK) {
        server_stop(server);
        return result;
    }
    *ret_server = server;
    return RESULT_OK;
}

uint16_t
server_port(const struct server *server)
{
    return server->port;
}

static int
poll_timeout(const struct server *server)
{
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    int64_t timeout = -1;
    if (MHD_get_timeout(server->daemon, &library_ms) == MHD_YES)
        timeout = library_ms > 60000 ? 60000 : (int64_t)library_ms;
    int64_t due = exchange_queue_timeout(&server->waiting);
    if (due >= 0 && (timeout < 0 || due < timeout))
        timeout = due;
    return (int)timeout;
}

void
server_run(struct server *server)
{
    struct pollfd ready[] = {
        {.fd = server->epoll_fd, .events = POLLIN},
        {.fd = server->signal_fd, .events = POLLIN},
    };
    while (true) {
        if (poll(ready, 2, poll_timeout(server)) < 0 && errno != EINTR)
            return;
        if (ready[1].revents)
            return;
        exchange_queue_run(&server->waiting);
        /* Unconditionally: a resumed connection shows in neither descriptor nor time-out. */
        (void)MHD_run(server->daemon);
    }
}

void
server_stop(struct server *server)
{
    if (!server)
        return;
    exchange_queue_abandon(&server->waiting);
    if (server->daemon) {
        (void)MHD_run(server->daemon);
        MHD_stop_daemon(server->daemon);
    }
    cleanup_close(&server->signal_fd);
    free(server);
}
