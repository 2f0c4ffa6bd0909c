#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "magento/client.h"
#include "server.h"

#define TIMEOUT_MS 2000
#define QUIET_MS 3000

struct fixture {
    struct server server;
    char base_url[64];
    atomic_bool abort;
    struct magento_endpoint endpoint;
    struct magento_client *client;
    struct magento_answer answer;
};

static int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    server_start(&fixture->server);
    (void)snprintf(fixture->base_url, sizeof(fixture->base_url), "http://127.0.0.1:%u",
                   fixture->server.port);
    fixture->endpoint = (struct magento_endpoint){
        .base_url = fixture->base_url,
        .store = "default",
        .credentials = {.auth = MAGENTO_AUTH_BEARER, .token = "a-token"},
        .timeout_ms = TIMEOUT_MS,
        .quiet_ms = QUIET_MS,
        .abort = &fixture->abort,
    };
    assert_int_equal(magento_client_new(&fixture->endpoint, &fixture->client), RESULT_OK);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    magento_answer_finish(&fixture->answer);
    magento_client_free(&fixture->client);
    server_stop(&fixture->server);
    free(fixture);
    return 0;
}

static enum magento_outcome
post(struct fixture *fixture, const char *path)
{
    json_t *body = json_pack("{s:s}", "comment", "x");
    enum magento_outcome outcome =
        magento_post(fixture->client, CALL_CREATE, path, NULL, 0, body, &fixture->answer);

    json_decref(body);
    return outcome;
}

static enum magento_outcome
get(struct fixture *fixture, const char *path)
{
    return magento_get(fixture->client, CALL_READ_ORDERS, path, NULL, 0, &fixture->answer);
}

static void
assert_outcome(const struct fixture *fixture, enum magento_outcome outcome,
               enum magento_outcome expected)
{
    if (outcome != expected || fixture->answer.outcome != expected)
        fail_msg("%s (%s) instead of %s", magento_outcome_name(outcome), fixture->answer.message,
                 magento_outcome_name(expected));
}

static void
a_connection_is_used_again(void **state)
{
    struct fixture *fixture = *state;

    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DONE);
    assert_outcome(fixture, get(fixture, "ok"), MAGENTO_DONE);
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DONE);
    assert_int_equal(server_connections(&fixture->server), 1);
    assert_string_equal(fixture->answer.request_text, "{\"comment\":\"x\"}");
    assert_string_equal(fixture->answer.answer_text, "{\"ok\":true}");
}

static void
a_request_is_what_magento_expects(void **state)
{
    struct fixture *fixture = *state;
    static const struct magento_parameter query[] = {{"searchCriteria[pageSize]", "1"},
                                                     {"fields", "items[a b,c+d&e=f]"}};
    const char *request = fixture->server.last_request;

    assert_outcome(fixture,
                   magento_get(fixture->client, CALL_READ_ORDERS, "ok", query, 2, &fixture->answer),
                   MAGENTO_DONE);
    assert_non_null(strstr(request, "GET /rest/default/V1/ok?searchCriteria%5BpageSize%5D=1&"
                                    "fields=items%5Ba%20b%2Cc%2Bd%26e%3Df%5D HTTP/1.1\r\n"));
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer a-token\r\n"));
    assert_non_null(strstr(request, "\r\nAccept: application/json\r\n"));

    fixture->endpoint.store = "a/b";
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DONE);
    assert_non_null(strstr(request, "POST /rest/a%2Fb/V1/ok HTTP/1.1\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Length: 15\r\n"));
    assert_null(strstr(request, "Expect:"));

    assert_outcome(
        fixture, magento_post(fixture->client, CALL_CREATE, "ok", NULL, 0, NULL, &fixture->answer),
        MAGENTO_DONE);
    assert_non_null(strstr(request, "\r\nContent-Length: 0\r\n"));
}

static void
a_large_body_goes_at_once(void **state)
{
    struct fixture *fixture = *state;
    size_t length = (size_t)3 * 1024 * 1024;
    char *text = malloc(length + 1);

    assert_non_null(text);
    memset(text, 'x', length);
    text[length] = '\0';

    json_t *body = json_pack("{s:s}", "comment", text);

    assert_outcome(
        fixture, magento_post(fixture->client, CALL_CREATE, "ok", NULL, 0, body, &fixture->answer),
        MAGENTO_DONE);
    assert_null(strstr(fixture->server.last_request, "Expect:"));
    json_decref(body);
    free(text);
}

