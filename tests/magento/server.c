#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

struct connection {
    struct server *server;
    int fd;
    int requests;
};

static bool
send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool
send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

/* The Content-Length of a request's head; 0 without one. */
static size_t
body_length(const char *head)
{
    const char *header = strcasestr(head, "\r\nContent-Length: ");
    char digits[20];
    int64_t length = 0;

    if (header == NULL)
        return 0;
    header += strlen("\r\nContent-Length: ");
    (void)snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(header, "\r"), header);
    return parse_int64(digits, 0, INT32_MAX, &length) == RESULT_OK ? (size_t)length : 0;
}

/* Reads one request; its start is in `request`, NUL-terminated. False: the client has closed. */
static bool
read_request(int fd, char *request, size_t size)
{
    char rest[65536];
    size_t length = 0;
    const char *end = NULL;

    while (end == NULL && length + 1 < size) {
        ssize_t got = recv(fd, request + length, size - 1 - length, 0);

        if (got <= 0)
            return false;
        length += (size_t)got;
        request[length] = '\0';
        end = strstr(request, "\r\n\r\n");
    }
    if (end == NULL)
        return false;

    size_t wanted = (size_t)(end + 4 - request) + body_length(request);

    while (length < wanted) {
        ssize_t got = recv(fd, rest, sizeof(rest), 0);

        if (got <= 0)
            return false;
        length += (size_t)got;
    }
    return true;
}

static void
note(struct server *server, const char *request)
{
    (void)pthread_mutex_lock(&server->mutex);
    if (text_starts_with(request, "GET "))
        server->gets++;
    else
        server->posts++;
    (void)snprintf(server->last_request, sizeof(server->last_request), "%s", request);
    (void)pthread_mutex_unlock(&server->mutex);
}

static bool
answer_ok(int fd)
{
    return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         "Content-Length: 11\r\n\r\n{\"ok\":true}");
}

static void
answer_endlessly(int fd, const char *head, char filler)
{
    char block[65536];

    memset(block, filler, sizeof(block));
    for (size_t i = 0; i < sizeof(block); i += 64)
        memcpy(block + i, "X: ", 3);
    for (size_t i = 62; i < sizeof(block); i += 64)
        memcpy(block + i, "\r\n", 2);
    if (!send_text(fd, head))
        return;
    while (send_all(fd, block, sizeof(block)))
        ;
}

/* True: the connection goes on. */
static bool
answer(struct connection *connection, const char *behaviour)
{
    const struct linger reset = {.l_onoff = 1};
    int fd = connection->fd;
    char byte;

    if (strcmp(behaviour, "ok") == 0)
        return answer_ok(fd);
    if (strcmp(behaviour, "once") == 0)
        return connection->requests == 1 && answer_ok(fd);
    if (strcmp(behaviour, "reset") == 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    else if (strcmp(behaviour, "truncated") == 0)
        (void)send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"entity_id\":");
    else if (strcmp(behaviour, "endless") == 0)
        answer_endlessly(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", ' ');
    else if (strcmp(behaviour, "headers") == 0)
        answer_endlessly(fd, "HTTP/1.1 200 OK\r\n", 'x');
    else if (strcmp(behaviour, "silent") == 0)
        (void)recv(fd, &byte, 1, 0);
    else if (strcmp(behaviour, "redirect") == 0)
        return send_text(fd, "HTTP/1.1 302 Found\r\nLocation: /rest/default/V1/ok\r\n"
                             "Content-Length: 0\r\n\r\n");
    return false;
}

static void *
serve(void *context)
{
    struct connection *connection = context;
    char request[16384];
    bool goes_on = true;

    while (goes_on && read_request(connection->fd, request, sizeof(request))) {
        char behaviour[32];
        const char *path = strchr(request, ' ') + 1;
        const char *end = path + strcspn(path, " ?");
        const char *last = memrchr(path, '/', (size_t)(end - path));

        connection->requests++;
        note(connection->server, request);
        (void)snprintf(behaviour, sizeof(behaviour), "%.*s", (int)(end - last - 1), last + 1);
        goes_on = answer(connection, behaviour);
    }
    (void)close(connection->fd);
    free(connection);
    return NULL;
}

static void *
accept_connections(void *context)
{
    struct server *server = context;
    int fd;

    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        struct connection *connection = calloc(1, sizeof(*connection));
        pthread_t thread;

        if (connection == NULL)
            break;
        connection->server = server;
        connection->fd = fd;
        (void)pthread_mutex_lock(&server->mutex);
        server->connections++;
        (void)pthread_mutex_unlock(&server->mutex);
        if (pthread_create(&thread, NULL, serve, connection) != 0)
            break;
        (void)pthread_detach(thread);
    }
    return NULL;
}

void
server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    *server = (struct server){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_not_equal(server->listener, -1);
    assert_int_equal(pthread_mutex_init(&server->mutex, NULL), 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->listener, 16), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, accept_connections, server), 0);
}

void
server_stop(struct server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listener);
}

static int
read_count(struct server *server, const int *count)
{
    int value;

    (void)pthread_mutex_lock(&server->mutex);
    value = *count;
    (void)pthread_mutex_unlock(&server->mutex);
    return value;
}

int
server_gets(struct server *server)
{
    return read_count(server, &server->gets);
}

int
server_posts(struct server *server)
{
    return read_count(server, &server->posts);
}

int
server_connections(struct server *server)
{
    return read_count(server, &server->connections);
}
