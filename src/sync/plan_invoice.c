#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/plan_items.h"
#include "sync/planner.h"
#include "sync/translate.h"
#include "sync/verdict.h"
#include "sync/words.h"

static bool
is_invoice_type(const char *type)
{
    static const char *const types[] = {"", "Invoice", "Cash Sale"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (text_equals_ignore_case(type, types[i]))
            return true;
    return false;
}

static bool
is_return_type(const char *type)
{
    return text_equals_ignore_case(type, "Credit Memo") ||
           text_equals_ignore_case(type, "Cash Return");
}

bool
invoice_is_judged(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    const struct invoice_document *invoice = planned->invoice;
    const char *type = invoice->type[0] != '\0' ? invoice->type : planned->claimed->type;

    if (document_is_settled_or_failed(planner, document, invoice->unusable) ||
        reduced_is_judged(planner, document))
        return true;
    if (is_return_type(type)) {
        verdict_leave_out(planned->verdict,
                          "it is a credit memo, and returns take place in Magento");
        return true;
    }
    if (!is_invoice_type(type)) {
        verdict_leave_out(planned->verdict, "Magento has no counterpart for a %s",
                          words_value(type).text);
        return true;
    }
    if (!invoice->released) {
        bool shows_status = invoice->status[0] != '\0';

        verdict_set(planned->verdict, STATE_SKIPPED, "it is not released (status %s)",
                    words_value(shows_status ? invoice->status : "not known").text);
        verdict_advise(planned->verdict, "release it in Acumatica%s",
                       shows_status ? "" : ", or check that the inquiry has the column Released");
        return true;
    }
    if (invoice->line_count == 0 &&
        !(planned->claimed->reduced && planned->claimed->magento_entity_id != 0)) {
        verdict_set(planned->verdict, STATE_SKIPPED, "it has no lines of this order");
        verdict_advise(planned->verdict, "%s", PLAN_ADVICE_LINES);
        return true;
    }
    return false;
}

static const struct planned_document *
find_shipment(const struct planner *planner, const char *shipment_nbr)
{
    for (size_t i = 0; i < planner->order->document_count; i++)
        if (planner->documents[i].shipment != NULL &&
            text_equals_ignore_case(planner->documents[i].claimed->number, shipment_nbr))
            return &planner->documents[i];
    return NULL;
}

/* It waits only for the shipments that its own lines name. */
static bool
waits_for_a_shipment(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];

    for (size_t i = 0; i < planned->invoice->line_count; i++) {
        const char *shipment_nbr = planned->invoice->lines[i].shipment_nbr;
        const struct planned_document *shipment;

        if (text_is_blank(shipment_nbr))
            continue;
        shipment = find_shipment(planner, shipment_nbr);
        if (shipment != NULL && shipment->in_magento)
            continue;
        verdict_set(planned->verdict, STATE_WAITING, "its shipment %s %s",
                    words_value(shipment_nbr).text,
                    shipment != NULL ? "is not in Magento yet" : "has not been notified yet");
        if (shipment == NULL)
            verdict_advise(planned->verdict, "check the inquiry of the shipments' push "
                                             "notification");
        return true;
    }
    return false;
}

static bool
collect_quantities(struct planner *planner, size_t document, struct item_quantities *quantities)
{
    struct planned_document *planned = &planner->documents[document];

    if (!item_quantities_init(planner, quantities))
        return false;
    for (size_t i = 0; i < planned->invoice->line_count; i++) {
        const struct invoice_line *line = &planned->invoice->lines[i];
        struct document_line common = {.line_nbr = line->line_nbr,
                                       .order_line_nbr = line->order_line_nbr,
                                       .inventory_id = line->inventory_id,
                                       .uom = line->uom,
                                       .qty = line->qty,
                                       .quantity_column = "Qty"};

        /* Freight and the like has no item; Magento bills the freight by itself. */
        if (text_is_blank(line->inventory_id))
            continue;
        if (!item_quantities_add(planner, planned->verdict, &common, quantities)) {
            if (planned->verdict->next != NULL && planned->verdict->next[0] == '\0')
                plan_advise_to_resolve(planner, document, "invoice it by hand in Magento");
            return false;
        }
    }
    return true;
}

