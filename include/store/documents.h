/*
 * Documents as intake sees them. A merge runs in one transaction: take notifications, open the
 * orders they belong to, merge, save, log, commit. All functions: the thread that owns `database`.
 */
#ifndef AMSYNC_STORE_DOCUMENTS_H
#define AMSYNC_STORE_DOCUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/document_kind.h"

struct database;

/* A stored notification. Texts are owned by the batch. */
struct notification {
    int64_t id;
    enum document_kind kind;
    const char *company;
    const char *body;
    size_t body_bytes;
};

struct notification_batch;

/* Removes up to `max` notifications (and about `max_bytes` of bodies, but at least one) from the
 * queue, passing by those that another program is taking and those that are taken in alone
 * (store/suspects.h), and reads them. RESULT_NONE if there are none. Needs an open transaction: if
 * it is rolled back they are queued again. */
enum result notifications_take(struct database *database, size_t max, size_t max_bytes,
                               struct notification_batch **ret_batch,
                               struct error *err) AMSYNC_MUST_USE;
/* The same of one notification, whatever stands against it. RESULT_NONE: it is not queued. */
enum result notifications_take_one(struct database *database, int64_t id,
                                   struct notification_batch **ret_batch,
                                   struct error *err) AMSYNC_MUST_USE;
size_t notification_batch_count(const struct notification_batch *batch);
const struct notification *notification_batch_at(const struct notification_batch *batch,
                                                 size_t index);
void notification_batch_free(struct notification_batch **batch);

/* Which document: texts borrowed. For an order document, type and number are the order's own. */
struct document_key {
    const char *company;
    const char *order_type;
    const char *order_nbr;
    enum document_kind kind;
    const char *type; /* invoices: Type; orders: OrderType; shipments: "" */
    const char *number;
};

/* A document within a merge. */
struct open_document {
    struct document_key key;
    int64_t sales_order_id;
    int64_t document_id;
    bool in_magento; /* its order has a Magento entity id */
    json_t *body;    /* owned; document_body_new() for a new one; to be changed in place */
    bool changed;    /* set by the caller: save it and raise its version */
    bool restamped;  /* set by the caller: only TimeStamps changed, save the body, not a version */
    /* From the merged order document, for sales_order's columns; NULL leaves them. Borrowed. */
    const char *customer_id;
    const char *ship_via;
    const char *payment_method;
    json_t *warehouses; /* array of strings, owned, may be NULL */
};

struct open_documents;

/* Creates the missing orders and documents, locks the orders in id order, and then reads the bodies.
 * Duplicate keys are given once. */
enum result documents_open(struct database *database, const struct document_key *keys, size_t count,
                           struct open_documents **ret_documents,
                           struct error *err) AMSYNC_MUST_USE;
size_t open_documents_count(const struct open_documents *documents);
struct open_document *open_documents_at(struct open_documents *documents, size_t index);
/* NULL if it was not among the keys. */
struct open_document *open_documents_find(struct open_documents *documents,
                                          const struct document_key *key);
void open_documents_free(struct open_documents **documents);

/* Writes the changed ones: body, version + 1, attempts 0, state pending, and the order's columns.
 * Of those that are restamped and not changed it writes the body alone. */
enum result documents_save(struct database *database, struct open_documents *documents,
                           struct error *err) AMSYNC_MUST_USE;

/* When an order is to be looked at. */
struct make_due {
    int64_t sales_order_id;
    /* An order not in Magento: this long after the first unseen notification; 0: at once. */
    unsigned settle_ms;
    /* After a removed row whose other half may come apart: no sooner than this; 0: no such row. */
    unsigned not_before_ms;
    /* amsync retry or sync asks for it: what Magento asked for with Retry-After is over. */
    bool by_hand;
};

/* Locks orders, in id order, which whoever makes them due has done before: how their work stands is not to
 * change between being read and being written. Within a transaction. */
enum result orders_lock(struct database *database, const struct make_due *orders, size_t count,
                        struct error *err) AMSYNC_MUST_USE;

/* Makes orders due, which are locked, and raises their revision; no sooner than quiet_until and, unless
 * asked for by hand, retry_after. */
enum result work_make_due(struct database *database, const struct make_due *orders, size_t count,
                          struct error *err) AMSYNC_MUST_USE;

/* Enables customers for sync, or disables them: by hand, or where the webhook's CustomerEnabled says
 * so. Of those whose setting changes by it the orders will be looked at again (rules_change). */
enum result customers_set_enabled(struct database *database, const char *company,
                                  const char *const *customer_ids, size_t count, bool enabled,
                                  struct error *err) AMSYNC_MUST_USE;

/* A merchant's own captions: {"order": {"CAPTION": "FIELD"}, "shipment": {}, "invoice": {}}, and the
 * version they were read at. The caller owns the JSON. */
enum result field_mappings_load(struct database *database, json_t **ret_mappings,
                                int64_t *ret_version, struct error *err) AMSYNC_MUST_USE;

#endif
