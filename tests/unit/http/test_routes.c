#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/routes.h"

static void
test_webhooks(void **state)
{
    const struct route *orders = route_find(ROUTE_ON_WEBHOOK, "/webhooks/acumatica/orders");
    const struct route *shipments = route_find(ROUTE_ON_WEBHOOK, "/webhooks/acumatica/shipments");
    const struct route *invoices = route_find(ROUTE_ON_WEBHOOK, "/webhooks/acumatica/invoices");
    const struct route *any = route_find(ROUTE_ON_WEBHOOK, "/webhooks/acumatica");

    (void)state;
    assert_true(orders->target == ROUTE_NOTIFICATION && orders->kind == DOCUMENT_ORDER);
    assert_true(shipments->target == ROUTE_NOTIFICATION && shipments->kind == DOCUMENT_SHIPMENT);
    assert_true(invoices->target == ROUTE_NOTIFICATION && invoices->kind == DOCUMENT_INVOICE);
    assert_false(orders->kind_from_query || shipments->kind_from_query ||
                 invoices->kind_from_query);
    assert_true(any->target == ROUTE_NOTIFICATION && any->kind_from_query);
    assert_null(route_find(ROUTE_ON_ADMIN, "/webhooks/acumatica/orders"));
}

static void
test_probes_are_on_both(void **state)
{
    static const char *const paths[] = {"/livez", "/readyz", "/healthz"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(route_find(ROUTE_ON_WEBHOOK, paths[i]));
        assert_ptr_equal(route_find(ROUTE_ON_WEBHOOK, paths[i]),
                         route_find(ROUTE_ON_ADMIN, paths[i]));
    }
}

static void
test_metrics_are_for_the_admin_only(void **state)
{
    (void)state;
    assert_int_equal(route_find(ROUTE_ON_ADMIN, "/metrics")->target, ROUTE_METRICS);
    assert_null(route_find(ROUTE_ON_WEBHOOK, "/metrics"));
}

static void
test_only_whole_paths(void **state)
{
    static const char *const paths[] = {
        "",        "/",      "/webhooks/acumatica/",        "/webhooks/acumatica/order",
        "/livez/", "/LIVEZ", "/webhooks/acumatica/orders/1"};

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_null(route_find(ROUTE_ON_WEBHOOK, paths[i]));
}

static void
test_methods(void **state)
{
    const struct route *orders = route_find(ROUTE_ON_WEBHOOK, "/webhooks/acumatica/orders");
    const struct route *livez = route_find(ROUTE_ON_WEBHOOK, "/livez");

    (void)state;
    assert_true(route_accepts(orders, "POST"));
    assert_false(route_accepts(orders, "POS"));
    assert_false(route_accepts(orders, "POSTS"));
    assert_false(route_accepts(orders, "post"));
    assert_false(route_accepts(orders, ""));
    assert_true(route_accepts(livez, "GET") && route_accepts(livez, "HEAD"));
    assert_false(route_accepts(livez, "POST") || route_accepts(livez, "GET, HEAD"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webhooks),
        cmocka_unit_test(test_probes_are_on_both),
        cmocka_unit_test(test_metrics_are_for_the_admin_only),
        cmocka_unit_test(test_only_whole_paths),
        cmocka_unit_test(test_methods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
