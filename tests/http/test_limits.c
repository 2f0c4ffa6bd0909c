/* What trickles, never ends, is too much or comes from too many is cut off or told so. */
#include "client.h"
#include "support.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/admin.h"

#define HEAD "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nX-Amsync-Secret: " SECRET "\r\n"

/* A byte now and then until the connection ends; whether that was before anything was answered. */
static void
trickle_until_cut(struct client *client, const char *byte)
{
    int64_t end_ms = clock_boottime_ms() + CLIENT_DEADLINE_MS;
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};
    struct response response;

    while (poll(&ready, 1, 10) == 0) {
        assert_true(clock_boottime_ms() < end_ms);
        (void)client_send_text(client, byte);
    }
    client_receive(client, &response);
    assert_int_equal(response.status, 0);
}

static void
test_trickling_header(void **state)
{
    struct service service;
    struct client client;

    (void)state;
    service_start(&service, &(struct service_wishes){.deadlines = {.header_ms = 200}});
    client_open(&client, service.address);
    (void)client_send_text(&client, HEAD "X-Long: ");
    trickle_until_cut(&client, "a");
    client_close(&client);
    service_stop(&service);
}

static void
test_idle_connection(void **state)
{
    struct service service;
    struct client client;
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){.deadlines = {.idle_ms = 200}});
    client_open(&client, service.address);
    assert_true(client_post(&client, ORDERS, SECRET, "{}"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 400);
    client_receive(&client, &response);
    assert_int_equal(response.status, 0);
    client_close(&client);
    service_stop(&service);
}

static void
test_trickling_body(void **state)
{
    struct service service;
    struct client client;

    (void)state;
    service_start(&service, &(struct service_wishes){.deadlines = {.body_ms = 300}});
    client_open(&client, service.address);
    (void)client_send_text(&client, HEAD "Content-Length: 100000\r\n\r\n");
    trickle_until_cut(&client, " ");
    client_close(&client);
    service_stop(&service);
}

static void
test_body_that_pauses(void **state)
{
    struct service service;
    struct client client;
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){.deadlines = {.body_pause_ms = 200}});
    client_open(&client, service.address);
    (void)client_send_text(&client, HEAD "Content-Length: 100000\r\n\r\n{");
    client_receive(&client, &response);
    assert_int_equal(response.status, 0);
    client_close(&client);
    service_stop(&service);
}

/* No chunk is the last one. */
static void
test_endless_body(void **state)
{
    static const char chunk[] = "10\r\n                \r\n";
    struct service service;
    struct client client;
    bool open = true;

    (void)state;
    service_start(&service, &(struct service_wishes){.settings = {"AMSYNC_MAX_BODY_BYTES=4096"}});
    client_open(&client, service.address);
    (void)client_send_text(&client, HEAD "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; open && i < 100000; i++)
        open = client_send_text(&client, chunk);
    assert_false(open);
    assert_int_equal(service_refusals(&service), 1);
    client_close(&client);
    service_stop(&service);
}

static void
test_endless_header(void **state)
{
    struct service service;
    struct client client;
    struct response response;
    bool open = true;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    client_open(&client, service.address);
    (void)client_send_text(&client, HEAD);
    for (int i = 0; open && i < 10000; i++)
        open = client_send_text(&client, "X-More: and more and more and more\r\n");
    client_receive(&client, &response);
    assert_true(response.status == 431 || response.status == 0);
    client_close(&client);
    service_stop(&service);
}

static void
test_too_many_connections(void **state)
{
    struct service service;
    struct client clients[6];
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){.settings = {"AMSYNC_MAX_CONNECTIONS=4"}});
    for (size_t i = 0; i < 6; i++) {
        client_open(&clients[i], service.address);
        assert_true(client_post(&clients[i], ORDERS, SECRET, "{}"));
        client_receive(&clients[i], &response);
        assert_int_equal(response.status, i < 4 ? 400 : 503);
    }
    assert_true(response_has_line(&response, "Retry-After: 5"));
    assert_true(response_has_line(&response, "Connection: close"));
    client_receive(&clients[5], &response);
    assert_int_equal(response.status, 0);
    /* The others are served as before. */
    assert_true(client_post(&clients[0], ORDERS, SECRET, "{}"));
    client_receive(&clients[0], &response);
    assert_int_equal(response.status, 400);
    for (size_t i = 0; i < 6; i++)
        client_close(&clients[i]);
    service_stop(&service);
}

