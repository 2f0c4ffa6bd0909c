#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/database_facts.h"
#include "store/housekeeping.h"

static int
open_one(void **state)
{
    *state = test_open();
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
the_server_says_how_it_is_set_up(void **state)
{
    struct database_facts facts;
    struct error err;

    assert_ok(database_facts_read(*state, &facts, &err), err);
    assert_in_range(facts.server_version, 130000, 990000);
    assert_false(facts.read_only);
    assert_int_equal(facts.fsync, test_int64("SELECT (current_setting('fsync') = 'on')::int"));
    assert_int_equal(facts.full_page_writes,
                     test_int64("SELECT (current_setting('full_page_writes') = 'on')::int"));
    test_execute(*state, "SET default_transaction_read_only = on");
    assert_ok(database_facts_read(*state, &facts, &err), err);
    assert_true(facts.read_only);
}

static void
partitions_are_counted_up_to_the_first_that_is_missing(void **state)
{
    struct error err;
    int days = 0;
    char sql[200];
    char *name;

    assert_ok(partitions_ensure(*state, &err), err);
    assert_ok(partitions_ahead(*state, &days, &err), err);
    assert_int_equal(days, 8);
    name = test_text("SELECT 'connector_log_p' || to_char((clock_timestamp() AT TIME ZONE 'UTC')"
                     "::date + 2, 'YYYYMMDD')");
    (void)snprintf(sql, sizeof(sql), "DROP TABLE amsync.%s", name);
    test_execute(*state, sql);
    assert_ok(partitions_ahead(*state, &days, &err), err);
    assert_int_equal(days, 2);
    free(name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_server_says_how_it_is_set_up, open_one, close_one),
        cmocka_unit_test_setup_teardown(partitions_are_counted_up_to_the_first_that_is_missing,
                                        open_one, close_one),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
