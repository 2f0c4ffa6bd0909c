/* What each kind of unacceptable request is answered, and that it leaves a line. */
#include "client.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD_TAIL "\"Query\":\"AMSync-Orders\",\"CompanyId\":\"Acme\",\"Id\":\"1\""
#define GOOD "{" GOOD_TAIL ",\"TimeStamp\":1}"

static struct service service;

static int
start(void **state)
{
    (void)state;
    service_start(&service, &(struct service_wishes){.settings = {"AMSYNC_MAX_BODY_BYTES=131072"}});
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    service_stop(&service);
    return 0;
}

static void
expect_problem(const struct response *response, int status, const char *detail)
{
    if (response->status != status || strstr(response->body, detail) == NULL)
        fail_msg("expected %d with \"%s\", got %d with %s", status, detail, response->status,
                 response->body);
    assert_true(response_has_line(response, "Content-Type: application/problem+json"));
    assert_non_null(strstr(response->body, "\"title\""));
}

static void
test_bodies_that_are_no_notification(void **state)
{
    static const struct {
        const char *body;
        const char *detail;
    } cases[] = {
        {"", ""},
        {"hello", ""},
        {"[]", ""},
        {"{}", "Query"},
        {"{\"CompanyId\":\"Acme\",\"Id\":\"1\",\"TimeStamp\":1}", "Query"},
        {"{\"Query\":1,\"CompanyId\":\"Acme\",\"Id\":\"1\",\"TimeStamp\":1}", "Query"},
        {"{\"Query\":\"Q\",\"Id\":\"1\",\"TimeStamp\":1}", "CompanyId"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"Acme\",\"TimeStamp\":1}", "Id"},
        {"{" GOOD_TAIL "}", "TimeStamp"},
        {"{" GOOD_TAIL ",\"TimeStamp\":\"1\"}", "TimeStamp"},
        {"{" GOOD_TAIL ",\"TimeStamp\":1.5}", "TimeStamp"},
        {"{" GOOD_TAIL ",\"TimeStamp\":-1}", "TimeStamp"},
        {"{" GOOD_TAIL ",\"TimeStamp\":9223372036854775808}", ""},
        {"{" GOOD_TAIL ",\"TimeStamp\":1,\"TimeStamp\":1}", ""},
        {"{" GOOD_TAIL ",\"TimeStamp\":1,\"Inserted\":{}}", "Inserted"},
        {"{" GOOD_TAIL ",\"TimeStamp\":1,\"x\":\"\xff\"}", ""},
        {"{" GOOD_TAIL ",\"TimeStamp\":1,\"x\":\"\\u0000\"}", ""},
    };
    struct response response;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t before = service_refusals(&service);
        post_once(service.address, ORDERS, SECRET, cases[i].body, &response);
        expect_problem(&response, 400, cases[i].detail);
        assert_int_equal(service_refusals(&service), before + 1);
    }
}

static void
test_deep_nesting(void **state)
{
    char body[8192] = "{" GOOD_TAIL ",\"TimeStamp\":1,\"x\":";
    struct response response;

    (void)state;
    memset(body + strlen(body), '[', 3000);
    post_once(service.address, ORDERS, SECRET, body, &response);
    expect_problem(&response, 400, "");
}

static void
test_secrets(void **state)
{
    struct response response;
    size_t before = service_refusals(&service);

    (void)state;
    post_once(service.address, ORDERS, NULL, GOOD, &response);
    expect_problem(&response, 401, "X-Amsync-Secret");
    assert_non_null(strcasestr(response.head, "\r\nWWW-Authenticate: "));
    assert_null(strstr(response.body, SECRET));
    assert_int_equal(service_refusals(&service), before + 1);
    post_once(service.address, ORDERS, "correct hors", GOOD, &response);
    expect_problem(&response, 401, "X-Amsync-Secret");
    post_once(service.address, ORDERS, "", GOOD, &response);
    expect_problem(&response, 401, "");
    post_once(service.address, ORDERS, PREVIOUS_SECRET, GOOD, &response);
    assert_int_equal(response.status, 202);
    /* The others within a minute are told of together. */
    assert_int_equal(service_refusals(&service), before + 1);
}

static void
test_company(void **state)
{
    struct response response;
    size_t before = service_refusals(&service);

    (void)state;
    post_once(service.address, ORDERS, SECRET,
              "{\"Query\":\"Q\",\"CompanyId\":\"Other\",\"Id\":\"1\",\"TimeStamp\":1}", &response);
    expect_problem(&response, 403, "Other");
    assert_int_equal(service_refusals(&service), before + 1);
}

static void
send_and_expect(const char *request, int status, const char *line)
{
    struct client client;
    struct response response;

    client_open(&client, service.address);
    (void)client_send_text(&client, request);
    client_receive(&client, &response);
    client_close(&client);
    if (response.status != status || (line != NULL && !response_has_line(&response, line)))
        fail_msg("expected %d, got %d for %s", status, response.status, request);
}

