#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli_run.h"

#define REQUEST_BYTES 4096

static const struct cli_command *const commands[] = {&cli_healthcheck, NULL};

/* A listener on loopback that takes one connection and gives one answer. */
struct listener {
    int fd;
    uint16_t port;
    const char *answer; /* NULL: none, until the client goes */
    char request[REQUEST_BYTES];
    pthread_t thread;
};

static void
send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes += sent;
        length -= (size_t)sent;
    }
}

static void *
answer_one(void *context)
{
    struct listener *listener = context;
    AMSYNC_CLEANUP(cleanup_close) int client = accept(listener->fd, NULL, NULL);
    size_t length = 0;
    ssize_t got = 1;

    while (got > 0 && length < sizeof(listener->request) - 1 &&
           strstr(listener->request, "\r\n\r\n") == NULL) {
        got = recv(client, listener->request + length, sizeof(listener->request) - 1 - length, 0);
        length += got > 0 ? (size_t)got : 0;
    }
    if (listener->answer != NULL)
        send_all(client, listener->answer, strlen(listener->answer));
    else
        (void)recv(client, listener->request, 1, 0);
    return NULL;
}

union address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

static void
listen_on(struct listener *listener, int family, const char *answer)
{
    union address address = {.ipv6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback}};
    socklen_t size = sizeof(address);

    if (family == AF_INET)
        address.ipv4 =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *listener = (struct listener){.answer = answer};
    listener->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener->fd >= 0);
    assert_int_equal(bind(listener->fd, &address.any, size), 0);
    assert_int_equal(listen(listener->fd, 1), 0);
    assert_int_equal(getsockname(listener->fd, &address.any, &size), 0);
    listener->port = ntohs(family == AF_INET ? address.ipv4.sin_port : address.ipv6.sin6_port);
    assert_int_equal(pthread_create(&listener->thread, NULL, answer_one, listener), 0);
}

static void
end_listener(struct listener *listener)
{
    assert_int_equal(pthread_join(listener->thread, NULL), 0);
    assert_int_equal(close(listener->fd), 0);
}

static struct cli_outcome
run_on(const char *line, const char *host, uint16_t port)
{
    char setting[128];
    char *const environment[] = {setting, NULL};

    (void)snprintf(setting, sizeof(setting), "AMSYNC_ADMIN_LISTEN=%s:%u", host, (unsigned)port);
    return run_line(commands, line, environment);
}

static void
ready_is_exit_0(void **state)
{
    (void)state;
    struct listener listener;

    /* A proxy for the outside world has no part in this. */
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    listen_on(&listener, AF_INET, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");

    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_on("amsync healthcheck", "127.0.0.1", listener.port);

    end_listener(&listener);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(outcome.exit_code, CLI_EXIT_DONE);
    assert_string_equal(outcome.out, "ready\n");
    assert_string_equal(outcome.err, "");
    assert_int_equal(strncmp(listener.request, "GET /readyz HTTP/1.1\r\n", 22), 0);
}

static void
a_listener_on_all_addresses_is_asked_on_loopback(void **state)
{
    (void)state;
    static const struct {
        int family;
        const char *host;
    } cases[] = {{AF_INET, "0.0.0.0"}, {AF_INET6, "[::]"}, {AF_INET6, "[::1]"}};

    for (size_t i = 0; i < 3; i++) {
        struct listener listener;

        listen_on(&listener, cases[i].family, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        AMSYNC_CLEANUP(cli_outcome_free)
        struct cli_outcome outcome = run_on("amsync healthcheck", cases[i].host, listener.port);

        end_listener(&listener);
        assert_string_equal(outcome.err, "");
        assert_int_equal(outcome.exit_code, CLI_EXIT_DONE);
    }
}

static void
not_ready_is_exit_1_with_the_answer(void **state)
{
    (void)state;
    struct listener listener;
    char expected[256];

    listen_on(&listener, AF_INET,
              "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 19\r\n\r\n"
              "{\"database\":\"gone\"}");

    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_on("amsync healthcheck", "127.0.0.1", listener.port);

    end_listener(&listener);
    (void)snprintf(expected, sizeof(expected),
                   "amsync healthcheck: not ready: http://127.0.0.1:%u/readyz answered 503 "
                   "{\"database\":\"gone\"}\n",
                   (unsigned)listener.port);
    assert_int_equal(outcome.exit_code, CLI_EXIT_NO);
    assert_string_equal(outcome.out, "");
    assert_string_equal(outcome.err, expected);
}

static void
json_tells_the_answer(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int exit_code;
        bool ready;
        int64_t http_status;
        const char *detail;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"a\":\"yes\"}", 0, true, 200, "yes"},
        {"HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\n{\"a\":\"no\"}", 1, false, 503, NULL},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 1,
         false, 302, NULL},
    };

    for (size_t i = 0; i < 3; i++) {
        struct listener listener;
        AMSYNC_CLEANUP(cleanup_json) json_t *object = NULL;
        bool ready = !cases[i].ready;
        int64_t status = 0;

        listen_on(&listener, AF_INET, cases[i].answer);

        AMSYNC_CLEANUP(cli_outcome_free)
        struct cli_outcome outcome =
            run_on("amsync healthcheck --json", "127.0.0.1", listener.port);

        end_listener(&listener);
        assert_int_equal(outcome.exit_code, cases[i].exit_code);
        assert_int_equal(json_decode(outcome.out, strlen(outcome.out), 4, 0, &object, NULL),
                         RESULT_OK);
        assert_int_equal(json_object_bool(object, "ready", &ready), RESULT_OK);
        assert_int_equal(ready, cases[i].ready);
        assert_int_equal(json_object_int64(object, "http_status", &status), RESULT_OK);
        assert_int_equal(status, cases[i].http_status);
        if (cases[i].detail != NULL)
            assert_string_equal(json_object_text(json_object_get(object, "answer"), "a"),
                                cases[i].detail);
    }
}

