#include "sync/remember.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sync/changes.h"

static bool
makes_document(enum action_kind kind)
{
    return kind == ACTION_SHIP || kind == ACTION_INVOICE;
}

void
remember_done(struct run *run, const struct action *action, int64_t magento_entity_id)
{
    struct claimed_document *document = &run->order->documents[action->document];
    struct claimed_document *own = &run->order->documents[0];

    if (!makes_document(action->kind))
        return;
    document->state = STATE_PUBLISHED;
    document->magento_entity_id = magento_entity_id;
    free(document->reason);
    document->reason = NULL;
    /* With it may have come what the order itself waited for, or has put off until then. */
    if (own->kind == DOCUMENT_ORDER &&
        (own->state == STATE_WAITING || (own->state == STATE_PUBLISHED && run->plan->again)))
        own->state = STATE_PENDING;
}

/* Magento may have been told of a change that, once it is compared again, is none any more. */
static enum result
remember_doubt(struct run *run)
{
    json_t *unsure = changes_unsure(run->order->sent);

    if (unsure == NULL)
        return RESULT_FAILED;
    json_decref(run->outcome->sent);
    run->outcome->sent = unsure;
    return RESULT_OK;
}

/* A call that may have taken effect has, until a look shows otherwise: a hold is ours, and the order
 * is as it was sent. A hold that is known not to be set is not ours, though it was announced. */
enum result
remember_not_done(struct run *run, const struct action *action)
{
    enum magento_outcome outcome = run->answer.outcome;
    bool may_be_done = outcome == MAGENTO_UNKNOWN || outcome == MAGENTO_ABORTED;

    if (makes_document(action->kind))
        run->order->documents[action->document].state = STATE_FAILED;
    if (action->kind == ACTION_HOLD)
        run->order->held_by_amsync = may_be_done;
    if (action->kind == ACTION_CREATE && outcome == MAGENTO_UNKNOWN && run->order->sent == NULL &&
        run->plan->sent != NULL)
        run->outcome->sent = json_incref(run->plan->sent);
    /* Without what was sent nothing could be compared, so there was no comment. */
    return action->kind == ACTION_COMMENT && may_be_done ? remember_doubt(run) : RESULT_OK;
}

/* What Magento holds may be of an earlier attempt. */
enum result
remember_adopted(struct run *run)
{
    AMSYNC_CLEANUP(order_document_free) struct order_document *document = NULL;
    struct plan *plan = run->plan;

    json_decref(plan->sent);
    plan->sent = NULL;
    if (order_document_read(run->order->documents[0].body, &document, NULL) != RESULT_OK)
        return RESULT_FAILED;
    plan->sent =
        changes_snapshot_of_adopted(run->order->sent, document, run->observation.seen.order);
    return plan->sent != NULL ? RESULT_OK : RESULT_FAILED;
}

static enum result
take_lines(struct run *run)
{
    const struct plan *plan = run->plan;
    struct claimed_line **copies[] = {&run->outcome->lines, &run->order->lines};

    if (plan->line_count == 0)
        return RESULT_OK;
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
        struct claimed_line *lines = calloc(plan->line_count, sizeof(*lines));

        if (lines == NULL)
            return RESULT_FAILED;
        memcpy(lines, plan->lines, plan->line_count * sizeof(*lines));
        free(*copies[i]);
        *copies[i] = lines;
    }
    run->outcome->line_count = plan->line_count;
    run->order->line_count = plan->line_count;
    return RESULT_OK;
}

enum result
remember_plan(struct run *run)
{
    const struct plan *plan = run->plan;

    if (plan->hold_lifted)
        run->order->held_by_amsync = false;
    if (plan->sent != NULL) {
        json_decref(run->order->sent);
        run->order->sent = json_incref(plan->sent);
        json_decref(run->outcome->sent);
        run->outcome->sent = json_incref(plan->sent);
    }
    return take_lines(run);
}