static void
a_post_leaves_once_when_a_used_connection_closes(void **state)
{
    struct fixture *fixture = *state;

    assert_outcome(fixture, post(fixture, "once"), MAGENTO_DONE);
    assert_outcome(fixture, post(fixture, "once"), MAGENTO_UNKNOWN);
    assert_int_equal(server_posts(&fixture->server), 2);
    assert_string_equal(fixture->answer.message,
                        "Magento's answer did not come whole: the connection was closed without "
                        "an answer");
    assert_outcome(fixture, post(fixture, "once"), MAGENTO_DONE);
    assert_int_equal(server_posts(&fixture->server), 3);
}

static void
a_read_may_leave_twice(void **state)
{
    struct fixture *fixture = *state;

    assert_outcome(fixture, get(fixture, "once"), MAGENTO_DONE);
    assert_outcome(fixture, get(fixture, "once"), MAGENTO_DONE);
    assert_int_equal(server_gets(&fixture->server), 3);
}

static void
no_write_leaves_that_may_outlive_its_claim(void **state)
{
    struct fixture *fixture = *state;
    int64_t now_ms = clock_boottime_ms();

    magento_client_set_deadline(fixture->client, now_ms + TIMEOUT_MS + QUIET_MS - 1);
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DEADLINE);
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DEADLINE);
    assert_int_equal(server_posts(&fixture->server), 0);
    assert_false(magento_client_has_asked(fixture->client));
    assert_outcome(fixture, get(fixture, "ok"), MAGENTO_DONE);
    assert_true(magento_client_has_asked(fixture->client));
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DEADLINE);
    assert_true(magento_client_has_asked(fixture->client));
    magento_client_set_deadline(fixture->client, now_ms + TIMEOUT_MS + QUIET_MS + 60000);
    assert_false(magento_client_has_asked(fixture->client));
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DONE);
    assert_int_equal(server_posts(&fixture->server), 1);
}

static void
no_read_leaves_whose_answer_could_not_be_recorded(void **state)
{
    struct fixture *fixture = *state;
    int64_t now_ms = clock_boottime_ms();

    magento_client_set_deadline(fixture->client, now_ms + TIMEOUT_MS);
    assert_outcome(fixture, get(fixture, "ok"), MAGENTO_DEADLINE);
    assert_int_equal(server_gets(&fixture->server), 0);
    magento_client_set_deadline(fixture->client, now_ms + TIMEOUT_MS + 60000);
    assert_outcome(fixture, get(fixture, "ok"), MAGENTO_DONE);
}

static void
a_write_without_a_whole_answer_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    static const char *const behaviours[] = {"close",   "reset",   "truncated",
                                             "endless", "headers", "silent"};
    int count = (int)(sizeof(behaviours) / sizeof(behaviours[0]));

    for (int i = 0; i < count; i++) {
        assert_outcome(fixture, post(fixture, behaviours[i]), MAGENTO_UNKNOWN);
        assert_int_equal(server_posts(&fixture->server), i + 1);
        assert_outcome(fixture, get(fixture, behaviours[i]), MAGENTO_AGAIN);
    }
    assert_outcome(fixture, get(fixture, "ok"), MAGENTO_DONE);
}

static void
a_redirect_is_not_followed(void **state)
{
    struct fixture *fixture = *state;

    assert_outcome(fixture, post(fixture, "redirect"), MAGENTO_UNKNOWN);
    assert_outcome(fixture, get(fixture, "redirect"), MAGENTO_AGAIN);
    assert_int_equal(server_posts(&fixture->server), 1);
    assert_int_equal(server_gets(&fixture->server), 1);
    assert_string_equal(fixture->answer.message,
                        "Magento answered 302 and names /rest/default/V1/ok instead: check "
                        "AMSYNC_MAGENTO_URL");
}

