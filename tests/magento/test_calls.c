#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "magento/fulfilment.h"
#include "magento/orders.h"
#include "magento/products.h"
#include "magento/shop.h"
#include "simulation.h"

struct fixture {
    struct simulation simulation;
    struct magento_endpoint endpoint;
    struct magento_client *client;
    struct magento_answer answer;
};

static int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->simulation = simulation_start();
    fixture->endpoint = (struct magento_endpoint){
        .base_url = fixture->simulation.url,
        .store = "default",
        .credentials = {.auth = MAGENTO_AUTH_BEARER, .token = "token"},
        .timeout_ms = 10000,
        .quiet_ms = 10000,
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
    simulation_stop(&fixture->simulation);
    free(fixture);
    return 0;
}

/* An order of two pieces of one SKU. */
static enum magento_outcome
create(struct fixture *fixture, const char *increment_id, const char *ext_order_id,
       struct magento_order **ret_order)
{
    json_t *body = json_pack(
        "{s:{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:[{s:s,s:s,s:i,s:i,s:s}],s:{s:s,s:s,s:[s],"
        "s:s,s:s,s:s,s:s,s:s},s:{s:s}}}",
        "entity", "store_id", 1, "increment_id", increment_id, "ext_order_id", ext_order_id,
        "state", "new", "status", "pending", "customer_email", "ada@example.com",
        "base_currency_code", "USD", "order_currency_code", "USD", "grand_total", 20,
        "base_grand_total", 20, "items", "sku", "WIDGET-1", "name", "Widget", "qty_ordered", 2,
        "price", 10, "ext_order_item_id", "1", "billing_address", "firstname", "Ada", "lastname",
        "Lovelace", "street", "Hauptstr. 1", "city", "Berlin", "postcode", "10115", "country_id",
        "DE", "telephone", "-", "address_type", "billing", "payment", "method", "checkmo");
    enum magento_outcome outcome;

    assert_non_null(body);
    outcome = magento_order_create(fixture->client, body, ret_order, &fixture->answer);
    json_decref(body);
    return outcome;
}

static struct magento_order *
created(struct fixture *fixture, const char *increment_id, const char *ext_order_id)
{
    struct magento_order *order = NULL;

    if (create(fixture, increment_id, ext_order_id, &order) != MAGENTO_DONE)
        fail_msg("%s", fixture->answer.message);
    return order;
}

static void
an_order_is_found_again(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");
    struct magento_order *found = NULL;
    bool several = true;

    assert_int_equal(magento_order_read(fixture->client, made->entity_id, &found, &fixture->answer),
                     MAGENTO_DONE);
    assert_string_equal(found->increment_id, "ACU-1");
    assert_string_equal(found->items[0].ext_order_item_id, "1");
    magento_order_free(&found);

    assert_int_equal(
        magento_order_find_by_number(fixture->client, "acu-1", 1, &found, &fixture->answer),
        MAGENTO_DONE);
    assert_int_equal(found->entity_id, made->entity_id);
    magento_order_free(&found);

    assert_int_equal(magento_order_find_by_ext_order_id(fixture->client, "Company/SO/1", &found,
                                                        &several, &fixture->answer),
                     MAGENTO_DONE);
    assert_int_equal(found->entity_id, made->entity_id);
    assert_false(several);
    magento_order_free(&found);
    magento_order_free(&made);
}

static void
of_a_created_order_only_what_is_read_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");

    assert_true(made->entity_id > 0);
    assert_string_equal(made->increment_id, "ACU-1");
    assert_int_equal(made->item_count, 1);
    assert_string_equal(made->items[0].ext_order_item_id, "1");
    assert_null(json_object_get(fixture->answer.json, "billing_address"));
    assert_null(json_object_get(json_array_get(json_object_get(fixture->answer.json, "items"), 0),
                                "row_total"));
    magento_order_free(&made);
}

static void
an_answer_that_was_not_filtered_is_read_all_the_same(void **state)
{
    struct fixture *fixture = *state;

    json_decref(simulation_control(&fixture->simulation, "settings", "{\"ignores_fields\":true}"));

    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");

    assert_non_null(json_object_get(fixture->answer.json, "billing_address"));
    assert_true(made->entity_id > 0);
    assert_string_equal(made->increment_id, "ACU-1");
    assert_int_equal(made->item_count, 1);
    magento_order_free(&made);
}

