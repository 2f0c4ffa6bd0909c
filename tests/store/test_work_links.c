#include "support.h"

#include <string.h>

#include "store/work.h"

static int
open_one(void **state)
{
    (void)test_empty(state);
    *state = test_open();
    test_execute(*state, "INSERT INTO amsync.sales_order (company, order_type, order_nbr)"
                         " VALUES ('A', 'SO', 'ONE'), ('A', 'SO', 'TWO')");
    return 0;
}

static int
close_one(void **state)
{
    struct database *database = *state;

    database_close(&database);
    return 0;
}

/* Who has the number once this order has asked for it; NULL: itself. */
static char *
holder_for(struct database *database, const char *order_nbr, const char *number)
{
    struct claimed_order order = {0};
    struct error err;

    order.sales_order_id = strcmp(order_nbr, "ONE") == 0
                               ? test_int64("SELECT min(id) FROM amsync.sales_order")
                               : test_int64("SELECT max(id) FROM amsync.sales_order");
    assert_ok(work_take_link(database, &order, number, &err), err);
    return order.link_holder;
}

static void
assert_taken_by(struct database *database, const char *order_nbr, const char *number,
                const char *expected)
{
    char *holder = holder_for(database, order_nbr, number);

    assert_non_null(holder);
    assert_string_equal(holder, expected);
    free(holder);
}

static void
a_number_is_taken_by_one_of_those_that_are_worked_on(void **state)
{
    test_execute(*state,
                 "INSERT INTO amsync.work (sales_order_id, due_at, turn_at, claim, lease_until)"
                 " SELECT id, now(), now(), gen_random_uuid(), now() + interval '1 hour'"
                 " FROM amsync.sales_order");
    assert_null(holder_for(*state, "ONE", "WEB-1"));
    assert_taken_by(*state, "TWO", "web-1", "SO ONE");
    assert_null(holder_for(*state, "ONE", "WEB-1"));
    assert_null(holder_for(*state, "TWO", "WEB-2"));
    /* It crashed: it may have been linked. */
    test_execute(*state, "UPDATE amsync.work SET claim = NULL, crashes = 1");
    assert_taken_by(*state, "TWO", "WEB-1", "SO ONE");
}

static void
a_number_that_came_to_nothing_is_free(void **state)
{
    assert_null(holder_for(*state, "ONE", "WEB-1"));
    assert_null(holder_for(*state, "TWO", "WEB-1"));
    /* ONE was linked, but to another. */
    assert_null(holder_for(*state, "ONE", "WEB-1"));
    test_execute(*state, "UPDATE amsync.sales_order SET magento_entity_id = 7,"
                         " magento_increment_id = 'WEB-2' WHERE order_nbr = 'ONE'");
    assert_null(holder_for(*state, "TWO", "WEB-1"));
}

static void
a_linked_number_is_taken(void **state)
{
    assert_null(holder_for(*state, "ONE", "WEB-1"));
    test_execute(*state, "UPDATE amsync.sales_order SET magento_entity_id = 7,"
                         " magento_increment_id = 'Web-1' WHERE order_nbr = 'ONE'");
    assert_taken_by(*state, "TWO", "WEB-1", "SO ONE");
}

static void
a_number_of_any_length_is_looked_at(void **state)
{
    char number[16384];

    memset(number, 'x', sizeof(number) - 1);
    number[sizeof(number) - 1] = '\0';
    assert_null(holder_for(*state, "ONE", number));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_number_is_taken_by_one_of_those_that_are_worked_on),
        TEST(a_number_that_came_to_nothing_is_free),
        TEST(a_linked_number_is_taken),
        TEST(a_number_of_any_length_is_looked_at),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
