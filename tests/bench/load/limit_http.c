/*
 * limit-http: what libmicrohttpd answers at most. It reads each request and says 202, nothing else.
 *
 * Driven by an own loop, as libmicrohttpd's stalls once 128 connections are ready at the same time.
 */
#include "base/text.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char answer_body[] = "{\"status\":\"accepted\"}";

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *data, size_t *size, void **request)
{
    static int begun;
    (void)url;
    (void)method;
    (void)version;
    (void)data;
    if (!*request) {
        *request = &begun;
        return MHD_YES;
    }
    if (*size) {
        *size = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_ACCEPTED, context);
}

static void
serve(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd ready = {.fd = info->epoll_fd, .events = POLLIN};
    while (true) {
        MHD_UNSIGNED_LONG_LONG wait_ms = 0;
        bool bounded = MHD_get_timeout(daemon, &wait_ms) == MHD_YES;
        (void)poll(&ready, 1, bounded ? (int)wait_ms : -1);
        (void)MHD_run(daemon);
    }
}

int
main(int argc, char **argv)
{
    int64_t port = 0;
    if (argc != 2 || parse_int64(argv[1], 1, UINT16_MAX, &port) != RESULT_OK) {
        (void)fputs("usage: limit-http PORT\n", stderr);
        return 2;
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(answer_body), answer_body, MHD_RESPMEM_PERSISTENT);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, response, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_CONNECTION_LIMIT, 4096U, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024U, MHD_OPTION_END);
    if (!response || !daemon) {
        (void)fputs("limit-http: cannot listen\n", stderr);
        return EXIT_FAILURE;
    }
    serve(daemon);
    return EXIT_SUCCESS;
}
