/* Many keep-alive connections that all send at once and wait for each other: libmicrohttpd's own
 * loop stalls there once exactly 128 of them are ready. */
#include "client.h"
#include "support.h"

#include <stdlib.h>

#define ROUNDS 6

static void
run(size_t connections)
{
    struct service service;
    struct client *clients = calloc(connections, sizeof(*clients));
    struct response response;
    unsigned number = 0;
    char count[32];

    assert_non_null(clients);
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    for (size_t i = 0; i < connections; i++)
        client_open(&clients[i], service.address);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < connections; i++) {
            char *body = order_notification(number++);
            assert_true(client_post(&clients[i], ORDERS, SECRET, body));
            free(body);
        }
        for (size_t i = 0; i < connections; i++) {
            client_receive(&clients[i], &response);
            assert_int_equal(response.status, 202);
        }
    }
    for (size_t i = 0; i < connections; i++)
        client_close(&clients[i]);
    (void)snprintf(count, sizeof(count), "%zu", connections * ROUNDS);
    assert_string_equal(test_query("SELECT count(*) FROM amsync.notification"), count);
    assert_int_equal(atomic_load(&service.kept), connections * ROUNDS);
    service_stop(&service);
    free(clients);
}

static void
test_130(void **state)
{
    (void)state;
    run(130);
}

static void
test_256(void **state)
{
    (void)state;
    run(256);
}

static void
test_512(void **state)
{
    (void)state;
    run(512);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_130),
        cmocka_unit_test(test_256),
        cmocka_unit_test(test_512),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
