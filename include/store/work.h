/*
 * Claiming due orders and reading all that a reconcile needs. The claimer's thread.
 */
#ifndef AMSYNC_STORE_WORK_H
#define AMSYNC_STORE_WORK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/document_kind.h"

struct database;

#define CLAIM_TEXT_BYTES 37

enum lane { LANE_NEW = 0, LANE_KNOWN = 1 };

/* A document of a claimed order. Owned by its order. */
struct claimed_document {
    int64_t id;
    enum document_kind kind;
    char *type;
    char *number;
    int64_t version;
    enum document_state state;
    char *reason;
    int attempts;
    int64_t magento_entity_id;  /* 0: none */
    char *magento_increment_id; /* NULL: none */
    char *settled;              /* NULL, "done" or "ignored" */
    char *settled_note;         /* NULL: not settled */
    bool reduced; /* its contents were deleted, the order having long been finished: what `body` has
                   * came since, and may be a part of it only */
    json_t *body;
};

struct claimed_line {
    int32_t line_nbr;
    int64_t magento_item_id;
};

/* An order with everything known of it. Everything is owned by it. */
struct claimed_order {
    int64_t sales_order_id;
    int64_t revision;
    char claim[CLAIM_TEXT_BYTES];
    int64_t deadline_boottime_ms; /* end of the lease, counted from before the claim was sent */
    int crashes;
    bool alone;
    enum lane lane;
    char *company;
    char *order_type;
    char *order_nbr;
    char *magento_increment_id; /* NULL: not fixed yet */
    int magento_store_id;       /* 0: not fixed yet */
    int64_t magento_entity_id;  /* 0: not in Magento */
    bool number_may_differ;
    char *
        link_holder; /* the order that has the Magento order which this one names, as "SO SO005554";
                        * NULL: none, or it names none */
    bool forced;
    bool held_by_amsync;
    bool customer_enabled;              /* by the customer table */
    json_t *sent;                       /* NULL: nothing sent */
    struct claimed_document *documents; /* the order's own first, then by id */
    size_t document_count;
    struct claimed_line *lines;
    size_t line_count;
};

void claimed_order_free(struct claimed_order **order);

/* How many to claim, and for how long. */
struct claim_request {
    size_t max_new;
    size_t max_known;
    unsigned lease_ms;  /* 2 x TIMEOUT + QUIET + 2 s */
    bool alone_allowed; /* nothing else is being worked on: an order that crashed may be claimed,
                         * then by itself */
    bool
        longest_due_first; /* whosever turn it is: asked for now and then, so that nothing waits for
                             * ever behind others' turns */
};

/* Claims due orders whose lease is free or over, in their turn, commits that (synchronously), and
 * reads them. An expired lease of before counts as a crash (counted on only while alone). After
 * three of those while alone the order is parked as failed, logged, and not returned.
 * An order with crashes is returned only alone: then ret_orders has just that one.
 * `ret_orders` (array and orders owned by the caller) has `ret_count` entries. RESULT_NONE: nothing
 * is due; then *ret_wait_ms is when something will be, at most 1,000. */
enum result work_claim(struct database *database, const struct claim_request *request,
                       struct claimed_order ***ret_orders, size_t *ret_count, unsigned *ret_wait_ms,
                       struct error *err) AMSYNC_MUST_USE;

/* Whether an order that crashed waits to be claimed alone. A claimer that is never idle asks this now
 * and then, and lets its work run dry for it. Fails as database_query. */
enum result work_alone_is_due(struct database *database, bool *ret_due,
                              struct error *err) AMSYNC_MUST_USE;

/* Reads one order as a claim would, without claiming; for commands that explain.
 * RESULT_NONE if there is no such order. */
enum result work_read(struct database *database, int64_t sales_order_id,
                      struct claimed_order **ret_order, struct error *err) AMSYNC_MUST_USE;

/* Takes the Magento order of that number, without regard to case, for a claimed order, or notes in
 * `link_holder` who has it: an order that is linked to it or, having taken it, is being worked on.
 * Committed before this returns. Fails as database_transaction. */
enum result work_take_link(struct database *database, struct claimed_order *order,
                           const char *number, struct error *err) AMSYNC_MUST_USE;

/* Fixes the Magento number and store of claimed orders that have none and are about to be created
 * (synchronously committed before this returns), and writes them into the orders. With
 * NUMBERING_SEQUENCE pass NULL as an order's entry in `increment_ids`: the number is drawn. An order
 * whose claim is over is left without a number. */
enum result work_fix_numbers(struct database *database, struct claimed_order *const *orders,
                             const char *const *increment_ids, size_t count, int store_id,
                             struct error *err) AMSYNC_MUST_USE;

#endif
