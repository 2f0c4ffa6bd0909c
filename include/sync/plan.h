/*
 * What is to be done for one order: (documents, preferences and mappings, what Magento holds) to
 * actions, or why not. Pure: no I/O, no clock, no globals; any thread. Its cases are data, in
 * tests/cases/plan.
 *
 * The plan looks only at what it needs: where it must know more of Magento first, it says so in
 * `needs` and has no actions; the worker looks and plans again.
 */
#ifndef AMSYNC_SYNC_PLAN_H
#define AMSYNC_SYNC_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "magento/entities.h"
#include "store/connector_log.h"
#include "store/document_kind.h"
#include "store/rules.h"
#include "store/work.h"

/* What must be known of Magento before the plan can be made; bits. */
enum plan_need {
    NEED_NUMBER = 1 << 0, /* the Magento number is to be fixed: the order will be created */
    NEED_ORDER = 1 << 1,  /* the order by its entity id */
    NEED_ORDER_BY_NUMBER = 1 << 2, /* the order that MagentoOrderNbr names, by increment_id */
    NEED_ORDER_BY_EXT_ID = 1 << 3, /* any order with our ext_order_id */
    NEED_SHIPMENTS = 1 << 4,       /* its shipments */
    NEED_INVOICES = 1 << 5,        /* its invoices */
    NEED_PRODUCTS = 1 << 6,        /* the products of its lines */
    NEED_REGIONS = 1 << 7,         /* the regions of the countries in its addresses */
    NEED_STORE = 1 << 8,           /* the base currency of the store */
};

/* What was seen. Owned by the worker. */
struct observed {
    unsigned looked;             /* the needs that have been answered */
    struct magento_order *order; /* by entity id; NULL after looking: Magento does not have it */
    struct magento_order *order_by_number;
    struct magento_order *order_by_ext_id;
    bool several_by_ext_id; /* more than one order has our ext_order_id */
    struct magento_document *shipments;
    size_t shipment_count;
    struct magento_document *invoices;
    size_t invoice_count;
    const struct magento_product *products; /* borrowed from the cache; missing SKUs are unknown */
    size_t product_count;
    json_t *countries; /* borrowed, only read: {"US": {"TX": {"id": 57, "name": "Texas"}}, ...} */
    const char *base_currency_code; /* borrowed; set once NEED_STORE is answered */
};

enum action_kind {
    ACTION_CREATE,
    ACTION_LINK, /* no call: the order is in Magento already */
    ACTION_UNHOLD,
    ACTION_SHIP,
    ACTION_TRACK, /* one tracking number added to an existing shipment */
    ACTION_INVOICE,
    ACTION_COMMENT,
    ACTION_HOLD,
    ACTION_CANCEL,
};

/* "create", "link", ...: as in the connector log. */
const char *action_kind_name(enum action_kind kind);

/* One call to Magento, complete. What is done is to be seen in the claimed order when the plan is made
 * again: magento_entity_id, `sent`, held_by_amsync (after a hold or an unhold), and of shipments and
 * invoices STATE_PUBLISHED with Magento's id, or STATE_FAILED whatever stood against them; the state
 * of the order's own document stays as it was claimed, but WAITING becomes PENDING once something was
 * shipped or invoiced. A create and a link are alone in their plan: once done, the worker writes the
 * entity id into the claimed order, puts the created (or linked) order into observed.order, sets
 * NEED_ORDER in `looked` (after a create also NEED_SHIPMENTS and NEED_INVOICES: a new order has none)
 * and plans again. After all others what was seen of the order, its shipments and invoices is
 * forgotten; shipments and invoices are looked at again before the next plan if one was made. */
struct action {
    enum action_kind kind;
    size_t document;     /* index into the claimed order's documents that it is done for */
    json_t *body;        /* owned; NULL for calls without one */
    int64_t shipment_id; /* ACTION_TRACK: Magento's shipment; 0 otherwise */
    size_t *after;      /* owned; ACTION_INVOICE: the documents whose shipments it names and that */
    size_t after_count; /* this plan ships; if one of them fails, it is not to be done */
};

/* What is thought of one document before the actions are done. A document with an action is
 * STATE_PENDING here, and published once all of its actions are done. */
struct verdict {
    enum document_state state;
    char *reason;              /* owned; why, for a person. Of a published invoice: how its total in
                                * Magento differs; "" otherwise */
    char *next;                /* owned; what a person can do; "" for nothing */
    int64_t magento_entity_id; /* a shipment or invoice found in Magento; 0: none */
    char *magento_increment_id;
    bool for_good;       /* skipped, and nothing that comes later changes that */
    bool recheck_hourly; /* it waits for something in Magento that no notification tells of */
};

struct condition {
    const char *name;
    bool enabled;
    bool holds;
    char *detail; /* owned; how it stands: "customer C000003 is not enabled" */
};

#define CONDITION_COUNT 3

struct plan {
    unsigned needs;
    struct action *actions; /* in the order in which they are to be done */
    size_t action_count;
    struct verdict *verdicts; /* one for each of the claimed order's documents */
    size_t verdict_count;
    struct condition conditions[CONDITION_COUNT];
    bool conditions_hold;
    bool out_of_scope;  /* by the order's type, class or date: the conditions do not matter */
    bool would_publish; /* publishing=observe: the actions were left out, the reasons name them */
    bool again; /* what the order itself asks for depends on what the actions will have done: plan
                 * again once they have been tried; until then the order is not done with */
    bool hold_lifted;       /* our hold is gone from Magento already: clear held_by_amsync */
    unsigned look_again_ms; /* 0: no; else the order is due again after this, though nothing new
                             * comes: another notification may be on its way */
    bool await_save;        /* due again once the order's own save has had its time to arrive */
    bool look_after_quiet;  /* due again once no earlier call can take effect any more */
    json_t *sent; /* owned: what Magento knows once the actions are done; NULL: as before */
    int64_t adopt_entity_id;    /* ACTION_LINK: the order's entity id */
    struct claimed_line *lines; /* ACTION_LINK or after a create: line number to item id */
    size_t line_count;
};

/* What is in `observed` but not in its `looked` is not read. RESULT_FAILED: out of memory.
 * RESULT_REJECTED: a stored body is none, or there are two of the order itself.
 * Everything a person could mend is a verdict, not an error. */
enum result plan_make(const struct claimed_order *order, const struct rules *rules,
                      const struct observed *observed, struct plan **ret_plan,
                      struct error *err) AMSYNC_MUST_USE;
void plan_free(struct plan **plan);

/* The Magento number of an order with numbering=acumatica: prefix-type-number; where that exceeds 50
 * characters, its first 37, a dash and 12 hex digits of its SHA-256. RESULT_NONE with
 * numbering=sequence. The caller owns the text. */
enum result plan_increment_id(const struct claimed_order *order, const struct rules *rules,
                              char **ret_increment_id, struct error *err) AMSYNC_MUST_USE;

/* `company/type/number`; the company as 12 hex digits of its SHA-256 if that exceeds 32 characters
 * or has one that Magento cannot store; if it still does, 32 hex digits of the hash of all of it.
 * The caller owns the text; NULL only without memory. */
char *plan_ext_order_id(const struct claimed_order *order) AMSYNC_MUST_USE;

/* The lines of a Magento order that are this order's, by ext_order_item_id ("1"), else by SKU where
 * that is unambiguous. Appends nothing for a line it cannot place. */
enum result plan_match_lines(const struct claimed_order *order, const struct magento_order *magento,
                             struct claimed_line **ret_lines, size_t *ret_count,
                             struct error *err) AMSYNC_MUST_USE;

#endif
