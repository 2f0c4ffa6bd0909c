/*
 * What the store's tests stand on: connections to the private server that tests/support/with-postgres
 * starts, and small questions to it.
 */
#ifndef AMSYNC_TESTS_STORE_SUPPORT_H
#define AMSYNC_TESTS_STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "store/database.h"

#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        enum result assert_ok_result = (call);                                                     \
        if (assert_ok_result != RESULT_OK)                                                         \
            fail_msg("%s: %s: %s", #call, result_name(assert_ok_result), (err).text);              \
    } while (0)

/* The database of AMSYNC_TEST_DATABASE_URL. */
const char *test_database_url(void);

/* A connection of its own. */
struct database *test_open(void);

/* Drops the schema and migrates, for a group's setup; then empty tables for each test's. */
int test_migrate(void **state);
int test_empty(void **state);

/* The first column of the first row; 0 or "" if there is none. Over a connection of its own.
 * Fails the test on an error. */
int64_t test_int64(const char *sql);
/* To be freed. */
char *test_text(const char *sql);

/* Merges a new version of an order's document, without contents, and makes the order due at once; its
 * sales_order_id. */
int64_t test_save_order(struct database *database, const char *order_nbr, const char *customer_id);
/* PREFIX0 ... of one customer, in one merge. */
void test_save_orders(struct database *database, const char *prefix, size_t count,
                      const char *customer_id);

/* Runs it, or fails the test. */
void test_execute(struct database *database, const char *sql);

/* Rows that `database` has read so far of tables whose names are LIKE `tables`, and scans of them that
 * it has begun: what lies between two of these numbers counts, within one open transaction. */
int64_t test_rows_read(struct database *database, const char *tables);
int64_t test_scans(struct database *database, const char *tables);

#endif
