/*
 * Claims and their outcomes for the tests of work. Each function fails the test on an error.
 */
#ifndef AMSYNC_TESTS_STORE_WORK_SUPPORT_H
#define AMSYNC_TESTS_STORE_WORK_SUPPORT_H

#include "support.h"

#include "store/outcome.h"
#include "store/work.h"

#define LEASE_MS 60000

/* An empty schema and a connection, which is the test's state. */
int test_work_set_up(void **state);
int test_work_tear_down(void **state);

/* Orders of which each may be taken out; both owned. */
struct test_claimed {
    struct claimed_order **orders;
    size_t count;
};

/* None if there is nothing to claim. */
struct test_claimed test_claim_with(struct database *database, struct claim_request request);

/* Up to `max` of each lane; and what may be claimed only while nothing else is in hand. */
struct test_claimed test_claim(struct database *database, size_t max);
struct test_claimed test_claim_alone(struct database *database);
void test_claimed_free(struct test_claimed *claimed);

/* What passing time does to a lease. */
void test_end_leases(struct database *database);

/* An empty outcome of that order, which it takes out. The caller frees it, or test_record does. */
struct outcome *test_outcome_of(struct test_claimed *claimed, size_t index);

/* Records the outcome and frees it; how many were dropped. */
size_t test_record(struct database *database, struct outcome *outcome);

#endif