/* More than are accepted only to be told so: the others wait in the backlog until it is their turn. */
static void
test_far_too_many_connections(void **state)
{
    enum { LIMIT = 4, COUNT = LIMIT + 2 * LISTENER_SPARE_CONNECTIONS };
    struct service service;
    static struct client clients[COUNT];
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){.settings = {"AMSYNC_MAX_CONNECTIONS=4"}});
    for (size_t i = 0; i < COUNT; i++)
        client_open(&clients[i], service.address);
    for (size_t i = LIMIT; i < COUNT; i++)
        (void)client_post(&clients[i], ORDERS, SECRET, "{}");
    for (size_t i = LIMIT; i < COUNT; i++) {
        client_receive(&clients[i], &response);
        assert_int_equal(response.status, 503);
        client_close(&clients[i]);
    }
    for (size_t i = 0; i < LIMIT; i++) {
        assert_true(client_post(&clients[i], ORDERS, SECRET, "{}"));
        client_receive(&clients[i], &response);
        assert_int_equal(response.status, 400);
        client_close(&clients[i]);
    }
    service_stop(&service);
}

static void
test_too_much_at_once(void **state)
{
    struct service service;
    struct client slow;
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){.settings = {"AMSYNC_MAX_BODY_BYTES=10000",
                                                                  "AMSYNC_MAX_BUFFERED_BYTES="
                                                                  "10000"}});
    client_open(&slow, service.address);
    (void)client_send_text(&slow, HEAD "Content-Length: 9999\r\n\r\n{");
    /* Until the first one's header has been seen the second one fits. */
    do {
        post_once(service.address, ORDERS, SECRET, "{}", &response);
        assert_true(response.status == 503 || response.status == 400);
    } while (response.status != 503);
    assert_true(response_has_line(&response, "Retry-After: 5"));
    client_close(&slow);
    do {
        post_once(service.address, ORDERS, SECRET, "{}", &response);
        assert_true(response.status == 503 || response.status == 400);
    } while (response.status != 400);
    service_stop(&service);
}

/* The answer comes while the body is still being sent. */
static void
test_early_answer_to_a_large_body(void **state)
{
    struct service service;
    struct client client;
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    client_open(&client, service.address);
    (void)client_send_text(&client, HEAD "Content-Length: 8388609\r\n\r\n{");
    client_receive(&client, &response);
    assert_int_equal(response.status, 413);
    client_close(&client);
    service_stop(&service);
}

#define LARGE_BYTES 3000000

/* Longer than CHECKER_LARGE_BYTES, different for each number; the caller frees it. */
static char *
large_notification(unsigned number)
{
    char *filler = malloc(LARGE_BYTES + 1);
    char *body = NULL;

    assert_non_null(filler);
    memset(filler, 'x', LARGE_BYTES);
    filler[LARGE_BYTES] = '\0';
    assert_true(asprintf(&body,
                         "{\"AdditionalInfo\":{\"x\":\"%s\"},\"Query\":\"AMSync-Orders\","
                         "\"CompanyId\":\"Acme\",\"Id\":\"%u\",\"TimeStamp\":1}",
                         filler, number) > 0);
    free(filler);
    return body;
}

