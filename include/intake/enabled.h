/*
 * Customers that notifications enabled or disabled for sync, by an order's CustomerEnabled. One
 * thread.
 */
#ifndef AMSYNC_INTAKE_ENABLED_H
#define AMSYNC_INTAKE_ENABLED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

struct enabled_customer {
    const char *company; /* borrowed */
    json_t *customer_id; /* a string, owned */
    bool enabled;
    int64_t timestamp;
};

/* `{0}` is empty. */
struct enabled_customers {
    struct enabled_customer *items;
    size_t count;
    size_t capacity;
};

void enabled_customers_clear(struct enabled_customers *customers);

/* Notes what an order's header says as of a TimeStamp, if it names a customer and CustomerEnabled is
 * true or false (or a text such as "True" or "No"). RESULT_FAILED: out of memory. */
enum result enabled_customers_note(struct enabled_customers *customers, const char *company,
                                   const json_t *header_fields, int64_t timestamp) AMSYNC_MUST_USE;

/* Saves the last that was said of each customer. Within a transaction; fails as
 * customers_set_enabled. Puts the customers into another order. */
enum result enabled_customers_save(struct enabled_customers *customers, struct database *database,
                                   struct error *err) AMSYNC_MUST_USE;

#endif
