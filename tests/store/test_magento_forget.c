#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "store/heartbeat.h"
#include "store/magento_forget.h"
#include "store/magento_identity.h"

#define OLD_URL "https://old.example"
#define NEW_URL "https://new.example"

static int
open_one(void **state)
{
    (void)test_empty(state);
    *state = test_open();
    test_execute(*state, "TRUNCATE amsync.magento, amsync.heartbeat");
    return 0;
}

static int
close_one(void **state)
{
    struct database *database = *state;

    database_close(&database);
    return 0;
}

static void
the_same_shop_may_move(void **state)
{
    struct error err;

    assert_int_equal(magento_identity_move(*state, NEW_URL, "default", &err), RESULT_NONE);
    assert_ok(magento_identity_remember(*state, OLD_URL, "default", 1, &err), err);
    assert_int_equal(magento_identity_check(*state, NEW_URL, "default", &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "amsync magento moved"));
    assert_int_equal(magento_identity_check(*state, OLD_URL, "other", &err), RESULT_REJECTED);
    assert_ok(magento_identity_move(*state, NEW_URL, "other", &err), err);
    assert_ok(magento_identity_check(*state, NEW_URL "/", "other", &err), err);
    assert_int_equal(magento_identity_check(*state, OLD_URL, "default", &err), RESULT_REJECTED);
    assert_int_equal(magento_identity_remember(*state, NEW_URL, "other", 2, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "amsync magento forget"));
}

static void
all_that_the_shop_has_given_is_forgotten_in_batches(void **state)
{
    struct forget_walk walk = {0};
    struct error err;
    enum result result;
    int64_t numbered = 0;
    size_t calls = 0;

    test_save_orders(*state, "SO", MAGENTO_FORGET_BATCH + 20, "C1");
    test_execute(
        *state, "UPDATE amsync.sales_order SET magento_increment_id = 'ACU-' || order_nbr,"
                " magento_store_id = 1, magento_entity_id = id, sent = '{}', held_by_amsync = true,"
                " state = 'published' WHERE order_nbr <> 'SO3';"
                "INSERT INTO amsync.order_line SELECT id, 1, 5 FROM amsync.sales_order;"
                "UPDATE amsync.document SET magento_entity_id = 9, magento_increment_id = '9',"
                " state = 'published', settled = 'done', settled_note = 'n';"
                "UPDATE amsync.document SET settled = 'ignored' WHERE number = 'SO4';"
                "TRUNCATE amsync.work");
    assert_ok(magento_identity_remember(*state, OLD_URL, "default", 1, &err), err);
    assert_ok(magento_forget_count(*state, &numbered, &err), err);
    assert_int_equal(numbered, MAGENTO_FORGET_BATCH + 19);
    while ((result = magento_forget_some(*state, &walk, &err)) == RESULT_OK)
        calls++;
    assert_int_equal(result, RESULT_NONE);
    assert_int_equal(calls, 2);
    assert_int_equal(walk.orders, MAGENTO_FORGET_BATCH + 19);
    assert_int_equal(magento_identity_check(*state, NEW_URL, "default", &err), RESULT_REJECTED);
    assert_ok(magento_forget_shop(*state, walk.orders, &err), err);
    assert_int_equal(magento_identity_check(*state, NEW_URL, "default", &err), RESULT_NONE);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order"
                                " WHERE num_nonnulls(magento_increment_id, magento_store_id,"
                                " magento_entity_id, sent) = 0 AND NOT held_by_amsync"
                                " AND number_may_differ AND state = 'pending'"),
                     MAGENTO_FORGET_BATCH + 19);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document"
                                " WHERE magento_entity_id IS NULL AND state = 'pending'"
                                " AND settled IS NULL AND settled_note IS NULL"),
                     MAGENTO_FORGET_BATCH + 18);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.document WHERE settled = 'ignored'"
                                " AND settled_note = 'n' AND number = 'SO4'"),
                     1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.order_line"), 1);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work"), MAGENTO_FORGET_BATCH + 19);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.connector_log"
                                " WHERE entity = 'service' AND message LIKE '%219 orders%'"),
                     1);
}

static void
a_running_service_is_seen(void **state)
{
    struct heartbeat program = {.host = "host", .program = "0.1.0"};
    struct error err;
    bool running = true;

    assert_ok(service_is_running(*state, &running, &err), err);
    assert_false(running);
    assert_int_equal(uuid_v4(&program.instance), RESULT_OK);
    /* Whether or not it accepts: it may write to Magento. */
    assert_ok(heartbeat_beat(*state, &program, false, &err), err);
    assert_ok(service_is_running(*state, &running, &err), err);
    assert_true(running);
    test_execute(*state, "UPDATE amsync.heartbeat SET alive_at = now() - interval '1 minute'");
    assert_ok(service_is_running(*state, &running, &err), err);
    assert_false(running);
    assert_ok(heartbeat_stop(*state, &program, &err), err);
    assert_ok(service_is_running(*state, &running, &err), err);
    assert_false(running);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_shop_may_move, open_one, close_one),
        cmocka_unit_test_setup_teardown(all_that_the_shop_has_given_is_forgotten_in_batches,
                                        open_one, close_one),
        cmocka_unit_test_setup_teardown(a_running_service_is_seen, open_one, close_one),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
