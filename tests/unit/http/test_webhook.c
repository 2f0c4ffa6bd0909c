#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "http/webhook.h"

#define TAIL ",\"CompanyId\":\"Acme\",\"Id\":\"id 1\",\"TimeStamp\":638780593453014191}"

static char acme[] = "Acme";
static char *companies[] = {acme};
static char orders[] = "AMSync-Orders";
static char more_orders[] = "My Orders";
static char *order_names[] = {orders, more_orders};
static char shipments[] = "AMSync-Shipments";
static char *shipment_names[] = {shipments};
static char secret[] = "new secret";
static char previous[] = "old secret";
static char header_name[] = "X-Key";

static const struct settings settings = {
    .companies = {.items = companies, .count = 1},
    .webhook_secret = secret,
    .webhook_secret_previous = previous,
    .webhook_header = header_name,
    .query_orders = {.items = order_names, .count = 2},
    .query_shipments = {.items = shipment_names, .count = 1},
    .max_body_bytes = 1000,
};

static unsigned
check(const struct webhook_header *header)
{
    struct webhook_header_verdict verdict;

    webhook_check_header(&settings, header, &verdict);
    return verdict.status;
}

static void
test_good_headers(void **state)
{
    struct webhook_header_verdict verdict;

    (void)state;
    webhook_check_header(&settings,
                         &(struct webhook_header){.secret = "new secret", .content_length = "1000"},
                         &verdict);
    assert_int_equal(verdict.status, WEBHOOK_GO_ON);
    assert_int_equal(verdict.body_bytes, 1000);
    assert_true(verdict.secret_valid);
    webhook_check_header(
        &settings, &(struct webhook_header){.secret = "old secret", .transfer_encoding = "Chunked"},
        &verdict);
    assert_int_equal(verdict.status, WEBHOOK_GO_ON);
    assert_true(verdict.body_bytes == WEBHOOK_LENGTH_UNKNOWN);
    webhook_check_header(&settings, &(struct webhook_header){.secret = "new secret"}, &verdict);
    assert_int_equal(verdict.status, WEBHOOK_GO_ON);
    assert_int_equal(verdict.body_bytes, 0);
}

