#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "sync/changes.h"
#include "sync/planner.h"
#include "sync/translate.h"
#include "sync/verdict.h"
#include "sync/words.h"

/* What the order's own document asks of Magento. */
struct wishes {
    json_t *snapshot; /* as the order stands; NULL: the same as Magento was told */
    char *changes;    /* what has changed since; NULL: nothing that Magento was not told */
    bool doubt;       /* Magento may have been told of changes of which nothing was recorded */
    bool hold;
    bool unhold;
    bool cancel;
    bool cancel_rest;
};

static void
wishes_free(struct wishes *wishes)
{
    json_decref(wishes->snapshot);
    free(wishes->changes);
}

/* A settled order, one whose last change Magento has refused, and one of which only the numbers are
 * known is left as it is. */
static bool
order_is_left_alone(struct planner *planner)
{
    const char *settled = planner_own(planner)->settled;

    if (settled != NULL) {
        bool done = strcmp(settled, "done") == 0;

        verdict_set(planner->verdict, done ? STATE_PUBLISHED : STATE_SKIPPED, "%s",
                    done ? "" : "a person chose to leave it as it is in Magento");
        return true;
    }
    if (reduced_is_judged(planner, planner->document_index))
        return true;
    if (planner_own(planner)->state == STATE_FAILED) {
        planner_keep(&planner->documents[planner->document_index]);
        return true;
    }
    if (planner->document->unusable[0] != NULL) {
        verdict_set(planner->verdict, STATE_FAILED, "%s", planner->document->unusable[0]);
        verdict_advise(planner->verdict, "correct it in Acumatica");
        return true;
    }
    return false;
}

/* Whether Magento may have a comment on a change of which nothing was recorded: its answer was lost, or
 * the amsync that made it has crashed. */
static bool
is_in_doubt(const struct claimed_order *order)
{
    return json_is_true(json_object_get(order->sent, "unsure")) ||
           (order->crashes > 0 && json_object_get(order->sent, "last") != NULL);
}

/* The comment that tells of these changes, for the order that has been seen. NULL without memory, which
 * is noted. */
static json_t *
make_comment(struct planner *planner, const char *changes)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    json_t *body = NULL;

    if (asprintf(&text, CHANGES_COMMENT_BEGINNING "%s", changes) < 0)
        text = NULL;
    else
        body = translate_comment(planner->observed->order->status, text);
    if (body == NULL)
        planner->out_of_memory = true;
    return body;
}

/* The comment's text, as Magento will show it. */
static const char *
comment_text(const json_t *body)
{
    const char *text =
        json_string_value(json_object_get(json_object_get(body, "statusHistory"), "comment"));

    return text != NULL ? text : "";
}

/* Whether Magento's newest comment tells of just these changes. */
static bool
is_told(struct planner *planner, const char *changes)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *body = make_comment(planner, changes);

    return strcmp(changes_last_told(planner->observed->order), comment_text(body)) == 0;
}

/* Magento's newest comment may be one of which nothing was recorded. It takes a look to know; and then
 * Magento is told how the order stands, as what it was told before is not known. */
static void
settle_doubt(struct planner *planner, struct wishes *wishes, json_t *snapshot)
{
    const struct magento_order *magento = planner->observed->order;
    const char *last = json_string_value(json_object_get(planner->order->sent, "last"));

    wishes->doubt = true;
    if ((planner->observed->looked & NEED_ORDER) == 0 || magento == NULL)
        return;

    const char *newest = changes_last_told(magento);

    if (last != NULL && strcmp(last, newest) != 0 &&
        (wishes->changes == NULL || !is_told(planner, wishes->changes))) {
        free(wishes->changes);
        wishes->changes = changes_whole(snapshot);
        if (wishes->changes == NULL)
            planner->out_of_memory = true;
    }
    if (!changes_set_last(snapshot, newest))
        planner->out_of_memory = true;
    if (wishes->snapshot == NULL)
        wishes->snapshot = json_incref(snapshot);
}

/* What Magento was told is not known of an order taken over from elsewhere: it counts as up to date.
 */
static void
wish_comment(struct planner *planner, struct wishes *wishes)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *snapshot = changes_snapshot(planner->document);
    enum result result = RESULT_FAILED;

    if (snapshot != NULL && planner->order->sent == NULL) {
        wishes->snapshot = json_incref(snapshot);
        return;
    }
    if (snapshot != NULL)
        result = changes_describe(planner->order->sent, snapshot, &wishes->changes);
    if (result == RESULT_FAILED)
        planner->out_of_memory = true;
    if (result == RESULT_OK)
        wishes->snapshot = json_incref(snapshot);
    if (result != RESULT_FAILED && is_in_doubt(planner->order))
        settle_doubt(planner, wishes, snapshot);
}