static void
what_finds_no_connection_has_not_happened(void **state)
{
    struct fixture *fixture = *state;
    int listener = fixture->server.listener;

    /* Its port stays taken, and nobody listens there any more. */
    (void)shutdown(listener, SHUT_RDWR);
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_AGAIN);
    assert_int_equal(fixture->answer.http_status, 0);
    assert_int_equal(server_posts(&fixture->server), 0);
}

static void
each_request_is_counted_by_call_and_outcome(void **state)
{
    struct fixture *fixture = *state;
    struct magento_metrics metrics;

    magento_metrics_init(&metrics);
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DONE);
    fixture->endpoint.metrics = &metrics;
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_DONE);
    assert_outcome(fixture, post(fixture, "redirect"), MAGENTO_UNKNOWN);
    assert_outcome(fixture, get(fixture, "redirect"), MAGENTO_AGAIN);
    for (size_t call = 0; call < MAGENTO_CALL_COUNT; call++) {
        uint64_t observed = 0;
        uint64_t counted = 0;

        for (size_t i = 0; i <= histogram_of_seconds.bound_count; i++)
            observed += counter_read(&metrics.durations_us[call].buckets[i]);
        for (size_t i = 0; i < MAGENTO_OUTCOME_COUNT; i++)
            counted += counter_read(&metrics.requests[call][i]);
        assert_int_equal(observed, counted);
        assert_int_equal(counted, call == CALL_CREATE ? 2 : call == CALL_READ_ORDERS ? 1 : 0);
    }
    assert_int_equal(counter_read(&metrics.requests[CALL_CREATE][MAGENTO_DONE]), 1);
    assert_int_equal(counter_read(&metrics.requests[CALL_CREATE][MAGENTO_UNKNOWN]), 1);
    assert_int_equal(counter_read(&metrics.requests[CALL_READ_ORDERS][MAGENTO_AGAIN]), 1);
}

static void
another_protocol_is_not_spoken(void **state)
{
    struct fixture *fixture = *state;
    struct magento_endpoint endpoint = fixture->endpoint;
    struct magento_client *client = NULL;

    endpoint.base_url = "file:///etc";
    assert_int_equal(magento_client_new(&endpoint, &client), RESULT_OK);
    assert_int_equal(magento_get(client, CALL_READ_ORDERS, "ok", NULL, 0, &fixture->answer),
                     MAGENTO_AGAIN);
    magento_client_free(&client);
}

static void *
stop_soon(void *context)
{
    struct fixture *fixture = context;

    while (server_posts(&fixture->server) == 0)
        (void)usleep(1000);
    atomic_store(&fixture->abort, true);
    return NULL;
}

static void
a_call_can_be_broken_off(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;

    fixture->endpoint.timeout_ms = 60000;
    magento_client_free(&fixture->client);
    assert_int_equal(magento_client_new(&fixture->endpoint, &fixture->client), RESULT_OK);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, fixture), 0);
    assert_outcome(fixture, post(fixture, "silent"), MAGENTO_UNKNOWN);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_outcome(fixture, post(fixture, "ok"), MAGENTO_ABORTED);
    assert_outcome(fixture, get(fixture, "ok"), MAGENTO_ABORTED);
    assert_int_equal(server_posts(&fixture->server), 1);
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(a_connection_is_used_again),
        IN_FIXTURE(a_request_is_what_magento_expects),
        IN_FIXTURE(a_large_body_goes_at_once),
        IN_FIXTURE(a_post_leaves_once_when_a_used_connection_closes),
        IN_FIXTURE(a_read_may_leave_twice),
        IN_FIXTURE(no_write_leaves_that_may_outlive_its_claim),
        IN_FIXTURE(no_read_leaves_whose_answer_could_not_be_recorded),
        IN_FIXTURE(a_write_without_a_whole_answer_is_unknown),
        IN_FIXTURE(a_redirect_is_not_followed),
        IN_FIXTURE(what_finds_no_connection_has_not_happened),
        IN_FIXTURE(each_request_is_counted_by_call_and_outcome),
        IN_FIXTURE(another_protocol_is_not_spoken),
        IN_FIXTURE(a_call_can_be_broken_off),
    };
    struct error err;

    if (magento_global_init(&err) != RESULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
