#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "sync/model.h"

static json_t *
json_of(const char *text)
{
    struct error err;
    json_t *value = NULL;

    assert_int_equal(json_decode(text, strlen(text), 16, 0, &value, &err), RESULT_OK);
    return value;
}

static void
an_order_is_read_by_its_fields(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *body = json_of(
        "{\"header\":{\"ts\":5,\"f\":{\"OrderNbr\":\"SO005555\",\"Status\":\"Open\",\"Hold\":false,"
        "\"Cancelled\":\"True\",\"OrderDate\":\"2025-03-20T09:22:25.3\",\"OrderTotal\":\"127.5\","
        "\"CurrencyRate\":null,\"ShipToCity\":\"Austin\"}},"
        "\"rows\":{\"10\":{\"ts\":5,\"f\":{\"InventoryID\":\"B\",\"OrderQty\":\"1.5\"}},"
        "\"2\":{\"ts\":5,\"f\":{\"InventoryID\":\"A\",\"TaxRate\":\"\"}}}}");
    AMSYNC_CLEANUP(order_document_free) struct order_document *order = NULL;

    assert_int_equal(order_document_read(body, &order, NULL), RESULT_OK);
    assert_string_equal(order->order_nbr, "SO005555");
    assert_string_equal(order->order_date, "2025-03-20");
    assert_string_equal(order->ship_to.city, "Austin");
    assert_string_equal(order->ship_via, "");
    assert_int_equal(order->hold, NO);
    assert_int_equal(order->cancelled, YES);
    assert_int_equal(order->customer_enabled, UNKNOWN);
    assert_true(order->order_total.known);
    assert_true(order->order_total.value.millionths == 127500000);
    assert_false(order->currency_rate.known);
    assert_int_equal(order->line_count, 2);
    assert_int_equal(order->lines[0].line_nbr, 2);
    assert_string_equal(order->lines[0].inventory_id, "A");
    assert_false(order->lines[0].tax_rate.known);
    assert_int_equal(order->lines[1].line_nbr, 10);
    assert_true(order->lines[1].order_qty.value.millionths == 1500000);
    assert_null(order->unusable[0]);
}

static void
removed_lines_are_left_out(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *body = json_of("{\"header\":{\"ts\":5,\"f\":{}},\"rows\":{"
                           "\"1\":{\"ts\":5,\"f\":{\"InventoryID\":\"gone\"},\"removed\":6},"
                           "\"2\":{\"ts\":6,\"f\":{\"InventoryID\":\"back\"},\"removed\":6},"
                           "\"3\":{\"ts\":0,\"f\":{},\"removed\":6}}}");
    AMSYNC_CLEANUP(order_document_free) struct order_document *order = NULL;

    assert_int_equal(order_document_read(body, &order, NULL), RESULT_OK);
    assert_int_equal(order->line_count, 1);
    assert_string_equal(order->lines[0].inventory_id, "back");
}

static void
unusable_values_are_named(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *body = json_of(
        "{\"header\":{\"ts\":5,\"f\":{\"OrderTotal\":\"1e300\",\"Freight\":\"a lot\","
        "\"TaxTotal\":true,\"OrderDate\":\"20.03.2025\",\"UnpaidBalance\":\"100000000000\"}},"
        "\"rows\":{\"3\":{\"ts\":5,\"f\":{\"UnitPrice\":\"12345678901.123456\"}}}}");
    AMSYNC_CLEANUP(order_document_free) struct order_document *order = NULL;

    assert_int_equal(order_document_read(body, &order, NULL), RESULT_OK);
    assert_false(order->order_total.known);
    assert_true(decimal_is_zero(order->order_total.value));
    assert_string_equal(order->order_date, "");
    assert_string_equal(order->unusable[0], "OrderTotal: 1e300 is out of range");
    assert_string_equal(order->unusable[1], "Freight: a lot is not a number");
    assert_string_equal(order->unusable[2], "TaxTotal: true is not a number");
    assert_string_equal(order->unusable[3], "UnpaidBalance: 100000000000 is out of range");
    assert_string_equal(order->unusable[4],
                        "UnitPrice of line 3: 12345678901.123456 is out of range");
    assert_null(order->unusable[5]);
}

static void
what_is_no_body_is_rejected(void **state)
{
    (void)state;
    const char *const texts[] = {
        "{}",
        "[]",
        "{\"header\":{\"ts\":1,\"f\":{}}}",
        "{\"header\":{\"ts\":1,\"f\":{}},\"rows\":{\"x\":{\"ts\":1,\"f\":{\"A\":\"1\"}}}}",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *body = json_of(texts[i]);
        struct order_document *order = NULL;
        struct shipment_document *shipment = NULL;
        struct invoice_document *invoice = NULL;

        assert_int_equal(order_document_read(body, &order, NULL), RESULT_REJECTED);
        assert_int_equal(shipment_document_read(body, &shipment, NULL), RESULT_REJECTED);
        assert_int_equal(invoice_document_read(body, &invoice, NULL), RESULT_REJECTED);
        assert_null(order);
        assert_null(shipment);
        assert_null(invoice);
    }
}

