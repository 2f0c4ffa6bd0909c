#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "magento/entities.h"

static json_t *
json_of(const char *text)
{
    struct error err;
    json_t *value = NULL;

    assert_int_equal(json_decode(text, strlen(text), 16, JSON_FLAG_SCALAR, &value, &err),
                     RESULT_OK);
    return value;
}

static void
an_order_is_read(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *json = json_of(
        "{\"entity_id\":345,\"increment_id\":\"ACU-SO-SO005555\",\"ext_order_id\":\"MyStore/SO/1\","
        "\"state\":\"processing\",\"status\":\"pending\",\"order_currency_code\":\"USD\","
        "\"grand_total\":127.5,\"items\":[{\"item_id\":\"7\",\"sku\":\"A\",\"qty_ordered\":2.5,"
        "\"qty_shipped\":1,\"ext_order_item_id\":\"1\",\"is_qty_decimal\":1},"
        "{\"item_id\":8,\"parent_item_id\":7,\"sku\":\"B\",\"is_virtual\":\"1\"}],"
        "\"status_histories\":[{\"entity_id\":\"12\",\"comment\":\"newer\"},"
        "{\"entity_id\":11,\"comment\":null},{\"entity_id\":9,\"comment\":\"older\"}]}");
    AMSYNC_CLEANUP(magento_order_free) struct magento_order *order = NULL;

    assert_int_equal(magento_order_from_json(json, &order, NULL), RESULT_OK);
    assert_int_equal(order->entity_id, 345);
    assert_string_equal(order->increment_id, "ACU-SO-SO005555");
    assert_string_equal(order->ext_order_id, "MyStore/SO/1");
    assert_string_equal(order->state, "processing");
    assert_string_equal(order->status, "pending");
    assert_string_equal(order->order_currency_code, "USD");
    assert_true(order->grand_total.millionths == 127500000);
    assert_int_equal(order->item_count, 2);
    assert_int_equal(order->items[0].item_id, 7);
    assert_string_equal(order->items[0].ext_order_item_id, "1");
    assert_true(order->items[0].qty_ordered.millionths == 2500000);
    assert_true(order->items[0].qty_shipped.millionths == 1000000);
    assert_true(decimal_is_zero(order->items[0].qty_canceled));
    assert_true(order->items[0].is_qty_decimal);
    assert_false(order->items[0].is_virtual);
    assert_int_equal(order->items[1].parent_item_id, 7);
    assert_null(order->items[1].ext_order_item_id);
    assert_true(order->items[1].is_virtual);
    assert_string_equal(order->comments[0], "older");
    assert_string_equal(order->comments[1], "newer");
    assert_null(order->comments[2]);
}

static void
an_order_with_little_in_it_is_read(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *json = json_of("{\"entity_id\":\"2\",\"items\":null,\"state\":null}");
    AMSYNC_CLEANUP(magento_order_free) struct magento_order *order = NULL;

    assert_int_equal(magento_order_from_json(json, &order, NULL), RESULT_OK);
    assert_int_equal(order->entity_id, 2);
    assert_string_equal(order->state, "");
    assert_null(order->ext_order_id);
    assert_int_equal(order->item_count, 0);
    assert_null(order->comments[0]);
}

static void
what_is_no_order_is_rejected(void **state)
{
    (void)state;
    const char *const texts[] = {
        "[]",
        "\"104\"",
        "{}",
        "{\"entity_id\":0}",
        "{\"entity_id\":\"x\"}",
        "{\"entity_id\":1.5}",
        "{\"entity_id\":1,\"grand_total\":\"much\"}",
        "{\"entity_id\":1,\"items\":[{\"sku\":\"no id\"}]}",
        "{\"entity_id\":1,\"items\":[{\"item_id\":1},{\"item_id\":2,\"qty_shipped\":[]}]}",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *json = json_of(texts[i]);
        struct magento_order *order = NULL;
        struct error err = {.text = ""};

        assert_int_equal(magento_order_from_json(json, &order, &err), RESULT_REJECTED);
        assert_null(order);
        assert_string_not_equal(err.text, "");
    }
}