static void
what_magento_does_not_have_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");
    struct magento_order *found = made;
    bool several = true;

    assert_int_equal(magento_order_read(fixture->client, 999999, &found, &fixture->answer),
                     MAGENTO_DONE);
    assert_null(found);
    found = made;
    assert_int_equal(
        magento_order_find_by_number(fixture->client, "ACU-2", 1, &found, &fixture->answer),
        MAGENTO_DONE);
    assert_null(found);
    found = made;
    /* Magento's search ignores case; an order is ours only to the letter. */
    assert_int_equal(magento_order_find_by_ext_order_id(fixture->client, "company/so/1", &found,
                                                        &several, &fixture->answer),
                     MAGENTO_DONE);
    assert_null(found);
    assert_false(several);
    magento_order_free(&made);
}

static void
several_orders_with_our_id_are_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *first = created(fixture, "ACU-1", "Company/SO/1");
    struct magento_order *second = created(fixture, "ACU-2", "Company/SO/1");
    struct magento_order *found = NULL;
    bool several = false;

    assert_int_equal(magento_order_find_by_ext_order_id(fixture->client, "Company/SO/1", &found,
                                                        &several, &fixture->answer),
                     MAGENTO_DONE);
    assert_true(several);
    magento_order_free(&found);
    magento_order_free(&first);
    magento_order_free(&second);
}

static void
a_number_is_given_once(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");
    struct magento_order *other = NULL;

    assert_int_equal(create(fixture, "ACU-1", "Company/SO/2", &other), MAGENTO_REFUSED);
    assert_int_equal(fixture->answer.http_status, 400);
    assert_string_equal(fixture->answer.message, "Unique constraint violation found");
    assert_null(other);
    magento_order_free(&made);
}

static void
orders_are_held_and_cancelled(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");
    int64_t id = made->entity_id;
    json_t *comment = json_pack("{s:{s:s,s:i,s:i}}", "statusHistory", "comment", "a word",
                                "is_customer_notified", 0, "is_visible_on_front", 0);

    magento_order_free(&made);
    assert_int_equal(magento_order_hold(fixture->client, id, &fixture->answer), MAGENTO_DONE);
    assert_int_equal(magento_order_hold(fixture->client, id, &fixture->answer), MAGENTO_REFUSED);
    assert_string_equal(fixture->answer.message, "A hold action is not available.");
    assert_int_equal(magento_order_cancel(fixture->client, id, &fixture->answer), MAGENTO_REFUSED);
    assert_string_equal(
        fixture->answer.message,
        "Magento answered that the order cannot take it as it stands (cancel: false)");
    assert_int_equal(magento_order_unhold(fixture->client, id, &fixture->answer), MAGENTO_DONE);
    assert_int_equal(magento_order_comment(fixture->client, id, comment, &fixture->answer),
                     MAGENTO_DONE);
    assert_int_equal(magento_order_cancel(fixture->client, id, &fixture->answer), MAGENTO_DONE);
    json_decref(comment);
}

static void
comment_on(struct fixture *fixture, int64_t entity_id, const char *text)
{
    json_t *body = json_pack("{s:{s:s,s:i,s:i}}", "statusHistory", "comment", text,
                             "is_customer_notified", 0, "is_visible_on_front", 0);

    assert_int_equal(magento_order_comment(fixture->client, entity_id, body, &fixture->answer),
                     MAGENTO_DONE);
    json_decref(body);
}

static void
comments_are_read_oldest_first(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");
    struct magento_order *found = NULL;

    comment_on(fixture, made->entity_id, "first");
    comment_on(fixture, made->entity_id, "second");
    comment_on(fixture, made->entity_id, "third");
    assert_int_equal(magento_order_read(fixture->client, made->entity_id, &found, &fixture->answer),
                     MAGENTO_DONE);
    assert_string_equal(found->comments[0], "first");
    assert_string_equal(found->comments[1], "second");
    assert_string_equal(found->comments[2], "third");
    assert_null(found->comments[3]);
    magento_order_free(&found);
    magento_order_free(&made);
}

