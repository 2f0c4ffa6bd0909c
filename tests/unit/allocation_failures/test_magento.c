/* Memory runs out anywhere while an answer of Magento is judged and read. */
#include "failing.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "magento/answer.h"
#include "magento/entities.h"

static const char order_json[] =
    "{\"entity_id\":104,\"increment_id\":\"ACU-SO-SO005555\",\"ext_order_id\":\"MyStore/SO/"
    "SO005555\","
    "\"state\":\"new\",\"status\":\"pending\",\"order_currency_code\":\"USD\",\"grand_total\":127."
    "5,"
    "\"items\":[{\"item_id\":7,\"sku\":\"WIDGET1\",\"ext_order_item_id\":\"1\",\"qty_ordered\":2,"
    "\"qty_shipped\":0,\"qty_invoiced\":0,\"qty_canceled\":0,\"qty_refunded\":0},"
    "{\"item_id\":8,\"parent_item_id\":7,\"sku\":\"WIDGET1-S\",\"qty_ordered\":2}],"
    "\"status_histories\":[{\"comment\":\"Acumatica order SO SO005555\"},{\"comment\":null}]}";
static const char documents_json[] =
    "[{\"entity_id\":5,\"increment_id\":\"000000005\",\"grand_total\":127.5,"
    "\"items\":[{\"order_item_id\":7,\"qty\":2}],\"comments\":[{\"comment\":\"Acumatica shipment "
    "000068\"}],\"tracks\":[{\"track_number\":\"1Z999AA10123456784\"},{\"track_number\":\"2\"}]},"
    "{\"entity_id\":6,\"increment_id\":\"000000006\",\"items\":[]}]";
static const char products_json[] = "[{\"id\":1,\"sku\":\"WIDGET1\",\"type_id\":\"simple\"},"
                                    "{\"id\":2,\"sku\":\"WIDGET2\",\"type_id\":\"virtual\"}]";

struct judged {
    struct magento_exchange exchange;
    enum magento_outcome outcome; /* with enough memory */
};

static enum result
judge(void *context, struct error *err)
{
    const struct judged *judged = context;
    const struct magento_exchange *exchange = &judged->exchange;
    AMSYNC_CLEANUP(magento_answer_finish) struct magento_answer answer = {0};

    magento_answer_judge(exchange, &answer);
    /* What the log keeps of the answer may be missing. Else it is as if none had come: a write of
     * which nothing is known is not sent again at once, and a read is repeated. */
    if (strstr(answer.message, "out of memory") == NULL) {
        assert_int_equal(answer.outcome, judged->outcome);
        return RESULT_OK;
    }
    assert_int_equal(answer.outcome, exchange->is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN);
    assert_null(answer.json);
    return error_result(err, RESULT_FAILED, "out of memory");
}

static void
answers_are_judged(void **state)
{
    static const char could_not_save[] = "{\"message\":\"Could not save %1\",\"parameters\":[17],"
                                         "\"errors\":[{\"message\":\"because of %field\","
                                         "\"parameters\":{\"field\":\"sku\"}}]}";
    const struct {
        long status;
        const char *body;
        enum magento_outcome of_write;
        enum magento_outcome of_read;
    } answers[] = {
        {200, order_json, MAGENTO_DONE, MAGENTO_DONE},
        {400, could_not_save, MAGENTO_UNKNOWN, MAGENTO_AGAIN},
        {400, "{\"message\":\"Unique constraint violation found\"}", MAGENTO_REFUSED,
         MAGENTO_REFUSED},
        {400, order_json, MAGENTO_UNKNOWN, MAGENTO_AGAIN},
        {401, could_not_save, MAGENTO_UNAUTHORIZED, MAGENTO_UNAUTHORIZED},
        {502, "<html>", MAGENTO_UNKNOWN, MAGENTO_AGAIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        for (int is_write = 0; is_write < 2; is_write++) {
            struct judged judged = {
                .exchange = {.sent = true,
                             .is_write = is_write != 0,
                             .status = answers[i].status,
                             .body = answers[i].body,
                             .body_bytes = strlen(answers[i].body)},
                .outcome = is_write != 0 ? answers[i].of_write : answers[i].of_read,
            };

            assert_true(fail_each_allocation(judge, &judged, RESULT_OK, true, answers[i].body) > 1);
        }
    }
}

static enum result
read_order(void *context, struct error *err)
{
    struct magento_order *order = NULL;
    enum result result = magento_order_from_json(context, &order, err);

    assert_true((result == RESULT_OK) == (order != NULL));
    magento_order_free(&order);
    return result;
}

static enum result
read_documents(void *context, struct error *err)
{
    struct magento_document *documents = NULL;
    size_t count = 77;
    enum result result = magento_documents_from_json(context, &documents, &count, err);

    assert_true(result == RESULT_OK || (documents == NULL && count == 77));
    if (result == RESULT_OK)
        magento_documents_free(&documents, count);
    return result;
}

static enum result
read_products(void *context, struct error *err)
{
    struct magento_product *products = NULL;
    size_t count = 77;
    enum result result = magento_products_from_json(context, &products, &count, err);

    assert_true(result == RESULT_OK || (products == NULL && count == 77));
    if (result == RESULT_OK)
        magento_products_free(&products, count);
    return result;
}

static void
check_reader(operation_fn *reader, const char *text)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    assert_true(fail_each_allocation(reader, json, RESULT_OK, false, text) > 3);
}

static void
entities_are_read(void **state)
{
    (void)state;
    check_reader(read_order, order_json);
    check_reader(read_documents, documents_json);
    check_reader(read_products, products_json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_judged),
        cmocka_unit_test(entities_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