static void
shipments_and_invoices_are_read(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *json = json_of("[{\"entity_id\":201,\"increment_id\":\"000000197\","
                           "\"items\":[{\"order_item_id\":990,\"qty\":1}],"
                           "\"tracks\":[{\"track_number\":\"TN-42\"}],"
                           "\"comments\":[{\"comment\":\"Acumatica shipment 000068\"}]},"
                           "{\"entity_id\":172,\"grand_total\":45}]");
    struct magento_document *documents = NULL;
    size_t count = 0;

    assert_int_equal(magento_documents_from_json(json, &documents, &count, NULL), RESULT_OK);
    assert_int_equal(count, 2);
    assert_int_equal(documents[0].entity_id, 201);
    assert_string_equal(documents[0].increment_id, "000000197");
    assert_int_equal(documents[0].items[0].order_item_id, 990);
    assert_true(documents[0].items[0].qty.millionths == 1000000);
    assert_string_equal(documents[0].track_numbers[0], "TN-42");
    assert_string_equal(documents[0].comments[0], "Acumatica shipment 000068");
    assert_null(documents[0].comments[1]);
    assert_int_equal(documents[1].item_count, 0);
    assert_true(documents[1].grand_total.millionths == 45000000);
    magento_documents_free(&documents, count);
    assert_null(documents);
}

static void
no_shipments_are_none(void **state)
{
    (void)state;
    const char *const texts[] = {"null", "[]"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *json = json_of(texts[i]);
        struct magento_document *documents = NULL;
        size_t count = 9;

        assert_int_equal(magento_documents_from_json(json, &documents, &count, NULL), RESULT_OK);
        assert_int_equal(count, 0);
        magento_documents_free(&documents, count);
    }
}

static void
half_a_shipment_is_rejected(void **state)
{
    (void)state;
    const char *const texts[] = {
        "{}",
        "[{\"entity_id\":1},{\"increment_id\":\"1\"}]",
        "[{\"entity_id\":1,\"items\":[{\"order_item_id\":1,\"qty\":\"x\"}]}]",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AMSYNC_CLEANUP(cleanup_json) json_t *json = json_of(texts[i]);
        struct magento_document *documents = NULL;
        size_t count = 0;

        assert_int_equal(magento_documents_from_json(json, &documents, &count, NULL),
                         RESULT_REJECTED);
        assert_null(documents);
    }
}

static void
products_are_read(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json)
    json_t *json = json_of("[{\"id\":1,\"sku\":\"WIDGET-1\",\"type_id\":\"virtual\"},"
                           "{\"id\":2,\"sku\":\"WIDGET-2\"}]");
    struct magento_product *products = NULL;
    size_t count = 0;

    assert_int_equal(magento_products_from_json(json, &products, &count, NULL), RESULT_OK);
    assert_int_equal(count, 2);
    assert_string_equal(products[0].sku, "WIDGET-1");
    assert_string_equal(products[0].type_id, "virtual");
    assert_int_equal(products[1].id, 2);
    assert_string_equal(products[1].type_id, "simple");
    magento_products_free(&products, count);
}

static void
a_product_without_its_sku_is_rejected(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_json) json_t *json = json_of("[{\"id\":1}]");
    struct magento_product *products = NULL;
    size_t count = 0;

    assert_int_equal(magento_products_from_json(json, &products, &count, NULL), RESULT_REJECTED);
    assert_null(products);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_read),
        cmocka_unit_test(an_order_with_little_in_it_is_read),
        cmocka_unit_test(what_is_no_order_is_rejected),
        cmocka_unit_test(shipments_and_invoices_are_read),
        cmocka_unit_test(no_shipments_are_none),
        cmocka_unit_test(half_a_shipment_is_rejected),
        cmocka_unit_test(products_are_read),
        cmocka_unit_test(a_product_without_its_sku_is_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