static bool
is_left_to_invoice(struct planner *planner, size_t document,
                   const struct item_quantities *quantities)
{
    for (size_t i = 0; i < quantities->count; i++) {
        const struct planned_item *item = &planner->items[i];

        if (decimal_compare(quantities->quantities[i], item->to_invoice) <= 0)
            continue;
        verdict_set(planner->documents[document].verdict, STATE_WAITING,
                    "it bills %s of %s, but Magento has only %s left to invoice",
                    words_quantity(quantities->quantities[i], "").text,
                    words_value(item->item->sku).text, words_quantity(item->to_invoice, "").text);
        plan_advise_to_resolve(planner, document, "invoice it by hand in Magento");
        return false;
    }
    return true;
}

static void
reckon_as_invoiced(struct planner *planner, const struct item_quantities *quantities)
{
    for (size_t i = 0; i < quantities->count; i++) {
        struct planned_item *item = &planner->items[i];

        item->to_invoice = decimal_sub(item->to_invoice, quantities->quantities[i]);
        item->invoiced = decimal_add(item->invoiced, quantities->quantities[i]);
    }
}

static bool
names_shipment(const struct invoice_document *invoice, const char *shipment_nbr)
{
    for (size_t i = 0; i < invoice->line_count; i++)
        if (text_equals_ignore_case(invoice->lines[i].shipment_nbr, shipment_nbr))
            return true;
    return false;
}

/* Notes in the last action, this invoice's, which shipments have to be made first. */
static void
note_shipments_before(struct planner *planner, size_t document)
{
    struct plan *plan = planner->plan;
    struct action *own = &plan->actions[plan->action_count - 1];

    own->after = calloc(plan->action_count, sizeof(*own->after));
    if (own->after == NULL) {
        planner->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct planned_document *other = &planner->documents[plan->actions[i].document];

        if (plan->actions[i].kind == ACTION_SHIP &&
            names_shipment(planner->documents[document].invoice, other->claimed->number))
            own->after[own->after_count++] = plan->actions[i].document;
    }
}

static void
make_invoice(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    AMSYNC_CLEANUP(item_quantities_free) struct item_quantities quantities = {.quantities = NULL};

    if (plan_is_held_by_a_person(planner, document) ||
        !collect_quantities(planner, document, &quantities))
        return;
    if (!item_quantities_any(&quantities)) {
        verdict_set(planned->verdict, STATE_SKIPPED, "it bills no item of Magento's order");
        return;
    }
    if (!is_left_to_invoice(planner, document, &quantities))
        return;

    json_t *body = translate_invoice(planner, document, &quantities);

    if (body == NULL) {
        planner->out_of_memory = true;
        return;
    }
    planner_act(planner, ACTION_INVOICE, document, body, 0);
    if (planner->out_of_memory)
        return;
    note_shipments_before(planner, document);
    reckon_as_invoiced(planner, &quantities);
}

/* Magento reckons an invoice by its own rules (the first one carries the whole freight). */
static void
compare(struct planner *planner, size_t document, const struct magento_document *found)
{
    struct planned_document *planned = &planner->documents[document];
    const struct invoice_document *own = planned->invoice;

    plan_note_numbers(planner, document, found);
    if (!own->amount.known || decimal_compare(decimal_round(own->amount.value, 2),
                                              decimal_round(found->grand_total, 2)) == 0) {
        verdict_set(planned->verdict, STATE_PUBLISHED, "%s", "");
        return;
    }
    verdict_set(
        planned->verdict, STATE_PUBLISHED, "Magento's invoice %s is over %s, Acumatica's over %s",
        words_value(found->increment_id).text, words_amount(found->grand_total, own->currency).text,
        words_amount(own->amount.value, own->currency).text);
}

void
plan_invoice(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    const struct observed *observed = planner->observed;
    const struct magento_document *found = NULL;
    /* Of one that has just been made the total is of interest, not how the order stands. */
    bool is_only_compared = planned->claimed->state == STATE_PUBLISHED &&
                            planned->claimed->magento_entity_id != 0 &&
                            (observed->looked & NEED_ORDER) == 0;

    if (planned->claimed->state == STATE_PUBLISHED && (observed->looked & NEED_INVOICES) == 0) {
        planner_keep(planned);
        return;
    }
    /* There is nothing to look for before that. */
    if (waits_for_a_shipment(planner, document))
        return;
    if (!is_only_compared &&
        (!planner_knows_documents(planner, NEED_INVOICES) || observed->order == NULL))
        return;
    switch (plan_find(planner, document, observed->invoices, observed->invoice_count, &found)) {
    case RESULT_OK:
        compare(planner, document, found);
        break;
    case RESULT_NONE:
        make_invoice(planner, document);
        break;
    case RESULT_REJECTED:
    case RESULT_RETRY:
    case RESULT_FAILED:
        break;
    }
}
