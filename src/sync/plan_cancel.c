#include <string.h>

#include "sync/planner.h"
#include "sync/verdict.h"
#include "sync/words.h"

/* How long a completed order's last shipment may be on its way to us, before what it has left open
 * in Magento counts as not coming. That Magento shows the order as complete somewhat later hurts nobody;
 * what is canceled can never be shipped. */
#define LAST_SHIPMENT_MS 3600000
#define LAST_SHIPMENT_REASON                                                                       \
    "it is completed in Acumatica with open quantities, which are canceled in Magento in an hour " \
    "unless another shipment arrives"

/* Magento cancels of each item what is neither shipped nor invoiced. */
static bool
has_open_quantities(const struct planner *planner)
{
    for (size_t i = 0; i < planner->item_count; i++) {
        const struct planned_item *item = &planner->items[i];
        struct decimal open = item->item->is_virtual ? item->to_invoice
                                                     : decimal_min(item->to_ship, item->to_invoice);

        if (decimal_sign(open) > 0)
            return true;
    }
    return false;
}

static const struct planned_item *
find_shipped_but_not_invoiced(const struct planner *planner)
{
    for (size_t i = 0; i < planner->item_count; i++)
        if (decimal_compare(planner->items[i].shipped, planner->items[i].invoiced) > 0)
            return &planner->items[i];
    return NULL;
}

static bool
has_invoiced_quantities(const struct planner *planner)
{
    for (size_t i = 0; i < planner->item_count; i++)
        if (decimal_sign(planner->items[i].invoiced) > 0)
            return true;
    return false;
}

static bool
has_canceled_quantities(const struct planner *planner)
{
    for (size_t i = 0; i < planner->item_count; i++)
        if (decimal_sign(planner->items[i].item->qty_canceled) > 0)
            return true;
    return false;
}

void
plan_cancel(struct planner *planner)
{
    const struct planned_item *item = find_shipped_but_not_invoiced(planner);

    if (planner_state_is(planner, "canceled") || planner_state_is(planner, "closed"))
        return;
    if (item != NULL) {
        verdict_set(planner->verdict, STATE_WAITING,
                    "it is canceled in Acumatica, but Magento has shipped %s of %s and invoiced %s",
                    words_quantity(item->shipped, "").text, words_value(item->item->sku).text,
                    words_quantity(item->invoiced, "").text);
        verdict_advise(planner->verdict, "release the invoice of that shipment in Acumatica");
    } else if (has_open_quantities(planner)) {
        planner_act_or_look_again(planner, ACTION_CANCEL, NULL);
    } else if (!has_canceled_quantities(planner)) {
        verdict_set(planner->verdict, STATE_WAITING,
                    "it is canceled in Acumatica, but invoiced in Magento");
        verdict_advise(planner->verdict, "make a credit memo in Magento");
    }
}

/* Whether a shipment or an invoice of the order is still to come to Magento. */
static bool
something_is_to_come(const struct planner *planner)
{
    for (size_t i = 0; i < planner->order->document_count; i++) {
        const struct planned_document *document = &planner->documents[i];
        enum document_state state = document->verdict->state;
        bool unconfirmed = document->shipment != NULL && !document->shipment->confirmed &&
                           document->shipment->line_count > 0;

        if (document->claimed->kind == DOCUMENT_ORDER || document->claimed->settled != NULL)
            continue;
        if (unconfirmed || (state != STATE_PUBLISHED && state != STATE_SKIPPED))
            return true;
    }
    return false;
}

/* The order completes in the same moment in which its last shipment is confirmed, and the two
 * notifications come in any order: what is open is canceled only when nothing more has come for a
 * while. */
void
plan_cancel_rest(struct planner *planner)
{
    bool waited = planner_has_waited(planner, LAST_SHIPMENT_REASON);

    if (planner_state_is(planner, "canceled") || planner_state_is(planner, "closed") ||
        planner_state_is(planner, "complete") || !has_open_quantities(planner) ||
        !has_invoiced_quantities(planner) || find_shipped_but_not_invoiced(planner) != NULL)
        return;
    if (planner_status_will_change(planner)) {
        planner->plan->again = true;
    } else if (!something_is_to_come(planner) && waited) {
        planner_act(planner, ACTION_CANCEL, planner->document_index, NULL, 0);
    } else if (!something_is_to_come(planner)) {
        verdict_set(planner->verdict, STATE_WAITING, "%s", LAST_SHIPMENT_REASON);
        planner->plan->look_again_ms = LAST_SHIPMENT_MS;
    }
}
