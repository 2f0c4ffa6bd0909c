#include "sync/planner.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sync/verdict.h"

bool
planner_knows(struct planner *planner, unsigned needs)
{
    unsigned missing = needs & ~planner->observed->looked;

    planner->plan->needs |= missing;
    return missing == 0;
}

bool
planner_knows_documents(struct planner *planner, enum plan_need need)
{
    bool any = false;

    if (!planner_knows(planner, NEED_ORDER))
        return false;

    const struct magento_order *order = planner->observed->order;

    for (size_t i = 0; order != NULL && i < order->item_count; i++) {
        const struct magento_order_item *item = &order->items[i];

        any = any ||
              decimal_sign(need == NEED_SHIPMENTS ? item->qty_shipped : item->qty_invoiced) > 0;
    }
    return !any || planner_knows(planner, need);
}

void
planner_act(struct planner *planner, enum action_kind kind, size_t document, json_t *body,
            int64_t shipment_id)
{
    struct plan *plan = planner->plan;
    struct action *actions =
        reallocarray(plan->actions, plan->action_count + 1, sizeof(*plan->actions));

    if (actions == NULL) {
        planner->out_of_memory = true;
        json_decref(body);
        return;
    }
    plan->actions = actions;
    actions[plan->action_count++] = (struct action){
        .kind = kind, .document = document, .body = body, .shipment_id = shipment_id};
}

bool
planner_has_action(const struct planner *planner, enum action_kind kind)
{
    for (size_t i = 0; i < planner->plan->action_count; i++)
        if (planner->plan->actions[i].kind == kind)
            return true;
    return false;
}

/* Whether a shipment or an invoice is news. */
static bool
something_has_come(const struct planner *planner)
{
    for (size_t i = 0; i < planner->order->document_count; i++) {
        const struct claimed_document *claimed = planner->documents[i].claimed;

        if (claimed->kind != DOCUMENT_ORDER && claimed->state == STATE_PENDING)
            return true;
    }
    return false;
}

bool
planner_has_waited(const struct planner *planner, const char *reason)
{
    const struct claimed_document *own = planner_own(planner);

    return own->state == STATE_WAITING && own->reason != NULL && strcmp(own->reason, reason) == 0 &&
           !something_has_come(planner);
}

void
planner_keep(struct planned_document *document)
{
    const struct claimed_document *claimed = document->claimed;
    const char *reason = claimed->reason != NULL ? claimed->reason : "";

    verdict_set(document->verdict, claimed->state, "%s", reason);
}

static bool
status_is(const struct order_document *order, const char *status)
{
    return text_equals_ignore_case(order->status, status);
}

bool
order_is_on_hold(const struct order_document *order)
{
    return order->hold == YES || status_is(order, "On Hold") || status_is(order, "Credit Hold") ||
           status_is(order, "Risk Hold");
}

bool
order_is_cancelled(const struct order_document *order)
{
    return order->cancelled == YES || status_is(order, "Canceled") || status_is(order, "Cancelled");
}

bool
order_is_completed(const struct order_document *order)
{
    return status_is(order, "Completed") && !order_is_cancelled(order);
}

const struct order_line *
planner_order_line(const struct planner *planner, int32_t line_nbr)
{
    if (planner->document == NULL)
        return NULL;

    /* The lines are sorted. */
    size_t low = 0;
    size_t high = planner->document->line_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct order_line *line = &planner->document->lines[middle];

        if (line->line_nbr == line_nbr)
            return line;
        if (line->line_nbr < line_nbr)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct claimed_document *
planner_own(const struct planner *planner)
{
    return &planner->order->documents[planner->document_index];
}

bool
planner_state_is(const struct planner *planner, const char *state)
{
    return strcmp(planner->observed->order->state, state) == 0;
}

bool
planner_status_will_change(const struct planner *planner)
{
    return planner_has_action(planner, ACTION_UNHOLD) || planner_has_action(planner, ACTION_SHIP) ||
           planner_has_action(planner, ACTION_INVOICE);
}

void
planner_act_or_look_again(struct planner *planner, enum action_kind kind, json_t *body)
{
    if (planner_status_will_change(planner)) {
        planner->plan->again = true;
        json_decref(body);
        return;
    }
    planner_act(planner, kind, planner->document_index, body, 0);
}
