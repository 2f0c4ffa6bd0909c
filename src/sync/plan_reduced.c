#include "sync/planner.h"
#include "sync/verdict.h"

/* Removed rows say nothing of a document of which nothing else is known. */
static bool
has_contents(const struct claimed_document *claimed)
{
    const json_t *header = json_object_get(claimed->body, "header");

    return json_object_size(json_object_get(header, "f")) > 0;
}

bool
reduced_is_judged(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    const struct claimed_document *claimed = planned->claimed;
    int64_t entity_id = claimed->kind == DOCUMENT_ORDER ? planner->order->magento_entity_id
                                                        : claimed->magento_entity_id;

    if (!claimed->reduced || has_contents(claimed))
        return false;
    planned->in_magento = true;
    if (claimed->state == STATE_PUBLISHED || claimed->state == STATE_SKIPPED)
        planner_keep(planned);
    else if (entity_id != 0)
        verdict_set(planned->verdict, STATE_PUBLISHED, "%s", "");
    else
        verdict_set(planned->verdict, STATE_SKIPPED,
                    "it was finished long ago, and only its numbers are kept");
    return true;
}

bool
reduced_is_not_created(struct planner *planner)
{
    if (reduced_is_judged(planner, planner->document_index))
        return true;
    if (!planner_own(planner)->reduced)
        return false;
    verdict_set(planner->verdict, STATE_SKIPPED,
                "it was finished long ago, and what has come since may be a part of it only");
    verdict_advise(planner->verdict, "create it by hand in Magento if the shop is to have it");
    return true;
}
