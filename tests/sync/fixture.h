/*
 * A worker pool between the simulated Magento and the test's database, anew for each test.
 */
#ifndef AMSYNC_TESTS_SYNC_FIXTURE_H
#define AMSYNC_TESTS_SYNC_FIXTURE_H

#include "support.h"
#include "sync/metrics.h"

#define ORDER_STATE "SELECT state FROM amsync.document WHERE kind = 'order'"
#define SHIPMENT_STATE "SELECT state FROM amsync.document WHERE kind = 'shipment'"
#define INVOICE_STATE "SELECT state FROM amsync.document WHERE kind = 'invoice'"
#define IDLE "SELECT count(*) FROM amsync.work"

struct fixture {
    struct simulation simulation;
    struct settings settings;
    struct sync_metrics metrics;
    struct pool *pool;
};

/* cmocka's: an empty database with mappings, and a simulation; the pool is the test's to start. */
int pool_set_up(void **state);
int pool_tear_down(void **state);

void start_pool(struct fixture *fixture);
void stop_pool(struct fixture *fixture);

/* The only order in the ledger, which must be the only one; the ledger is the caller's. */
json_t *only_order(const struct fixture *fixture, json_t **ret_ledger);

/* That the only order has that many shipments and invoices in Magento. */
void assert_in_magento(const struct fixture *fixture, size_t shipments, size_t invoices);

/* Polls until the only order has that state in Magento; fails the test after 20 seconds. */
void await_state_in_magento(const struct fixture *fixture, const char *expected);

#endif
