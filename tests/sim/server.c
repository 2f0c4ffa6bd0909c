#include "sim/server.h"

#include "base/cleanup.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX (32U << 20)
#define CONNECTION_MEMORY 65536
#define CONNECTIONS_MAX 4096

enum phase {
    PHASE_RECEIVING,
    PHASE_BEFORE, /* waiting before the work */
    PHASE_AFTER,  /* worked on, waiting to end */
    PHASE_ENDING
};

struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    char *target;
    char *body;
    size_t body_length;
    size_t body_size;
    enum phase phase;
    bool started;
    bool reused;
    struct server_request request;
    struct server_plan plan;
    struct answer answer;
    int64_t due_ms;            /* while suspended */
    struct exchange *next_due; /* of those suspended, sorted by due_ms */
    struct exchange *prior_due;
};

struct server {
    struct MHD_Daemon *daemon;
    struct server_handler handler;
    int epoll_fd; /* libmicrohttpd's */
    int signal_fd;
    uint16_t port;
    struct exchange *first_due;
    struct exchange *last_due;
};

static int64_t
now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
timer_insert(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct exchange *after = server->last_due;
    while (after && after->due_ms > exchange->due_ms)
        after = after->prior_due;
    exchange->prior_due = after;
    exchange->next_due = after ? after->next_due : server->first_due;
    if (exchange->next_due)
        exchange->next_due->prior_due = exchange;
    else
        server->last_due = exchange;
    if (after)
        after->next_due = exchange;
    else
        server->first_due = exchange;
}

static struct exchange *
timer_take_first(struct server *server)
{
    struct exchange *exchange = server->first_due;
    server->first_due = exchange->next_due;
    if (server->first_due)
        server->first_due->prior_due = NULL;
    else
        server->last_due = NULL;
    exchange->next_due = NULL;
    return exchange;
}

static void
perform(struct exchange *exchange)
{
    struct server_handler *handler = &exchange->server->handler;
    handler->perform(handler->context, &exchange->request, &exchange->plan, &exchange->answer);
}

static void
wait_ms(struct exchange *exchange, unsigned milliseconds, enum phase phase)
{
    exchange->phase = phase;
    exchange->due_ms = now_ms() + milliseconds;
    MHD_suspend_connection(exchange->connection);
    timer_insert(exchange);
}

/* Works on a request whose time has come, also when its client has gone meanwhile. */
static void
timer_fire(struct exchange *exchange)
{
    if (exchange->phase == PHASE_BEFORE) {
        perform(exchange);
        if (exchange->plan.wait_after_ms > 0) {
            exchange->phase = PHASE_AFTER;
            exchange->due_ms = now_ms() + exchange->plan.wait_after_ms;
            timer_insert(exchange);
            return;
        }
    }
    exchange->phase = PHASE_ENDING;
    MHD_resume_connection(exchange->connection);
}

static ssize_t
read_half(void *context, uint64_t position, char *buffer, size_t size)
{
    const struct exchange *exchange = context;
    size_t half = exchange->answer.body_length / 2;
    if (position >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t count = half - (size_t)position;
    if (count > size)
        count = size;
    memcpy(buffer, exchange->answer.body + position, count);
    return (ssize_t)count;
}

static ssize_t
read_for_ever(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)context;
    memset(buffer, ' ', size);
    if (position == 0 && size > 0)
        buffer[0] = '{';
    return (ssize_t)size;
}

static struct MHD_Response *
response_of(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    switch (exchange->plan.ending) {
    case SERVER_TRUNCATES:
        return MHD_create_response_from_callback(answer->body_length, 4096, read_half, exchange,
                                                 NULL);
    case SERVER_NEVER_ENDS:
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_for_ever, exchange,
                                                 NULL);
    case SERVER_ANSWERS:
    case SERVER_DROPS:
    case SERVER_RESETS:
        break;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body_length, answer->body, MHD_RESPMEM_MUST_FREE);
    if (response)
        answer->body = NULL;
    return response;
}

/* Disconnecting a TCP socket by connecting it to nowhere sends a reset at once. */
static void
reset_socket(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (info)
        (void)connect(info->connect_fd, &nowhere, sizeof(nowhere));
}

static enum MHD_Result
end(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    if (exchange->plan.ending == SERVER_RESETS)
        reset_socket(exchange->connection);
    if (exchange->plan.ending == SERVER_DROPS || exchange->plan.ending == SERVER_RESETS)
        return MHD_NO;
    unsigned status = answer->status;
    struct MHD_Response *response = response_of(exchange);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type",
                                  answer->content_type ? answer->content_type : ANSWER_JSON);
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    if (*answer->retry_after)
        (void)MHD_add_response_header(response, "Retry-After", answer->retry_after);
    if (*answer->location)
        (void)MHD_add_response_header(response, "Location", answer->location);
    enum MHD_Result queued = MHD_queue_response(exchange->connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value ? value : "";
}