static void
test_paths_and_methods(void **state)
{
    (void)state;
    send_and_expect("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 404, NULL);
    send_and_expect("POST /webhooks/acumatica/customers HTTP/1.1\r\nHost: a\r\n"
                    "Content-Length: 2\r\n\r\n{}",
                    404, NULL);
    send_and_expect("GET " ORDERS " HTTP/1.1\r\nHost: a\r\n\r\n", 405, "Allow: POST");
    send_and_expect("PUT " BY_QUERY " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 405,
                    "Allow: POST");
    send_and_expect("POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405,
                    "Allow: GET, HEAD");
    send_and_expect("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", 200, NULL);
    send_and_expect("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n", 200, NULL);
    send_and_expect("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200, NULL);
}

static void
test_headers(void **state)
{
    static const char prefix[] = "POST " ORDERS " HTTP/1.1\r\nHost: a\r\n"
                                 "X-Amsync-Secret: " SECRET "\r\n";
    static const struct {
        const char *rest;
        int status;
    } cases[] = {
        {"Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"Content-Type: application/jsonp\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"Content-Length: 131073\r\n\r\n", 413},
        {"Content-Length: 99999999999999999999999\r\n\r\n", 413},
        {"Transfer-Encoding: gzip\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400},
        {"Content-Type: TEXT/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", 400},
        {"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 400},
    };
    char request[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(request, sizeof(request), "%s%s", prefix, cases[i].rest);
        send_and_expect(request, cases[i].status, NULL);
    }
}

static void
test_no_content_type_is_taken(void **state)
{
    char request[512];

    (void)state;
    (void)snprintf(request, sizeof(request),
                   "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nX-Amsync-Secret: " SECRET
                   "\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen("\xef\xbb\xbf" GOOD), "\xef\xbb\xbf" GOOD);
    send_and_expect(request, 202, NULL);
}

static void
test_kind_from_query(void **state)
{
    struct response response;

    (void)state;
    test_clear();
    post_once(service.address, BY_QUERY, SECRET,
              "{\"Query\":\"AMSync-Invoices\",\"CompanyId\":\"Acme\",\"Id\":\"1\",\"TimeStamp\":1}",
              &response);
    assert_int_equal(response.status, 202);
    assert_string_equal(test_query("SELECT kind FROM amsync.notification"), "invoice");
    post_once(service.address, BY_QUERY, SECRET,
              "{\"Query\":\"Mine\",\"CompanyId\":\"Acme\",\"Id\":\"1\",\"TimeStamp\":1}",
              &response);
    expect_problem(&response, 400, "Mine");
    expect_problem(&response, 400, "AMSYNC_QUERY_ORDERS");
}

/* A refused small body is read to its end: the connection stays usable. */
static void
test_connection_outlives_refusals(void **state)
{
    struct client client;
    struct response response;

    (void)state;
    client_open(&client, service.address);
    for (int i = 0; i < 3; i++) {
        assert_true(client_post(&client, ORDERS, "wrong", GOOD));
        client_receive(&client, &response);
        assert_int_equal(response.status, 401);
        assert_true(client_post(&client, ORDERS, SECRET, "{}"));
        client_receive(&client, &response);
        assert_int_equal(response.status, 400);
    }
    client_close(&client);
}

/* The length is not announced: counted while it comes, answered at its end. */
static void
test_chunked_body_too_large(void **state)
{
    static char chunk[16384];
    struct client client;
    struct response response;

    (void)state;
    memset(chunk, ' ', sizeof(chunk));
    client_open(&client, service.address);
    (void)client_send_text(&client, "POST " ORDERS " HTTP/1.1\r\nHost: a\r\n"
                                    "X-Amsync-Secret: " SECRET "\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 9; i++) {
        (void)client_send_text(&client, "4000\r\n");
        (void)client_send(&client, chunk, sizeof(chunk));
        (void)client_send_text(&client, "\r\n");
    }
    (void)client_send_text(&client, "0\r\n\r\n");
    client_receive(&client, &response);
    client_close(&client);
    expect_problem(&response, 413, "131072");
}

/* .NET asks before it sends a body. */
static void
test_expect_continue(void **state)
{
    static const char head[] = "POST " ORDERS " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
    struct client client;
    struct response response;
    char rest[256];

    (void)state;
    client_open(&client, service.address);
    (void)snprintf(rest, sizeof(rest), "X-Amsync-Secret: " SECRET "\r\nContent-Length: %zu\r\n\r\n",
                   strlen(GOOD));
    assert_true(client_send_text(&client, head) && client_send_text(&client, rest));
    client_receive_continue(&client);
    assert_true(client_send_text(&client, GOOD));
    client_receive(&client, &response);
    assert_true(response.status == 202 || response.status == 200);
    /* A refusal comes at once; the body is not asked for. */
    assert_true(client_send_text(&client, head) &&
                client_send_text(&client, "X-Amsync-Secret: wrong\r\nContent-Length: 2\r\n\r\n"));
    client_receive(&client, &response);
    assert_int_equal(response.status, 401);
    client_receive(&client, &response);
    assert_int_equal(response.status, 0);
    client_close(&client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_that_are_no_notification),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_company),
        cmocka_unit_test(test_paths_and_methods),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_no_content_type_is_taken),
        cmocka_unit_test(test_kind_from_query),
        cmocka_unit_test(test_connection_outlives_refusals),
        cmocka_unit_test(test_chunked_body_too_large),
        cmocka_unit_test(test_expect_continue),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