/* Whether the shipments known fall short of what was ordered. */
static bool
shipments_fall_short(const struct planner *planner)
{
    const struct order_document *order = planner->document;
    struct decimal ordered = DECIMAL_ZERO;
    struct decimal shipped = DECIMAL_ZERO;

    for (size_t i = 0; i < order->line_count; i++)
        ordered = decimal_add(ordered, order->lines[i].order_qty.value);
    for (size_t i = 0; i < planner->order->document_count; i++) {
        const struct shipment_document *shipment = planner->documents[i].shipment;

        for (size_t j = 0; shipment != NULL && j < shipment->line_count; j++)
            shipped = decimal_add(shipped, shipment->lines[j].shipped_qty.value);
    }
    return decimal_compare(shipped, ordered) < 0;
}

static struct wishes
make_wishes(struct planner *planner)
{
    const struct order_document *order = planner->document;
    bool judged = planner_own(planner)->state == STATE_PUBLISHED;
    bool held = planner->order->held_by_amsync;
    bool on_hold = order_is_on_hold(order);
    /* With what was sent gone, and perhaps only a part of it come anew, nothing can be said of changes
     * or of what is not coming. */
    bool reduced = planner_own(planner)->reduced;
    struct wishes wishes = {.snapshot = NULL};

    if (!reduced)
        wish_comment(planner, &wishes);
    wishes.cancel = order_is_cancelled(order) && !judged;
    /* Our hold may be gone: set with an unknown outcome, or lifted for a shipment before a crash. */
    wishes.hold = on_hold && (!held || !judged) && !order_is_cancelled(order);
    wishes.unhold = held && (!on_hold || wishes.cancel);
    wishes.cancel_rest = !reduced && order_is_completed(order) && shipments_fall_short(planner);
    return wishes;
}

static bool
has_invoice(const struct planner *planner)
{
    for (size_t i = 0; i < planner->order->document_count; i++)
        if (planner->documents[i].invoice != NULL && planner->documents[i].invoice->released)
            return true;
    return false;
}

/* Whether any action could come of it. A rest is canceled only when it is not coming, which there is
 * no sign of before the first invoice. */
static bool
wishes_need_a_look(struct planner *planner, const struct wishes *wishes)
{
    bool judged = planner_own(planner)->state == STATE_PUBLISHED;

    return wishes->changes != NULL || wishes->doubt || wishes->unhold || wishes->cancel ||
           (wishes->hold && !judged) || (wishes->cancel_rest && !judged && has_invoice(planner));
}

static void
plan_comment(struct planner *planner, struct wishes *wishes)
{
    json_t *body;

    if (wishes->changes == NULL) {
        if (wishes->doubt) /* a look has settled it */
            planner->plan->sent = json_incref(wishes->snapshot);
        return;
    }
    if (planner_status_will_change(planner)) {
        planner->plan->again = true;
        return;
    }
    body = make_comment(planner, wishes->changes);
    if (body == NULL)
        return;
    if (!changes_set_last(wishes->snapshot, comment_text(body)))
        planner->out_of_memory = true;
    /* That the newest comment says just that means that Magento took it, and its answer was lost. */
    if (strcmp(changes_last_told(planner->observed->order), comment_text(body)) == 0)
        json_decref(body);
    else
        planner_act(planner, ACTION_COMMENT, planner->document_index, body, 0);
    planner->plan->sent = json_incref(wishes->snapshot);
}

/* An order that is finished one way or the other cannot be held. */
static bool
can_be_held(const struct planner *planner)
{
    return planner_state_is(planner, "new") || planner_state_is(planner, "processing") ||
           planner_state_is(planner, "pending_payment");
}

static void
plan_unhold(struct planner *planner, const struct wishes *wishes)
{
    bool held = planner_state_is(planner, "holded");
    bool in_the_way =
        planner_has_action(planner, ACTION_SHIP) || planner_has_action(planner, ACTION_INVOICE);

    if (!planner->order->held_by_amsync)
        return;
    if (held && (wishes->unhold || in_the_way)) {
        planner_act(planner, ACTION_UNHOLD, planner->document_index, NULL, 0);
        /* Still on hold in Acumatica: it is held again afterwards. */
        planner->plan->again = planner->plan->again || !wishes->unhold;
    } else if (!held && wishes->unhold) {
        planner->plan->hold_lifted = true;
    }
}

