/*
 * Finding orders by any of their numbers, for commands that explain. All functions: the thread that
 * owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_LOOKUP_H
#define AMSYNC_STORE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/document_kind.h"

struct database;

#define FOUND_ORDERS_MAX 20

/* Which order a number belongs to. */
struct found_order {
    int64_t sales_order_id;
    char *company;
    char *order_type;
    char *order_nbr;
};

/* Orders whose own number, Magento number, or shipment's or invoice's number is `number`; if there is
 * none, those with a shipment or an invoice of which Magento's number, as far as it was read, is.
 * Oldest first, at most FOUND_ORDERS_MAX. `company` and `order_type` narrow it; NULL: any.
 * RESULT_NONE: there is none. */
enum result orders_find(struct database *database, const char *company, const char *order_type,
                        const char *number, struct found_order **ret_orders, size_t *ret_count,
                        struct error *err) AMSYNC_MUST_USE;
void found_orders_free(struct found_order **orders, size_t count);

/* When an order is looked at next. */
struct next_look {
    int64_t in_ms; /* 0: it is due */
    bool working;  /* it is being worked on right now */
};

/* RESULT_NONE: there is nothing to do for it. */
enum result next_look_read(struct database *database, int64_t sales_order_id,
                           struct next_look *ret_next, struct error *err) AMSYNC_MUST_USE;

/* When anything of the order last changed here: a notification, or what came of it. RESULT_NONE: the
 * order is gone. */
enum result order_updated_read(struct database *database, int64_t sales_order_id,
                               int64_t *ret_unix_ms, struct error *err) AMSYNC_MUST_USE;

/* The last thing that the connector log says of an order itself, or of one of its shipments and
 * invoices, in that state. */
struct order_message_key {
    int64_t sales_order_id;
    const char *order_nbr; /* its own */
    enum document_kind kind;
    const char *document_nbr; /* of the shipment or the invoice; NULL: of the order */
    enum document_state state;
};

/* The caller frees the message. RESULT_NONE: there is none that is still kept. */
enum result order_message_read(struct database *database, const struct order_message_key *key,
                               char **ret_message, struct error *err) AMSYNC_MUST_USE;

#endif