static void
a_shipment_has_a_line_for_its_rows_together(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *body = json_of(
        "{\"header\":{\"ts\":5,\"f\":{\"Status\":\"completed\"}},\"rows\":{"
        "\"2|1Z2\":{\"ts\":5,\"f\":{\"OrderLineNbr\":\"4\",\"ShippedQty\":\"1\"}},"
        "\"1|1Z9\":{\"ts\":5,\"f\":{\"OrderLineNbr\":\"3\",\"ShippedQty\":\"2\",\"UOM\":\"EA\"}},"
        "\"1|1Z2\":{\"ts\":7,\"f\":{\"ShippedQty\":\"5\",\"UOM\":\"BOX\"},\"older\":{\"UOM\":4}},"
        "\"1|1Z0\":{\"ts\":8,\"f\":{\"ShippedQty\":\"9\"},\"removed\":9},"
        "\"3|\":{\"ts\":5,\"f\":{\"ShippedQty\":\"1\",\"OrderLineNbr\":\"-1\"}}}}");
    AMSYNC_CLEANUP(shipment_document_free) struct shipment_document *shipment = NULL;

    assert_int_equal(shipment_document_read(body, &shipment, NULL), RESULT_OK);
    assert_true(shipment->confirmed);
    assert_int_equal(shipment->line_count, 3);
    assert_int_equal(shipment->lines[0].order_line_nbr, 3);
    assert_true(shipment->lines[0].shipped_qty.value.millionths == 5000000);
    assert_string_equal(shipment->lines[0].uom, "EA");
    assert_int_equal(shipment->lines[1].order_line_nbr, 4);
    assert_int_equal(shipment->lines[2].order_line_nbr, 0);
    assert_string_equal(shipment->tracking_nbrs[0], "1Z2");
    assert_string_equal(shipment->tracking_nbrs[1], "1Z9");
    assert_null(shipment->tracking_nbrs[2]);
    assert_string_equal(shipment->unusable[0], "OrderLineNbr of line 3: -1 is not a line number");
}

static void
confirmed_is_told_by_the_flag_or_the_status(void **state)
{
    (void)state;
    const struct {
        const char *fields;
        bool confirmed;
    } cases[] = {
        {"\"Confirmed\":true,\"Status\":\"Open\"", true},
        {"\"Status\":\"Confirmed\"", true},
        {"\"Status\":\"Partially Invoiced\"", true},
        {"\"Status\":\"INVOICED\"", true},
        {"\"Status\":\"Completed\"", true},
        {"\"Confirmed\":false,\"Status\":\"Open\"", false},
        {"\"Status\":\"Receipted\"", false},
        {"\"Confirmed\":null", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        (void)snprintf(text, sizeof(text), "{\"header\":{\"ts\":1,\"f\":{%s}},\"rows\":{}}",
                       cases[i].fields);

        AMSYNC_CLEANUP(cleanup_json) json_t *body = json_of(text);
        AMSYNC_CLEANUP(shipment_document_free) struct shipment_document *shipment = NULL;

        assert_int_equal(shipment_document_read(body, &shipment, NULL), RESULT_OK);
        assert_int_equal(shipment->confirmed, cases[i].confirmed);
    }
}

static void
an_invoice_is_read(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *body =
        json_of("{\"header\":{\"ts\":5,\"f\":{\"Type\":\"Invoice\",\"Status\":\"closed\","
                "\"Amount\":\"127.5\",\"Date\":\"2025-03-21\"}},\"rows\":{"
                "\"1\":{\"ts\":5,\"f\":{\"OrderLineNbr\":\"2\",\"ShipmentNbr\":\"000068\","
                "\"Qty\":\"3\",\"LineAmount\":\"30\"}}}}");
    AMSYNC_CLEANUP(invoice_document_free) struct invoice_document *invoice = NULL;

    assert_int_equal(invoice_document_read(body, &invoice, NULL), RESULT_OK);
    assert_true(invoice->released);
    assert_string_equal(invoice->date, "2025-03-21");
    assert_true(invoice->amount.value.millionths == 127500000);
    assert_int_equal(invoice->line_count, 1);
    assert_int_equal(invoice->lines[0].order_line_nbr, 2);
    assert_string_equal(invoice->lines[0].shipment_nbr, "000068");
    assert_true(invoice->lines[0].qty.value.millionths == 3000000);
}

static void
an_unreleased_invoice_is_not_released(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *body = json_of("{\"header\":{\"ts\":5,\"f\":{\"Released\":false,"
                           "\"Status\":\"Balanced\"}},\"rows\":{}}");
    AMSYNC_CLEANUP(invoice_document_free) struct invoice_document *invoice = NULL;

    assert_int_equal(invoice_document_read(body, &invoice, NULL), RESULT_OK);
    assert_false(invoice->released);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_read_by_its_fields),
        cmocka_unit_test(removed_lines_are_left_out),
        cmocka_unit_test(unusable_values_are_named),
        cmocka_unit_test(what_is_no_body_is_rejected),
        cmocka_unit_test(a_shipment_has_a_line_for_its_rows_together),
        cmocka_unit_test(confirmed_is_told_by_the_flag_or_the_status),
        cmocka_unit_test(an_invoice_is_read),
        cmocka_unit_test(an_unreleased_invoice_is_not_released),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
