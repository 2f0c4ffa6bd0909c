#include "sync/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/planner.h"
#include "sync/verdict.h"

const char *
action_kind_name(enum action_kind kind)
{
    switch (kind) {
    case ACTION_CREATE:
        return "create";
    case ACTION_LINK:
        return "link";
    case ACTION_UNHOLD:
        return "unhold";
    case ACTION_SHIP:
        return "ship";
    case ACTION_TRACK:
        return "track";
    case ACTION_INVOICE:
        return "invoice";
    case ACTION_COMMENT:
        return "comment";
    case ACTION_HOLD:
        return "hold";
    case ACTION_CANCEL:
        return "cancel";
    }
    return "";
}

static void
planner_free(struct planner *planner)
{
    for (size_t i = 0; planner->documents != NULL && i < planner->order->document_count; i++) {
        shipment_document_free(&planner->documents[i].shipment);
        invoice_document_free(&planner->documents[i].invoice);
    }
    order_document_free(&planner->document);
    free(planner->documents);
    free(planner->items);
}

static enum result
read_document(struct planner *planner, size_t index, struct error *err)
{
    struct planned_document *document = &planner->documents[index];
    const struct claimed_document *claimed = &planner->order->documents[index];

    document->claimed = claimed;
    document->verdict = &planner->plan->verdicts[index];
    verdict_set(document->verdict, STATE_PENDING, "%s", "");
    switch (claimed->kind) {
    case DOCUMENT_ORDER:
        if (planner->document != NULL)
            return error_result(err, RESULT_REJECTED, "two documents of the order itself");
        planner->document_index = index;
        planner->verdict = document->verdict;
        return order_document_read(claimed->body, &planner->document, err);
    case DOCUMENT_SHIPMENT:
        return shipment_document_read(claimed->body, &document->shipment, err);
    case DOCUMENT_INVOICE:
        return invoice_document_read(claimed->body, &document->invoice, err);
    }
    return RESULT_OK;
}