static void
nobody_there_is_exit_3(void **state)
{
    (void)state;
    struct listener listener;

    /* The port of a listener that has just gone. */
    listen_on(&listener, AF_INET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome first = run_on("amsync healthcheck", "127.0.0.1", listener.port);

    end_listener(&listener);

    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome second = run_on("amsync healthcheck", "127.0.0.1", listener.port);

    assert_int_equal(first.exit_code, CLI_EXIT_DONE);
    assert_int_equal(second.exit_code, CLI_EXIT_UNREACHABLE);
    assert_non_null(strstr(second.err, "/readyz: "));
    assert_string_equal(second.out, "");
}

static void
no_http_and_endless_answers_are_exit_3(void **state)
{
    (void)state;
    size_t size = 200000;
    AMSYNC_CLEANUP(cleanup_free) char *endless = calloc(1, size);
    const char *const answers[] = {"", "hello\r\n\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", endless};

    assert_non_null(endless);
    memset(endless, 'x', size - 1);
    memcpy(endless, "HTTP/1.1 200 OK\r\n\r\n", 19);
    for (size_t i = 0; i < 4; i++) {
        struct listener listener;

        listen_on(&listener, AF_INET, answers[i]);

        AMSYNC_CLEANUP(cli_outcome_free)
        struct cli_outcome outcome = run_on("amsync healthcheck", "127.0.0.1", listener.port);

        end_listener(&listener);
        assert_int_equal(outcome.exit_code, CLI_EXIT_UNREACHABLE);
    }
}

static void
silence_ends_by_the_deadline(void **state)
{
    (void)state;
    struct listener listener;

    listen_on(&listener, AF_INET, NULL);

    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_on("amsync healthcheck", "127.0.0.1", listener.port);

    end_listener(&listener);
    assert_int_equal(outcome.exit_code, CLI_EXIT_UNREACHABLE);
    assert_non_null(strstr(outcome.err, "Timeout was reached"));
}

static void
a_bad_address_is_exit_2(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome outcome = run_on("amsync healthcheck", "localhost", 80);

    assert_int_equal(outcome.exit_code, CLI_EXIT_USAGE);
    assert_non_null(strstr(outcome.err, "AMSYNC_ADMIN_LISTEN is \"localhost:80\": write "));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_is_exit_0),
        cmocka_unit_test(a_listener_on_all_addresses_is_asked_on_loopback),
        cmocka_unit_test(not_ready_is_exit_1_with_the_answer),
        cmocka_unit_test(json_tells_the_answer),
        cmocka_unit_test(nobody_there_is_exit_3),
        cmocka_unit_test(no_http_and_endless_answers_are_exit_3),
        cmocka_unit_test(silence_ends_by_the_deadline),
        cmocka_unit_test(a_bad_address_is_exit_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
