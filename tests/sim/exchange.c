#include "sim/exchange.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BODY_MAX (32U << 20)

enum phase {
    PHASE_RECEIVING,
    PHASE_BEFORE, /* waiting before the work */
    PHASE_AFTER,  /* worked on, waiting to end */
    PHASE_ENDING
};

struct exchange {
    const struct server_handler *handler;
    struct exchange_queue *queue;
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
    int64_t due_ms;        /* while it waits */
    struct exchange *next; /* in the queue */
    struct exchange *prior;
};

static int64_t
now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
enqueue(struct exchange *exchange)
{
    struct exchange_queue *queue = exchange->queue;
    struct exchange *after = queue->last;
    while (after && after->due_ms > exchange->due_ms)
        after = after->prior;
    exchange->prior = after;
    exchange->next = after ? after->next : queue->first;
    if (exchange->next)
        exchange->next->prior = exchange;
    else
        queue->last = exchange;
    if (after)
        after->next = exchange;
    else
        queue->first = exchange;
}

static struct exchange *
dequeue(struct exchange_queue *queue)
{
    struct exchange *exchange = queue->first;
    queue->first = exchange->next;
    if (queue->first)
        queue->first->prior = NULL;
    else
        queue->last = NULL;
    exchange->next = NULL;
    return exchange;
}

static void
perform(struct exchange *exchange)
{
    const struct server_handler *handler = exchange->handler;
    handler->perform(handler->context, &exchange->request, &exchange->plan, &exchange->answer);
}

static void
wait_ms(struct exchange *exchange, unsigned milliseconds, enum phase phase)
{
    exchange->phase = phase;
    exchange->due_ms = now_ms() + milliseconds;
    MHD_suspend_connection(exchange->connection);
    enqueue(exchange);
}

/* Works on a request whose time has come, also when its client has gone meanwhile. */
static void
go_on(struct exchange *exchange)
{
    if (exchange->phase == PHASE_BEFORE) {
        perform(exchange);
        if (exchange->plan.wait_after_ms > 0) {
            exchange->phase = PHASE_AFTER;
            exchange->due_ms = now_ms() + exchange->plan.wait_after_ms;
            enqueue(exchange);
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
    const struct server_handler *handler = exchange->handler;
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

struct exchange *
exchange_new(const struct server_handler *handler, struct exchange_queue *queue, const char *target)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return NULL;
    exchange->handler = handler;
    exchange->queue = queue;
    exchange->target = strdup(target);
    return exchange;
}

void
exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    exchange->handler->release(exchange->handler->context, &exchange->plan);
    free(exchange->target);
    free(exchange->body);
    answer_clear(&exchange->answer);
    free(exchange);
}

static void
start(struct exchange *exchange, struct MHD_Connection *connection)
{
    exchange->started = true;
    exchange->connection = connection;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    size_t *requests = info ? info->socket_context : NULL;
    exchange->reused = requests && (*requests)++ > 0;
}

enum MHD_Result
exchange_proceed(struct exchange *exchange, struct MHD_Connection *connection, const char *method,
                 const char *data, size_t *size)
{
    if (!exchange->target)
        return MHD_NO;
    if (!exchange->started) {
        start(exchange, connection);
        return MHD_YES;
    }
    if (exchange->phase == PHASE_ENDING)
        return end(exchange);
    if (exchange->phase != PHASE_RECEIVING)
        return MHD_YES;
    return *size > 0 ? receive(exchange, data, size) : work(exchange, method);
}

int64_t
exchange_queue_timeout(const struct exchange_queue *queue)
{
    if (!queue->first)
        return -1;
    int64_t left = queue->first->due_ms - now_ms();
    return left > 0 ? left : 0;
}

void
exchange_queue_run(struct exchange_queue *queue)
{
    int64_t now = now_ms();
    while (queue->first && queue->first->due_ms <= now)
        go_on(dequeue(queue));
}

void
exchange_queue_abandon(struct exchange_queue *queue)
{
    while (queue->first) {
        struct exchange *exchange = dequeue(queue);
        exchange->phase = PHASE_ENDING;
        exchange->plan.ending = SERVER_DROPS;
        MHD_resume_connection(exchange->connection);
    }
}