static enum result
read_documents(struct planner *planner, struct error *err)
{
    size_t count = planner->order->document_count;

    planner->documents = calloc(count + 1, sizeof(*planner->documents));
    planner->plan->verdicts = calloc(count + 1, sizeof(*planner->plan->verdicts));
    if (planner->documents == NULL || planner->plan->verdicts == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    planner->plan->verdict_count = count;
    for (size_t i = 0; i < count; i++) {
        enum result result = read_document(planner, i, err);

        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

/* Publishing is paused: what is in Magento, was refused by it or settled by a person stays so,
 * everything else is kept for later. */
static void
plan_paused(struct planner *planner)
{
    for (size_t i = 0; i < planner->plan->verdict_count; i++) {
        struct planned_document *document = &planner->documents[i];

        if (document->claimed->state == STATE_PUBLISHED ||
            document->claimed->state == STATE_FAILED || document->claimed->settled != NULL) {
            planner_keep(document);
            continue;
        }
        verdict_set(document->verdict, STATE_PENDING, "publishing is paused");
        verdict_advise(document->verdict, "amsync prefs set publishing=on");
    }
}

static const char *
deed(enum action_kind kind)
{
    switch (kind) {
    case ACTION_CREATE:
    case ACTION_SHIP:
    case ACTION_INVOICE:
        return "publish it";
    case ACTION_LINK:
        return "link it to its Magento order";
    case ACTION_UNHOLD:
        return "release it from hold";
    case ACTION_TRACK:
        return "add its tracking number";
    case ACTION_COMMENT:
        return "comment on it";
    case ACTION_HOLD:
        return "put it on hold";
    case ACTION_CANCEL:
        return "cancel it";
    }
    return "";
}

static void
free_actions(struct plan *plan)
{
    for (size_t i = 0; i < plan->action_count; i++) {
        json_decref(plan->actions[i].body);
        free(plan->actions[i].after);
    }
    free(plan->actions);
    plan->actions = NULL;
    plan->action_count = 0;
}

/* What the actions would leave behind is not to be recorded either. */
static void
drop_actions(struct plan *plan)
{
    free_actions(plan);
    json_decref(plan->sent);
    plan->sent = NULL;
    plan->adopt_entity_id = 0;
    plan->hold_lifted = false;
    plan->again = false;
    plan->look_after_quiet = false;
}

static void
only_observe(struct plan *plan)
{
    plan->would_publish = plan->action_count > 0;
    for (size_t i = plan->action_count; i > 0; i--) {
        const struct action *action = &plan->actions[i - 1];
        struct verdict *verdict = &plan->verdicts[action->document];

        verdict_set(verdict, STATE_PENDING, "amsync would %s now, but publishing is set to observe",
                    deed(action->kind));
        verdict_advise(verdict, "amsync prefs set publishing=on");
    }
    drop_actions(plan);
}

/* The kinds stand in the order in which they are to be done; among equals nothing changes. */
static void
sort_actions(struct plan *plan)
{
    for (size_t i = 1; i < plan->action_count; i++) {
        struct action action = plan->actions[i];
        size_t at = i;

        while (at > 0 && plan->actions[at - 1].kind > action.kind) {
            plan->actions[at] = plan->actions[at - 1];
            at--;
        }
        plan->actions[at] = action;
    }
}

/* What waits for an action of its own is pending until that is done. */
static void
mark_pending(struct plan *plan)
{
    for (size_t i = 0; i < plan->action_count; i++) {
        struct verdict *verdict = &plan->verdicts[plan->actions[i].document];

        if (verdict->state == STATE_PENDING)
            continue;
        /* What else was to be said of it is said once the action is done. */
        plan->again = plan->again || verdict->state != STATE_PUBLISHED;
        verdict_set(verdict, STATE_PENDING, "%s", "");
    }
}

static void
decide(struct planner *planner)
{
    struct plan *plan = planner->plan;

    conditions_judge(planner);
    if (planner->preferences->publishing == PUBLISHING_PAUSED) {
        plan_paused(planner);
        return;
    }
    if (planner->order->magento_entity_id == 0)
        plan_new(planner);
    else
        plan_known(planner);
    if (plan->needs != 0)
        drop_actions(plan);
    if (planner->preferences->publishing == PUBLISHING_OBSERVE)
        only_observe(plan);
    sort_actions(plan);
    mark_pending(plan);
}

static bool
lacks_texts(const struct plan *plan)
{
    for (size_t i = 0; i < plan->verdict_count; i++)
        if (plan->verdicts[i].reason == NULL || plan->verdicts[i].next == NULL)
            return true;
    return false;
}

/* A Magento that was put back to a backup gives its ids anew: what has our order's id may be another's
 * order, which is not to be touched. */
static bool
is_of_another_number(const struct claimed_order *order, const struct magento_order *magento)
{
    return magento != NULL && order->magento_increment_id != NULL &&
           magento->increment_id[0] != '\0' &&
           !text_equals_ignore_case(order->magento_increment_id, magento->increment_id);
}

enum result
plan_make(const struct claimed_order *order, const struct rules *rules,
          const struct observed *observed, struct plan **ret_plan, struct error *err)
{
    AMSYNC_CLEANUP(plan_free) struct plan *plan = calloc(1, sizeof(*plan));
    struct observed seen = *observed;
    AMSYNC_CLEANUP(planner_free)
    struct planner planner = {
        .order = order,
        .rules = rules,
        .preferences = rules_preferences(rules, order->company),
        .observed = &seen,
        .plan = plan,
    };

    if (plan == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    if (is_of_another_number(order, seen.order)) {
        planner.number_at_its_id = seen.order->increment_id;
        seen.order = NULL;
    }

    enum result result = read_documents(&planner, err);

    if (result != RESULT_OK)
        return result;
    decide(&planner);
    if (planner.out_of_memory || lacks_texts(plan))
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_plan = TAKE_PTR(plan);
    return RESULT_OK;
}

void
plan_free(struct plan **plan)
{
    struct plan *self = *plan;

    *plan = NULL;
    if (self == NULL)
        return;
    free_actions(self);
    for (size_t i = 0; self->verdicts != NULL && i < self->verdict_count; i++)
        verdict_clear(&self->verdicts[i]);
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        free(self->conditions[i].detail);
    free(self->verdicts);
    json_decref(self->sent);
    free(self->lines);
    free(self);
}
