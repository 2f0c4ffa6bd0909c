/*
 * The plan in the making: what its parts (conditions, plan_new, plan_known ...) share. Pure; used by
 * the thread that makes the plan.
 */
#ifndef AMSYNC_SYNC_PLANNER_H
#define AMSYNC_SYNC_PLANNER_H

#include "base/error.h"
#include "sync/model.h"
#include "sync/plan.h"

/* What to do about a document that has come without its lines. */
#define PLAN_ADVICE_LINES "check that the inquiry has LineNbr and the other columns of lines"

/* One document, read. Of shipment and invoice the one that its kind says is set. */
struct planned_document {
    const struct claimed_document *claimed;
    struct verdict *verdict;
    struct shipment_document *shipment;
    struct invoice_document *invoice;
    bool
        in_magento; /* a shipment that Magento has, will have after the actions, or need not have */
};

/* What is left of an item of the Magento order once the actions planned so far are done. */
struct planned_item {
    const struct magento_order_item *item;
    struct decimal to_ship;
    struct decimal to_invoice;
    struct decimal shipped;
    struct decimal invoiced;
};

struct planner {
    const struct claimed_order *order;
    const struct rules *rules;
    const struct preferences *preferences;
    const struct observed *observed;
    /* Of the order that Magento has under the id of ours, which is gone; NULL: none. */
    const char *number_at_its_id;
    struct plan *plan;
    struct order_document *document; /* NULL: only its shipments or invoices have come */
    struct verdict *verdict;         /* the order's own; NULL with document */
    size_t document_index;
    struct planned_document *documents; /* one for each of the claimed order's */
    struct planned_item *items;         /* of observed.order, but children; once it was seen */
    size_t item_count;
    const struct claimed_line *lines; /* line number to item id; once the order was seen */
    size_t line_count;
    char email[129]; /* the customer's, once translate_order_check has found it */
    bool out_of_memory;
};

/* Whether all of these needs have been answered; those that have not are noted in the plan. */
bool planner_knows(struct planner *planner, unsigned needs);

/* Whether the order has been looked at, and with it what `need` says: NEED_SHIPMENTS, of which Magento
 * has none while no item of the order is shipped, or NEED_INVOICES likewise. It records both in one
 * transaction (Magento\Sales\Model\ShipOrder, InvoiceOrder). What is missing is noted in the plan. */
bool planner_knows_documents(struct planner *planner, enum plan_need need);

/* Takes the body over, also when it fails; a kind that has a body must be given one. */
void planner_act(struct planner *planner, enum action_kind kind, size_t document, json_t *body,
                 int64_t shipment_id);
bool planner_has_action(const struct planner *planner, enum action_kind kind);

/* The order's own document, as it was claimed; only where planner->document is set. */
const struct claimed_document *planner_own(const struct planner *planner);

/* Whether Magento's order, which has been seen, is in that state. */
bool planner_state_is(const struct planner *planner, const char *state);

/* Whether the actions planned so far change the status that Magento gives the order: releasing a
 * hold, shipments and invoices do. */
bool planner_status_will_change(const struct planner *planner);

/* Plans an action for the order itself; one that depends on its status waits for another look where
 * that will change. Takes the body over. */
void planner_act_or_look_again(struct planner *planner, enum action_kind kind, json_t *body);

/* Reads the seen order into planner->items and planner->lines. False without memory. */
bool planner_read_magento(struct planner *planner);

/* Whether the order has waited for that reason already, and no shipment or invoice has come since. */
bool planner_has_waited(const struct planner *planner, const char *reason);

/* Keeps a verdict as it was judged before: its state, reason, and Magento's numbers. */
void planner_keep(struct planned_document *document);

/* On hold in Acumatica, in any of the ways that end again: on hold, credit hold, risk hold. */
bool order_is_on_hold(const struct order_document *order);
bool order_is_cancelled(const struct order_document *order);
bool order_is_completed(const struct order_document *order);

/* Why the order is out of scope, into the order's verdict; false if it is in scope. */
bool scope_excludes(struct planner *planner);

/* The three conditions into the plan, and whether they hold as the preferences want it. */
void conditions_judge(struct planner *planner);
/* "none of the 3 conditions holds: ..." and the advice, into the order's verdict. */
void conditions_explain(struct planner *planner);

/* An order that Magento does not have yet; then its shipments and invoices. */
void plan_new(struct planner *planner);
/* Whether an order that may be created waits for its newest save, which a shipment has overtaken: then
 * its verdict says so, and the plan has `await_save`. */
bool late_save_is_awaited(struct planner *planner);
/* An order that Magento has, with its shipments and invoices. */
void plan_known(struct planner *planner);

/* Judges a document of which only its numbers are kept, because its order was finished long ago, and
 * nothing new has come: it stays as it was. False for any other. */
bool reduced_is_judged(struct planner *planner, size_t document);
/* Judges an order that Magento does not have and whose contents were deleted: whatever comes of it, it
 * is not created. False for any other. */
bool reduced_is_not_created(struct planner *planner);

/* Judges what needs no look at Magento: settled, not confirmed, a transfer, a credit memo, unusable.
 * False if nothing of that stands against it. */
bool shipment_is_judged(struct planner *planner, size_t document);
bool invoice_is_judged(struct planner *planner, size_t document);

/* Plans what is to be done for it, given an order that has been seen. */
void plan_shipment(struct planner *planner, size_t document);
void plan_invoice(struct planner *planner, size_t document);

/* The order is canceled in Acumatica: cancels it in Magento, or says what stands against it. */
void plan_cancel(struct planner *planner);
/* It is completed in Acumatica with a rest that is not coming: cancels what Magento has open. */
void plan_cancel_rest(struct planner *planner);

/* The item for a line of the order; by SKU, where only one has it, if the number is 0 or unknown.
 * NULL: none. */
struct planned_item *planner_item(struct planner *planner, int32_t order_line_nbr,
                                  const char *inventory_id);

/* The line of the order document; NULL if it has none of that number. */
const struct order_line *planner_order_line(const struct planner *planner, int32_t line_nbr);

#endif
