#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "support.h"

void
client_open(struct client *client, const char *address)
{
    char host[64];
    int64_t port = 0;
    int on = 1;
    const char *colon = strrchr(address, ':');
    struct sockaddr_in target = {.sin_family = AF_INET};

    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(client->fd >= 0);
    assert_non_null(colon);
    (void)snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
    assert_int_equal(parse_int64(colon + 1, 1, 65535, &port), RESULT_OK);
    target.sin_port = htons((uint16_t)port);
    assert_int_equal(inet_pton(AF_INET, host, &target.sin_addr), 1);
    assert_int_equal(connect(client->fd, (struct sockaddr *)&target, sizeof(target)), 0);
    assert_int_equal(setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
}

void
client_close(struct client *client)
{
    (void)close(client->fd);
    client->fd = -1;
}

static void
wait_for(const struct client *client, short events)
{
    struct pollfd ready = {.fd = client->fd, .events = events};

    assert_int_equal(poll(&ready, 1, CLIENT_DEADLINE_MS), 1);
}

bool
client_send(struct client *client, const char *bytes, size_t count)
{
    while (count > 0) {
        wait_for(client, POLLOUT);
        ssize_t sent = send(client->fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
            return false;
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        assert_true(sent > 0);
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

bool
client_send_text(struct client *client, const char *text)
{
    return client_send(client, text, strlen(text));
}

/* false: the connection has ended. */
static bool
receive_more(struct client *client)
{
    size_t room = sizeof(client->unread) - 1 - client->unread_bytes;

    assert_true(room > 0);
    wait_for(client, POLLIN);
    ssize_t count = recv(client->fd, client->unread + client->unread_bytes, room, 0);
    if (count == 0 || (count < 0 && errno == ECONNRESET))
        return false;
    assert_true(count > 0);
    client->unread_bytes += (size_t)count;
    client->unread[client->unread_bytes] = '\0';
    return true;
}

static void
take_bytes(struct client *client, char *target, size_t target_size, size_t count)
{
    assert_true(count < target_size && count <= client->unread_bytes);
    memcpy(target, client->unread, count);
    target[count] = '\0';
    client->unread_bytes -= count;
    memmove(client->unread, client->unread + count, client->unread_bytes);
    client->unread[client->unread_bytes] = '\0';
}

static bool
receive_head(struct client *client, struct response *response)
{
    const char *end;

    client->unread[client->unread_bytes] = '\0';
    while ((end = strstr(client->unread, "\r\n\r\n")) == NULL) {
        if (!receive_more(client))
            return false;
    }
    take_bytes(client, response->head, sizeof(response->head),
               (size_t)(end - client->unread) + strlen("\r\n\r\n"));
    return true;
}

static size_t
content_length(const struct response *response)
{
    const char *line = strcasestr(response->head, "\r\nContent-Length: ");
    char digits[16];
    int64_t length = 0;

    assert_non_null(line);
    line += strlen("\r\nContent-Length: ");
    (void)snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(line, "\r"), line);
    assert_int_equal(parse_int64(digits, 0, CLIENT_BODY_BYTES, &length), RESULT_OK);
    return (size_t)length;
}

static int
status_of(const struct response *response)
{
    char digits[4];
    int64_t value = 0;

    (void)snprintf(digits, sizeof(digits), "%.3s", response->head + strlen("HTTP/1.1 "));
    assert_int_equal(parse_int64(digits, 100, 599, &value), RESULT_OK);
    return (int)value;
}

void
client_receive_continue(struct client *client)
{
    struct response response = {0};

    assert_true(receive_head(client, &response));
    assert_int_equal(status_of(&response), 100);
}

void
client_receive(struct client *client, struct response *ret_response)
{
    *ret_response = (struct response){0};
    if (!receive_head(client, ret_response))
        return;
    ret_response->status = status_of(ret_response);
    size_t length = content_length(ret_response);
    while (client->unread_bytes < length)
        assert_true(receive_more(client));
    take_bytes(client, ret_response->body, sizeof(ret_response->body), length);
}

bool
client_post(struct client *client, const char *path, const char *secret, const char *body)
{
    char head[1024];

    (void)snprintf(head, sizeof(head),
                   "POST %s HTTP/1.1\r\nHost: amsync\r\nContent-Type: application/json\r\n"
                   "%s%s%sContent-Length: %zu\r\n\r\n",
                   path, secret == NULL ? "" : "X-Amsync-Secret: ", secret == NULL ? "" : secret,
                   secret == NULL ? "" : "\r\n", strlen(body));
    return client_send_text(client, head) && client_send_text(client, body);
}

void
post_once(const char *address, const char *path, const char *secret, const char *body,
          struct response *ret_response)
{
    struct client client;

    client_open(&client, address);
    (void)client_post(&client, path, secret, body);
    client_receive(&client, ret_response);
    client_close(&client);
}

bool
response_has_line(const struct response *response, const char *line)
{
    const char *found = strcasestr(response->head, line);

    return found != NULL && found > response->head && found[-1] == '\n' &&
           found[strlen(line)] == '\r';
}