/* Checked by the helper thread; stored byte for byte. */
static void
test_large_bodies(void **state)
{
    struct service service;
    struct response response;
    char *body = large_notification(1);

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    post_once(service.address, ORDERS, SECRET, body, &response);
    assert_int_equal(response.status, 202);
    post_once(service.address, ORDERS, SECRET, body, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(test_query("SELECT body::json #>> '{AdditionalInfo,x}' = "
                                   "repeat('x', 3000000) FROM amsync.notification"),
                        "t");
    body[strlen(body) - 1] = ']';
    post_once(service.address, ORDERS, SECRET, body, &response);
    assert_int_equal(response.status, 400);
    service_stop(&service);
    free(body);
}

/* More than one statement carries, and small ones in between. */
static void
test_large_bodies_at_once(void **state)
{
    enum { COUNT = 8 };
    struct service service;
    struct client large[COUNT];
    struct response response;

    (void)state;
    service_start(&service, &(struct service_wishes){0});
    test_clear();
    for (unsigned i = 0; i < COUNT; i++) {
        char *large_body = large_notification(i);
        char *small_body = order_notification(i);
        client_open(&large[i], service.address);
        assert_true(client_post(&large[i], ORDERS, SECRET, large_body));
        post_once(service.address, ORDERS, SECRET, small_body, &response);
        assert_int_equal(response.status, 202);
        free(large_body);
        free(small_body);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        client_receive(&large[i], &response);
        assert_int_equal(response.status, 202);
        client_close(&large[i]);
    }
    assert_string_equal(test_query("SELECT count(*) FROM amsync.notification"), "16");
    service_stop(&service);
}

static bool
look_at_no_pool(void *context, struct pool_status *ret_status)
{
    (void)context;
    (void)ret_status;
    return false;
}

static void
test_admin_listener(void **state)
{
    const struct listen_address address = {.host = (char[]){"127.0.0.1"}};
    struct readiness readiness;
    struct metrics metrics;
    const struct admin_options options = {
        .address = &address,
        .readiness = &readiness,
        .metrics = &metrics,
        .look_at_pool = look_at_no_pool,
    };
    struct admin *admin = NULL;
    struct client client;
    struct response response;
    struct error err = {0};

    (void)state;
    readiness_init(&readiness);
    metrics_init(&metrics);
    assert_int_equal(admin_start(&options, &admin, &err), RESULT_OK);
    client_open(&client, admin_address(admin));
    assert_true(client_send_text(&client, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 503);
    assert_non_null(strstr(response.body, "\"database\":\"not writable\""));
    readiness_schema_current(&readiness);
    readiness_written(&readiness, clock_boottime_ms());
    assert_true(client_send_text(&client, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "\"schema\":\"current\""));
    assert_true(client_send_text(&client, "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 200);
    assert_true(client_send_text(&client, "POST " ORDERS " HTTP/1.1\r\nHost: a\r\n\r\n"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 404);
    assert_true(client_send_text(&client, "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 405);
    assert_true(client_send_text(&client, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "\namsync_gauges_read_timestamp_seconds 0\n"));
    assert_null(strstr(response.body, "amsync_orders_"));
    client_close(&client);
    admin_stop(&admin);
    metrics_finish(&metrics);
}

static void
test_port_taken(void **state)
{
    const struct listen_address any_port = {.host = (char[]){"::1"}};
    struct readiness readiness;
    struct admin_options options = {.address = &any_port, .readiness = &readiness};
    struct admin *first = NULL;
    struct admin *second = NULL;
    struct error err = {0};
    int64_t port = 0;

    (void)state;
    readiness_init(&readiness);
    assert_int_equal(admin_start(&options, &first, &err), RESULT_OK);
    assert_int_equal(strncmp(admin_address(first), "[::1]:", 6), 0);
    assert_int_equal(parse_int64(admin_address(first) + 6, 1, 65535, &port), RESULT_OK);
    const struct listen_address taken = {.host = (char[]){"::1"}, .port = (uint16_t)port};

    options.address = &taken;
    assert_int_equal(admin_start(&options, &second, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "Address already in use"));
    admin_stop(&first);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trickling_header),
        cmocka_unit_test(test_idle_connection),
        cmocka_unit_test(test_trickling_body),
        cmocka_unit_test(test_body_that_pauses),
        cmocka_unit_test(test_endless_body),
        cmocka_unit_test(test_endless_header),
        cmocka_unit_test(test_too_many_connections),
        cmocka_unit_test(test_far_too_many_connections),
        cmocka_unit_test(test_too_much_at_once),
        cmocka_unit_test(test_early_answer_to_a_large_body),
        cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_large_bodies_at_once),
        cmocka_unit_test(test_admin_listener),
        cmocka_unit_test(test_port_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
