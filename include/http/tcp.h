/*
 * Listening sockets and how addresses are written.
 */
#ifndef AMSYNC_HTTP_TCP_H
#define AMSYNC_HTTP_TCP_H

#include <sys/socket.h>

#include "base/error.h"
#include "base/settings.h"

/* Large enough for "[IPv6 address%scope]:65535". */
struct address_text {
    char text[80];
};

/*
 * A non-blocking socket that listens on an IPv4 or IPv6 address; closed by the caller.
 * RESULT_REJECTED: not an IP address, not one of this host, port taken or not allowed.
 * RESULT_FAILED: no descriptor left.
 */
AMSYNC_MUST_USE enum result tcp_listen(const struct listen_address *address, int backlog,
                                       int *ret_socket, struct error *err);

/* Where a socket listens, as "127.0.0.1:8080" or "[::1]:8080". Returns `buffer->text`. */
const char *tcp_local_address(int socket, struct address_text *buffer);

/* The IP address alone, "unknown" when it is none. Returns `buffer->text`. */
const char *tcp_address_host(const struct sockaddr *address, struct address_text *buffer);

#endif