static enum MHD_Result
receive(struct exchange *exchange, const char *data, size_t *size)
{
    if (exchange->body_length + *size > BODY_MAX)
        return MHD_NO;
    if (exchange->body_length + *size + 1 > exchange->body_size) {
        size_t wanted = 2 * (exchange->body_length + *size) + 512;
        char *grown = realloc(exchange->body, wanted);
        if (!grown)
            return MHD_NO;
        exchange->body = grown;
        exchange->body_size = wanted;
    }
    memcpy(exchange->body + exchange->body_length, data, *size);
    exchange->body_length += *size;
    exchange->body[exchange->body_length] = '\0';
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result
work(struct exchange *exchange, const char *method)
{
    struct MHD_Connection *connection = exchange->connection;
    exchange->request = (struct server_request){
        .method = method,
        .target = exchange->target,
        .host = header(connection, "Host"),
        .authorization = header(connection, "Authorization"),
        .content_type = header(connection, "Content-Type"),
        .accept = header(connection, "Accept"),
        .body = exchange->body ? exchange->body : "",
        .body_length = exchange->body_length,
        .reused = exchange->reused,
    };
    struct server_handler *handler = &exchange->server->handler;
    handler->plan(handler->context, &exchange->request, &exchange->plan);
    if (exchange->plan.wait_before_ms > 0) {
        wait_ms(exchange, exchange->plan.wait_before_ms, PHASE_BEFORE);
        return MHD_YES;
    }
    perform(exchange);
    if (exchange->plan.wait_after_ms > 0) {
        wait_ms(exchange, exchange->plan.wait_after_ms, PHASE_AFTER);
        return MHD_YES;
    }
    exchange->phase = PHASE_ENDING;
    return end(exchange);
}

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *data, size_t *size, void **request_context)
{
    (void)context;
    (void)url;
    (void)version;
    struct exchange *exchange = *request_context;
    if (!exchange || !exchange->target)
        return MHD_NO;
    if (!exchange->started) {
        exchange->started = true;
        exchange->connection = connection;
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        size_t *requests = info ? info->socket_context : NULL;
        exchange->reused = requests && (*requests)++ > 0;
        return MHD_YES;
    }
    if (exchange->phase == PHASE_ENDING)
        return end(exchange);
    if (exchange->phase != PHASE_RECEIVING)
        return MHD_YES;
    return *size > 0 ? receive(exchange, data, size) : work(exchange, method);
}

static void *
on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (exchange) {
        exchange->server = context;
        exchange->target = strdup(target);
    }
    return exchange;
}

static void
on_completed(void *context, struct MHD_Connection *connection, void **request_context,
             enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct exchange *exchange = *request_context;
    if (!exchange)
        return;
    *request_context = NULL;
    struct server_handler *handler = &exchange->server->handler;
    handler->release(handler->context, &exchange->plan);
    free(exchange->target);
    free(exchange->body);
    answer_clear(&exchange->answer);
    free(exchange);
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
listen_on(struct server *server, uint16_t port, struct error *err)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_SOCK_ADDR, 0, &address},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, server},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, server},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024, NULL},
        {MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, on_request,
                         server, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (!server->daemon)
        return error_result(err, RESULT_FAILED, "cannot listen on 127.0.0.1:%u: %s", (unsigned)port,
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
server_start(uint16_t port, const struct server_handler *handler, struct server **ret_server,
             struct error *err)
{
    struct server *server = calloc(1, sizeof(*server));
    if (!server)
        return error_result(err, RESULT_FAILED, "out of memory");
    server->handler = *handler;
    server->signal_fd = -1;
    enum result result = block_signals(&server->signal_fd, err);
    if (result == RESULT_OK)
        result = listen_on(server, port, err);
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
    if (server->first_due) {
        int64_t due = server->first_due->due_ms - now_ms();
        if (due < 0)
            due = 0;
        if (timeout < 0 || due < timeout)
            timeout = due;
    }
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
        int64_t now = now_ms();
        while (server->first_due && server->first_due->due_ms <= now)
            timer_fire(timer_take_first(server));
        /* Unconditionally: a resumed connection shows in neither descriptor nor time-out. */
        (void)MHD_run(server->daemon);
    }
}

void
server_stop(struct server *server)
{
    if (!server)
        return;
    while (server->first_due) {
        struct exchange *exchange = timer_take_first(server);
        exchange->phase = PHASE_ENDING;
        exchange->plan.ending = SERVER_DROPS;
        MHD_resume_connection(exchange->connection);
    }
    if (server->daemon) {
        (void)MHD_run(server->daemon);
        MHD_stop_daemon(server->daemon);
    }
    cleanup_close(&server->signal_fd);
    free(server);
}
