#include "http/tcp.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static enum result
listen_failure(struct error *err, const struct listen_address *address, const char *call)
{
    int failure = errno;
    bool exhausted =
        failure == EMFILE || failure == ENFILE || failure == ENOBUFS || failure == ENOMEM;

    return error_result(err, exhausted ? RESULT_FAILED : RESULT_REJECTED,
                        "cannot listen on %s port %u: %s: %s", address->host, address->port, call,
                        strerrordesc_np(failure));
}

/* An IPv6 socket takes IPv6 only: 0.0.0.0 and [::] can then be listened on side by side. */
static enum result
set_options(int fd, int family, const struct listen_address *address, struct error *err)
{
    int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return listen_failure(err, address, "SO_REUSEADDR");
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return listen_failure(err, address, "IPV6_V6ONLY");
    return RESULT_OK;
}

static enum result
bind_and_listen(int fd, const struct addrinfo *info, const struct listen_address *address,
                int backlog, struct error *err)
{
    enum result result = set_options(fd, info->ai_family, address, err);

    if (result != RESULT_OK)
        return result;
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0)
        return listen_failure(err, address, "bind");
    if (listen(fd, backlog) != 0)
        return listen_failure(err, address, "listen");
    return RESULT_OK;
}

static enum result
listen_at(const struct addrinfo *info, const struct listen_address *address, int backlog,
          int *ret_socket, struct error *err)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return listen_failure(err, address, "socket");
    enum result result = bind_and_listen(fd, info, address, backlog, err);
    if (result == RESULT_OK)
        *ret_socket = fd;
    else
        cleanup_close(&fd);
    return result;
}

enum result
tcp_listen(const struct listen_address *address, int backlog, int *ret_socket, struct error *err)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
    };
    char port[8];
    struct addrinfo *info = NULL;

    (void)snprintf(port, sizeof(port), "%u", address->port);
    int failure = getaddrinfo(address->host, port, &hints, &info);
    if (failure != 0)
        return error_result(err, RESULT_REJECTED, "cannot listen on %s: %s", address->host,
                            gai_strerror(failure));
    enum result result = listen_at(info, address, backlog, ret_socket, err);
    freeaddrinfo(info);
    return result;
}

const char *
tcp_address_host(const struct sockaddr *address, struct address_text *buffer)
{
    socklen_t length = 0;

    if (address != NULL && address->sa_family == AF_INET)
        length = sizeof(struct sockaddr_in);
    else if (address != NULL && address->sa_family == AF_INET6)
        length = sizeof(struct sockaddr_in6);
    if (length == 0 || getnameinfo(address, length, buffer->text, sizeof(buffer->text), NULL, 0,
                                   NI_NUMERICHOST) != 0)
        (void)snprintf(buffer->text, sizeof(buffer->text), "unknown");
    return buffer->text;
}

const char *
tcp_local_address(int socket, struct address_text *buffer)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr *address = (struct sockaddr *)&storage;
    socklen_t length = sizeof(storage);
    struct address_text host;
    char port[8];

    if (getsockname(socket, address, &length) != 0 ||
        getnameinfo(address, length, host.text, sizeof(host.text), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        (void)snprintf(buffer->text, sizeof(buffer->text), "unknown");
    else
        (void)snprintf(buffer->text, sizeof(buffer->text),
                       address->sa_family == AF_INET6 ? "[%.60s]:%s" : "%.60s:%s", host.text, port);
    return buffer->text;
}
