#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536

bool
client_connect(struct client *client)
{
    if (client->fd >= 0)
        (void)close(client->fd);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 ||
        connect(client->fd, (const struct sockaddr *)client->address, sizeof(*client->address)) < 0)
        return false;
    int on = 1;
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    client->wants_out = false;
    answer_reset(&client->answer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    return epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) == 0;
}

bool
client_init(struct client *client, int epoll_fd, const struct sockaddr_in *address,
            const struct message *messages, size_t count)
{
    *client = (struct client){.fd = -1, .epoll_fd = epoll_fd, .address = address};
    client->messages = calloc(count, sizeof(*messages));
    if (!client->messages)
        return false;
    client->message_count = count;
    for (size_t i = 0; i < count; i++) {
        if (!message_copy(&messages[i], &client->messages[i]))
            return false;
    }
    return client_connect(client);
}

void
client_close(struct client *client)
{
    for (size_t i = 0; i < client->message_count; i++)
        message_copy_free(&client->messages[i]);
    free(client->messages);
    if (client->fd > 0)
        (void)close(client->fd);
    *client = (struct client){0};
}

static bool
want_out(struct client *client, bool wants)
{
    if (client->wants_out == wants)
        return true;
    client->wants_out = wants;
    struct epoll_event event = {.events = EPOLLIN | (wants ? (uint32_t)EPOLLOUT : 0U),
                                .data.ptr = client};
    return epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, client->fd, &event) == 0;
}

/* Sends what is left of the message, as far as the socket takes it. */
static bool
flush(struct client *client)
{
    const struct message *message = &client->messages[client->current];
    while (client->sent < message->length) {
        ssize_t count = send(client->fd, message->bytes + client->sent,
                             message->length - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN)
            break;
        if (count < 0)
            return false;
        client->sent += (size_t)count;
    }
    return want_out(client, client->sent < message->length);
}

enum client_progress
client_start(struct client *client, uint64_t number, uint64_t now_us)
{
    for (size_t i = 0; i < client->message_count; i++)
        message_number(&client->messages[i], number);
    client->current = 0;
    client->sent = 0;
    client->status = 0;
    client->busy = true;
    client->started_us = now_us;
    return flush(client) ? CLIENT_WAITS : CLIENT_BROKEN;
}

static bool
is_success(unsigned status)
{
    return status >= 200 && status < 300;
}

/* An answer is complete: the next message, or the end of the round. */
static enum client_progress
next_message(struct client *client)
{
    if (client->status == 0 || is_success(client->status))
        client->status = client->answer.status;
    bool closes = client->answer.closes;
    answer_reset(&client->answer);
    if (closes && !client_connect(client))
        return CLIENT_BROKEN;
    if (++client->current == client->message_count) {
        client->busy = false;
        return CLIENT_DONE;
    }
    client->sent = 0;
    return flush(client) ? CLIENT_WAITS : CLIENT_BROKEN;
}

enum client_progress
client_proceed(struct client *client)
{
    static char bytes[READ_SIZE]; /* one thread; what was read is used at once */
    if (client->wants_out && !flush(client))
        return CLIENT_BROKEN;
    ssize_t count = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN)
        return CLIENT_WAITS;
    if (count <= 0 || !client->busy)
        return CLIENT_BROKEN;
    switch (answer_feed(&client->answer, bytes, (size_t)count)) {
    case ANSWER_COMPLETE:
        return next_message(client);
    case ANSWER_PARTIAL:
        return CLIENT_WAITS;
    case ANSWER_BROKEN:
    default:
        return CLIENT_BROKEN;
    }
}
