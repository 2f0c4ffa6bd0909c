#include "base/text.h"
#include "sync/planner.h"
#include "sync/verdict.h"

#define LATE_SAVE_REASON                                                                           \
    "it is still open in its last save, which is older than a confirmed shipment; a newer save "   \
    "is waited for"

/* Acumatica saves the order with another status (Shipping) when it creates a shipment of it. */
static bool
is_shipped_but_open(const struct planner *planner)
{
    const struct order_document *order = planner->document;

    if (!text_equals_ignore_case(order->status, "Open"))
        return false;
    for (size_t i = 0; i < planner->order->document_count; i++) {
        const struct planned_document *document = &planner->documents[i];

        if (document->shipment != NULL && document->shipment->confirmed &&
            document->claimed->settled == NULL && document->shipment->timestamp > order->timestamp)
            return true;
    }
    return false;
}

/* Notifications come in any order, and Acumatica may need several attempts for one. Magento cannot edit
 * orders, so one that was created from an old save stays wrong. */
bool
late_save_is_awaited(struct planner *planner)
{
    /* What has been tried once is tried on. */
    if (planner->order->forced || planner_own(planner)->state == STATE_RETRYING ||
        !is_shipped_but_open(planner) || planner_has_waited(planner, LATE_SAVE_REASON))
        return false;
    verdict_set(planner->verdict, STATE_WAITING, LATE_SAVE_REASON);
    planner->plan->await_save = true;
    return true;
}
