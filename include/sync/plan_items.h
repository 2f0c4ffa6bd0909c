/*
 * What shipments and invoices have in common: their lines as quantities of Magento's items, and how
 * they are found there. Pure; used by the thread that makes the plan.
 */
#ifndef AMSYNC_SYNC_PLAN_ITEMS_H
#define AMSYNC_SYNC_PLAN_ITEMS_H

#include "base/error.h"
#include "sync/planner.h"
#include "sync/translate.h"

/* One line of a shipment or an invoice. */
struct document_line {
    int32_t line_nbr;
    int32_t order_line_nbr;
    const char *inventory_id;
    const char *uom;
    struct amount qty;
    const char *quantity_column; /* ShippedQty or Qty */
};

/* Room for the quantities of every item; false without memory (planner->out_of_memory). */
bool item_quantities_init(struct planner *planner, struct item_quantities *quantities);

/* Adds a line's quantity to that of its item. False: the verdict says what is wrong with it. */
bool item_quantities_add(struct planner *planner, struct verdict *verdict,
                         const struct document_line *line, struct item_quantities *quantities);

/* Whether any quantity is above zero. */
bool item_quantities_any(const struct item_quantities *quantities);

/* Where `document` is among what Magento has: by its marker, else by the id it was given.
 * RESULT_NONE: nowhere. RESULT_REJECTED: more than once, or gone although Magento had it, and the
 * verdict says so. RESULT_FAILED: out of memory. */
enum result plan_find(struct planner *planner, size_t document,
                      const struct magento_document *candidates, size_t count,
                      const struct magento_document **ret_found);

/* Notes Magento's numbers in the verdict. */
void plan_note_numbers(struct planner *planner, size_t document,
                       const struct magento_document *found);

/* Judges a document that a person has settled, that Magento has refused, or that cannot be read.
 * False: none of that. */
bool document_is_settled_or_failed(struct planner *planner, size_t document, char *const *unusable);

/* "amsync resolve SO005555 --shipment 000068 --as done --note TEXT", after `first` and ", then ". */
void plan_advise_to_resolve(struct planner *planner, size_t document, const char *first);

/* A hold that a person has set in Magento keeps shipments and invoices out; the verdict says so. */
bool plan_is_held_by_a_person(struct planner *planner, size_t document);

#endif