static void
shipments_and_invoices_are_made_and_found(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *made = created(fixture, "ACU-1", "Company/SO/1");
    json_t *body = json_pack("{s:[{s:I,s:i}],s:{s:s,s:i}}", "items", "order_item_id",
                             (json_int_t)made->items[0].item_id, "qty", 1, "comment", "comment",
                             "Acumatica shipment 000068", "is_visible_on_front", 0);
    struct magento_document *documents = NULL;
    size_t count = 0;
    int64_t id = 0;
    int64_t order_id = made->entity_id;

    magento_order_free(&made);
    assert_int_equal(
        magento_shipments_of(fixture->client, order_id, &documents, &count, &fixture->answer),
        MAGENTO_DONE);
    assert_int_equal(count, 0);
    magento_documents_free(&documents, count);

    assert_int_equal(magento_ship(fixture->client, order_id, body, &id, &fixture->answer),
                     MAGENTO_DONE);
    assert_int_equal(
        magento_shipments_of(fixture->client, order_id, &documents, &count, &fixture->answer),
        MAGENTO_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(documents[0].entity_id, id);
    assert_string_equal(documents[0].comments[0], "Acumatica shipment 000068");
    magento_documents_free(&documents, count);

    assert_int_equal(magento_invoice(fixture->client, order_id, body, &id, &fixture->answer),
                     MAGENTO_DONE);
    assert_int_equal(
        magento_invoices_of(fixture->client, order_id, &documents, &count, &fixture->answer),
        MAGENTO_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(documents[0].entity_id, id);
    magento_documents_free(&documents, count);
    json_decref(body);
}

/* An answer to another question, as a cache in between or a module of the shop may give it. */
static void
an_answer_about_another_order_is_none(void **state)
{
    struct fixture *fixture = *state;
    struct magento_order *order = NULL;
    struct magento_document *documents = NULL;
    size_t count = 0;

    simulation_fault(&fixture->simulation,
                     "{\"method\":\"GET\",\"action\":\"status\",\"status\":200,\"body\":"
                     "{\"items\":[{\"entity_id\":8,\"order_id\":18,\"increment_id\":\"1\"}],"
                     "\"total_count\":1}}");
    assert_int_equal(magento_order_read(fixture->client, 7, &order, &fixture->answer),
                     MAGENTO_AGAIN);
    assert_string_equal(fixture->answer.message,
                        "Magento answered 200 without the order that was asked for");
    assert_null(order);
    assert_int_equal(
        magento_shipments_of(fixture->client, 17, &documents, &count, &fixture->answer),
        MAGENTO_AGAIN);
    assert_string_equal(fixture->answer.message,
                        "Magento answered 200 without the order that was asked for");
    assert_int_equal(magento_invoices_of(fixture->client, 17, &documents, &count, &fixture->answer),
                     MAGENTO_AGAIN);
    assert_null(documents);
    assert_int_equal(
        magento_shipments_of(fixture->client, 18, &documents, &count, &fixture->answer),
        MAGENTO_DONE);
    assert_int_equal(count, 1);
    magento_documents_free(&documents, count);
}

static void
assert_known(struct fixture *fixture, struct product_cache *cache, const char *const *skus,
             size_t sku_count, int64_t now_ms, size_t expected)
{
    struct magento_product *products = NULL;
    size_t count = 0;

    if (product_cache_look_up(cache, fixture->client, skus, sku_count, now_ms, &products, &count,
                              &fixture->answer) != MAGENTO_DONE)
        fail_msg("%s", fixture->answer.message);
    assert_int_equal(count, expected);
    magento_products_free(&products, count);
}

static void
products_are_asked_for_once(void **state)
{
    struct fixture *fixture = *state;
    static const char *const skus[] = {"A", "b", "a", "UNKNOWN-1", "with, comma"};
    struct product_cache *cache = NULL;

    assert_int_equal(product_cache_new(&cache), RESULT_OK);
    assert_known(fixture, cache, skus, 5, 0, 3);
    assert_int_equal(simulation_requests(&fixture->simulation, "GET /V1/products"), 2);
    assert_known(fixture, cache, skus, 5, PRODUCT_UNKNOWN_MS - 1, 3);
    assert_int_equal(simulation_requests(&fixture->simulation, "GET /V1/products"), 2);
    /* Somebody may have added it. */
    json_decref(simulation_control(&fixture->simulation, "settings",
                                   "{\"known_products\":[\"UNKNOWN-1\"]}"));
    assert_known(fixture, cache, skus, 5, PRODUCT_UNKNOWN_MS, 4);
    assert_int_equal(simulation_requests(&fixture->simulation, "GET /V1/products"), 3);
    assert_known(fixture, cache, skus, 5, PRODUCT_KNOWN_MS - 1, 4);
    assert_int_equal(simulation_requests(&fixture->simulation, "GET /V1/products"), 3);
    product_cache_free(&cache);
}

static void
many_products_are_asked_for_in_parts(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 333 };
    char texts[COUNT][64];
    const char *skus[COUNT];
    struct product_cache *cache = NULL;

    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "SKU with 100%% \xC3\xA4 & more/%d", i);
        skus[i] = texts[i];
    }
    assert_int_equal(product_cache_new(&cache), RESULT_OK);
    assert_known(fixture, cache, skus, COUNT, 0, COUNT);
    assert_in_range(simulation_requests(&fixture->simulation, "GET /V1/products"), 7, 20);
    product_cache_free(&cache);
}

