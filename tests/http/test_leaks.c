/* Ten thousand bad requests leave neither descriptors nor memory behind. */
#include "client.h"
#include "support.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS 10000

/* More than this is not fragmentation. */
#define MEMORY_SLACK_BYTES ((size_t)512 * 1024)

static size_t
open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

static size_t
used_memory(void)
{
    (void)malloc_trim(0);
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void
send_bad_request(const char *address, struct client *kept_alive, int number)
{
    static const char *const requests[] = {
        "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
        "BREW " ORDERS " HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nX-Amsync-Secret: " SECRET
        "\r\nContent-Length: 2\r\n\r\n{}",
        "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nX-Amsync-Secret: " SECRET
        "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n0\r\n\r\n",
    };
    static const char *const broken[] = {
        "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nX-Amsync-Secret: " SECRET
        "\r\nContent-Length: 99999999\r\n\r\n",
        "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nX-Amsync-Secret: " SECRET
        "\r\nContent-Length: 1000\r\n\r\n{",
        "nonsense\r\n\r\n",
        "POST " ORDERS " HT",
    };
    struct response response;

    if (number % 5 != 0) {
        assert_true(client_send_text(kept_alive, requests[number % 5]));
        client_receive(kept_alive, &response);
        assert_true(response.status >= 400 && response.status < 500);
        return;
    }
    struct client client;
    client_open(&client, address);
    (void)client_send_text(&client, broken[(number / 5) % 4]);
    client_close(&client);
}

struct expectation {
    size_t descriptors;
};

static bool
has_no_more_descriptors(void *context)
{
    const struct expectation *expectation = context;

    return open_descriptors() <= expectation->descriptors;
}

static void
test_bad_requests_leave_nothing(void **state)
{
    struct service service;
    struct client client;
    struct expectation before;
    size_t memory_before;

    (void)state;
    /* The end of a connection that comes together with its last bytes is seen at the deadline. */
    service_start(&service, &(struct service_wishes){
                                .deadlines = {.header_ms = 1000, .body_pause_ms = 1000}});
    client_open(&client, service.address);
    send_bad_request(service.address, &client, 1); /* now the service has accepted it */
    before.descriptors = open_descriptors();
    for (int i = 0; i < 200; i++)
        send_bad_request(service.address, &client, i);
    wait_until(has_no_more_descriptors, &before, "connections are closed");
    memory_before = used_memory();
    for (int i = 0; i < REQUESTS; i++)
        send_bad_request(service.address, &client, i);
    wait_until(has_no_more_descriptors, &before, "connections are closed");
    size_t memory_after = used_memory();
    if (memory_after > memory_before + MEMORY_SLACK_BYTES)
        fail_msg("memory in use: %zu before, %zu after", memory_before, memory_after);
    client_close(&client);
    service_stop(&service);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_requests_leave_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