static void
test_content_types(void **state)
{
    static const struct {
        const char *type;
        unsigned status;
    } cases[] = {
        {"application/json", WEBHOOK_GO_ON},
        {"Application/JSON; charset=utf-8", WEBHOOK_GO_ON},
        {"application/json;charset=utf-8", WEBHOOK_GO_ON},
        {"text/json", WEBHOOK_GO_ON},
        {"", 415},
        {"application/jso", 415},
        {"application/json2", 415},
        {"text/plain", 415},
        {"application/x-www-form-urlencoded", 415},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(check(&(struct webhook_header){.secret = "new secret",
                                                        .content_type = cases[i].type,
                                                        .content_length = "1"}),
                         cases[i].status);
}

static void
test_secrets(void **state)
{
    static const char *const wrong[] = {NULL, "", "new secre", "new secret ", "New secret", "old"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(check(&(struct webhook_header){.secret = wrong[i]}), 401);
}

static void
test_the_previous_secret_is_told_apart(void **state)
{
    static const struct {
        const char *secret;
        bool is_previous;
    } cases[] = {
        {"new secret", false}, {"old secret", true}, {"older secret", false}, {NULL, false}};
    struct settings same = settings;
    struct webhook_header_verdict verdict;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        webhook_check_header(&settings, &(struct webhook_header){.secret = cases[i].secret},
                             &verdict);
        assert_int_equal(verdict.secret_previous, cases[i].is_previous);
    }
    same.webhook_secret_previous = secret;
    webhook_check_header(&same, &(struct webhook_header){.secret = "new secret"}, &verdict);
    assert_true(verdict.secret_valid && !verdict.secret_previous);
}

/* Without a previous secret an empty one does not pass for it. */
static void
test_no_previous_secret(void **state)
{
    struct settings one = settings;
    struct webhook_header_verdict verdict;

    (void)state;
    one.webhook_secret_previous = NULL;
    webhook_check_header(&one, &(struct webhook_header){.secret = ""}, &verdict);
    assert_int_equal(verdict.status, 401);
    webhook_check_header(&one, &(struct webhook_header){.secret = "old secret"}, &verdict);
    assert_int_equal(verdict.status, 401);
}

/* A stranger is not told about sizes; someone who has the secret is told first what comes first. */
static void
test_order_of_checks(void **state)
{
    (void)state;
    assert_int_equal(check(&(struct webhook_header){.content_length = "1001"}), 401);
    assert_int_equal(
        check(&(struct webhook_header){.secret = "new secret", .content_length = "1001"}), 413);
    assert_int_equal(
        check(&(struct webhook_header){.content_type = "text/plain", .content_length = "1001"}),
        415);
    assert_int_equal(check(&(struct webhook_header){.secret = "new secret",
                                                    .content_length = "1",
                                                    .transfer_encoding = "chunked"}),
                     400);
    assert_int_equal(
        check(&(struct webhook_header){.secret = "new secret", .content_length = "-1"}), 400);
    assert_int_equal(
        check(&(struct webhook_header){.secret = "new secret", .content_length = "1x"}), 400);
}

static unsigned
read_body(const char *path, const char *body, struct webhook_notification *notification,
          struct error *detail)
{
    return webhook_read_body(&settings, route_find(ROUTE_ON_WEBHOOK, path), body, strlen(body),
                             notification, detail);
}

static void
test_notification(void **state)
{
    struct webhook_notification by_path;
    struct webhook_notification by_query;
    struct error detail;

    (void)state;
    assert_int_equal(
        read_body("/webhooks/acumatica/invoices", "{\"Query\":\"Any\"" TAIL, &by_path, &detail),
        WEBHOOK_GO_ON);
    assert_int_equal(by_path.kind, DOCUMENT_INVOICE);
    assert_string_equal(by_path.company, "Acme");
    assert_string_equal(by_path.query, "Any");
    assert_string_equal(by_path.id, "id 1");
    assert_true(by_path.acumatica_timestamp == 638780593453014191);
    assert_int_equal(
        read_body("/webhooks/acumatica", "{\"Query\":\"my orders\"" TAIL, &by_query, &detail),
        WEBHOOK_GO_ON);
    assert_int_equal(by_query.kind, DOCUMENT_ORDER);
    assert_memory_not_equal(by_path.dedup, by_query.dedup, SHA256_BYTES);
    webhook_notification_finish(&by_path);
    webhook_notification_finish(&by_query);
}

/* The same body as another kind is another notification. */
static void
test_dedup_is_of_kind_and_body(void **state)
{
    static const char body[] = "{\"Query\":\"Any\"" TAIL;
    static const char shipment_body[] = "shipment{\"Query\":\"Any\"" TAIL;
    struct webhook_notification shipment;
    struct webhook_notification invoice;
    struct error detail;
    uint8_t expected[SHA256_BYTES];

    (void)state;
    assert_int_equal(read_body("/webhooks/acumatica/shipments", body, &shipment, &detail),
                     WEBHOOK_GO_ON);
    assert_int_equal(read_body("/webhooks/acumatica/invoices", body, &invoice, &detail),
                     WEBHOOK_GO_ON);
    assert_memory_not_equal(shipment.dedup, invoice.dedup, SHA256_BYTES);
    assert_int_equal(sha256(shipment_body, strlen(shipment_body), expected), RESULT_OK);
    assert_memory_equal(shipment.dedup, expected, SHA256_BYTES);
    webhook_notification_finish(&shipment);
    webhook_notification_finish(&invoice);
}

static void
test_unknown_query(void **state)
{
    struct webhook_notification notification;
    struct error detail;

    (void)state;
    assert_int_equal(
        read_body("/webhooks/acumatica", "{\"Query\":\"Stock\"" TAIL, &notification, &detail), 400);
    assert_non_null(strstr(detail.text, "\"Stock\""));
    assert_non_null(strstr(detail.text, "AMSYNC_QUERY_SHIPMENTS"));
    webhook_notification_finish(&notification);
}

static void
test_company(void **state)
{
    static const char body[] = "{\"Query\":\"Any\",\"CompanyId\":\"Beta\",\"Id\":\"1\","
                               "\"TimeStamp\":1}";
    struct webhook_notification notification;
    struct error detail;

    (void)state;
    assert_int_equal(read_body("/webhooks/acumatica/orders", body, &notification, &detail), 403);
    assert_non_null(strstr(detail.text, "\"Beta\""));
    assert_string_equal(notification.company, "Beta");
    webhook_notification_finish(&notification);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_headers),
        cmocka_unit_test(test_content_types),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_the_previous_secret_is_told_apart),
        cmocka_unit_test(test_no_previous_secret),
        cmocka_unit_test(test_order_of_checks),
        cmocka_unit_test(test_notification),
        cmocka_unit_test(test_dedup_is_of_kind_and_body),
        cmocka_unit_test(test_unknown_query),
        cmocka_unit_test(test_company),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