static void
the_store_view_is_found_by_its_code(void **state)
{
    struct fixture *fixture = *state;
    struct magento_shop *shop = NULL;
    struct magento_store store = {0};

    assert_int_equal(magento_shop_new("default", &shop), RESULT_OK);
    assert_int_equal(magento_shop_store(shop, fixture->client, 0, &store, &fixture->answer),
                     MAGENTO_DONE);
    assert_int_equal(store.id, 1);
    assert_int_equal(strlen(store.base_currency_code), 3);
    assert_int_equal(
        magento_shop_store(shop, fixture->client, SHOP_KNOWN_MS - 1, &store, &fixture->answer),
        MAGENTO_DONE);
    assert_int_equal(simulation_requests(&fixture->simulation, "GET /V1/store/storeConfigs"), 1);
    magento_shop_free(&shop);

    assert_int_equal(magento_shop_new("nowhere", &shop), RESULT_OK);
    assert_int_equal(magento_shop_store(shop, fixture->client, 0, &store, &fixture->answer),
                     MAGENTO_REFUSED);
    assert_non_null(strstr(fixture->answer.message,
                           "Magento has no store view nowhere; AMSYNC_MAGENTO_STORE can be: "
                           "default"));
    magento_shop_free(&shop);
}

static void
regions_are_found_by_country_and_code(void **state)
{
    struct fixture *fixture = *state;
    struct magento_shop *shop = NULL;
    struct magento_countries *countries = NULL;

    assert_int_equal(magento_shop_new("default", &shop), RESULT_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            magento_shop_countries(shop, fixture->client, i, &countries, &fixture->answer),
            MAGENTO_DONE);

        const json_t *texas = json_object_get(json_object_get(countries->json, "US"), "TX");

        assert_int_equal(json_integer_value(json_object_get(texas, "id")), 57);
        assert_string_equal(json_string_value(json_object_get(texas, "name")), "Texas");
        magento_countries_unref(&countries);
    }
    assert_int_equal(simulation_requests(&fixture->simulation, "GET /V1/directory/countries"), 1);
    magento_shop_free(&shop);
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(an_order_is_found_again),
        IN_FIXTURE(of_a_created_order_only_what_is_read_comes_back),
        IN_FIXTURE(an_answer_that_was_not_filtered_is_read_all_the_same),
        IN_FIXTURE(what_magento_does_not_have_is_not_found),
        IN_FIXTURE(several_orders_with_our_id_are_noticed),
        IN_FIXTURE(a_number_is_given_once),
        IN_FIXTURE(orders_are_held_and_cancelled),
        IN_FIXTURE(comments_are_read_oldest_first),
        IN_FIXTURE(shipments_and_invoices_are_made_and_found),
        IN_FIXTURE(an_answer_about_another_order_is_none),
        IN_FIXTURE(products_are_asked_for_once),
        IN_FIXTURE(many_products_are_asked_for_in_parts),
        IN_FIXTURE(the_store_view_is_found_by_its_code),
        IN_FIXTURE(regions_are_found_by_country_and_code),
    };
    struct error err;

    if (magento_global_init(&err) != RESULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
