/*
 * What the tests of the worker pool stand on: documents in PostgreSQL as intake would have merged
 * them, and waiting for what comes of them.
 */
#ifndef AMSYNC_TESTS_SYNC_SUPPORT_H
#define AMSYNC_TESTS_SYNC_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "../magento/simulation.h"
#include "base/settings.h"
#include "store/document_kind.h"
#include "sync/pool.h"

/* Settings for the simulation and the test's database; ended with settings_finish. */
struct settings settings_of(const struct simulation *simulation, enum magento_auth auth);

/* What intake would do with a notification: merges a document of order `order_nbr` (company
 * "Company", type "SO") with these contents and makes the order due at once. `number` is the
 * shipment's or the invoice's. Returns the order's id. */
int64_t deliver(enum document_kind kind, const char *order_nbr, const char *number,
                const char *header, const char *rows);

/* A paid order of two lines of 40.00 in all, one of its shipments, one of its invoices. */
int64_t deliver_paid_order(const char *order_nbr);
int64_t deliver_paid_order_with_freight(const char *order_nbr, const char *freight,
                                        const char *total);
int64_t deliver_shipment(const char *order_nbr, const char *shipment_nbr);
int64_t deliver_invoice(const char *order_nbr, const char *reference_nbr);

/* How long what is awaited may take: seconds in most cases, but more under a sanitizer, beside other tests. */
#define AWAIT_MAX_MS 60000

/* Between two looks at what is awaited. */
void await_pause(void);

/* Polls until the query's first value is `expected`; fails the test after AWAIT_MAX_MS, or `ms`,
 * showing it. */
void await_text(const char *sql, const char *expected);
void await_text_for(const char *sql, const char *expected, int64_t ms);

/* Polls until it has seen so many, as await_text. */
void await_requests(const struct simulation *simulation, const char *method_and_path,
                    int64_t count);

#endif