/* A hold that a person has set in Magento is theirs to lift. */
static bool
is_held_by_a_person(const struct planner *planner)
{
    return planner_state_is(planner, "holded") && !planner->order->held_by_amsync;
}

static void
plan_order(struct planner *planner, struct wishes *wishes)
{
    plan_comment(planner, wishes);
    if (is_held_by_a_person(planner) && (wishes->cancel || wishes->cancel_rest)) {
        verdict_set(planner->verdict, STATE_WAITING,
                    "a person has put the order on hold in Magento, so it cannot be canceled");
        verdict_advise(planner->verdict, "release it from hold in Magento");
        return;
    }
    if (wishes->hold && can_be_held(planner))
        planner_act_or_look_again(planner, ACTION_HOLD, NULL);
    if (wishes->cancel)
        plan_cancel(planner);
    if (wishes->cancel_rest)
        plan_cancel_rest(planner);
}

static void
say_that_it_is_gone(const struct planner *planner, struct verdict *verdict)
{
    const struct claimed_order *order = planner->order;
    const char *number = order->magento_increment_id != NULL ? order->magento_increment_id : "";
    const char *other = planner->number_at_its_id;

    if (other == NULL)
        verdict_set(verdict, STATE_WAITING,
                    "Magento no longer has order %s (id %lld), and it is not created again", number,
                    (long long)order->magento_entity_id);
    else
        verdict_set(
            verdict, STATE_WAITING,
            "Magento no longer has order %s: its id %lld is now that of order %s. It is not "
            "created again",
            number, (long long)order->magento_entity_id, words_value(other).text);
    verdict_advise(verdict, "find out %s, then amsync resolve %s --as done --note TEXT",
                   other == NULL ? "who deleted it" : "whether Magento was put back to a backup",
                   words_argument(order->order_nbr).text);
}

static void
order_is_gone(struct planner *planner)
{
    const struct claimed_order *order = planner->order;

    for (size_t i = 0; i < order->document_count; i++) {
        struct planned_document *document = &planner->documents[i];

        if (document->claimed->settled != NULL || (document->claimed->kind != DOCUMENT_ORDER &&
                                                   document->verdict->state != STATE_PENDING))
            continue;
        if (planner->document != NULL && planner_own(planner)->settled != NULL) {
            verdict_set(document->verdict, STATE_SKIPPED,
                        "a person chose to have its order %s handled by hand",
                        words_value(order->order_nbr).text);
            continue;
        }
        say_that_it_is_gone(planner, document->verdict);
    }
}

static void
plan_dependents(struct planner *planner, enum document_kind kind)
{
    for (size_t i = 0; i < planner->order->document_count; i++) {
        if (planner->documents[i].claimed->kind != kind)
            continue;
        if (kind == DOCUMENT_SHIPMENT && !shipment_is_judged(planner, i))
            plan_shipment(planner, i);
        if (kind == DOCUMENT_INVOICE && !invoice_is_judged(planner, i))
            plan_invoice(planner, i);
    }
}

void
plan_known(struct planner *planner)
{
    AMSYNC_CLEANUP(wishes_free) struct wishes wishes = {.snapshot = NULL};
    bool order_counts = planner->document != NULL && !order_is_left_alone(planner);
    bool seen = (planner->observed->looked & NEED_ORDER) != 0;

    if (order_counts) {
        wishes = make_wishes(planner);
        if (wishes_need_a_look(planner, &wishes))
            (void)planner_knows(planner, NEED_ORDER);
        verdict_set(planner->verdict, STATE_PUBLISHED, "%s", "");
    }
    if (seen && planner->observed->order != NULL && !planner_read_magento(planner))
        planner->out_of_memory = true;
    if (planner->out_of_memory)
        return;
    plan_dependents(planner, DOCUMENT_SHIPMENT);
    plan_dependents(planner, DOCUMENT_INVOICE);
    if (seen && planner->observed->order == NULL)
        order_is_gone(planner);
    else if (seen && planner->document != NULL && planner->plan->needs == 0) {
        plan_unhold(planner, &wishes);
        if (order_counts)
            plan_order(planner, &wishes);
    }
    /* What Magento was told of an order taken over is noted once. */
    if (order_counts && planner->order->sent == NULL && planner->plan->sent == NULL)
        planner->plan->sent = json_incref(wishes.snapshot);
}
