/*
 * The service that the tests of the listeners talk to: ingest, in this process, on a PostgreSQL of
 * its own with amsync's schema.
 */
#ifndef AMSYNC_TESTS_HTTP_SUPPORT_H
#define AMSYNC_TESTS_HTTP_SUPPORT_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "http/ingest.h"

#define SECRET "correct horse"
#define PREVIOUS_SECRET "battery staple"
#define COMPANY "Acme"

#define ORDERS "/webhooks/acumatica/orders"
#define SHIPMENTS "/webhooks/acumatica/shipments"
#define INVOICES "/webhooks/acumatica/invoices"
#define BY_QUERY "/webhooks/acumatica"

struct service {
    struct settings settings;
    struct readiness readiness;
    struct ingest_metrics metrics;
    struct ingest *ingest;
    const char *address;
    atomic_size_t kept;
    pthread_mutex_t lock; /* for the refusals */
    size_t refusal_count;
    char last_refusal[ERROR_TEXT_BYTES];
};

/* What a test wants other than usual; all zero: nothing. */
struct service_wishes {
    struct listener_deadlines deadlines; /* each 0: the default */
    unsigned commit_deadline_ms;         /* 0: the default */
    const char *settings[8];             /* "NAME=value", ended by NULL */
};

/* The test's own connection, with the schema in place, made once; ended at exit. */
PGconn *test_database(void);

/* Runs a statement; the first value of its answer, "" without one, valid until the next call. */
const char *test_query(const char *sql);

/* Empties the tables that ingest writes. */
void test_clear(void);

/* Starts ingest and waits until it is ready. */
void service_start(struct service *service, const struct service_wishes *wishes);
void service_stop(struct service *service);

/* Waits until `condition` holds, for as long as nothing in a test should take. */
void wait_until(bool (*condition)(void *context), void *context, const char *what);

size_t service_refusals(struct service *service);

/* A notification, different for each number; the caller frees it. */
char *order_notification(unsigned number);

#endif
