#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/changes.h"
#include "sync/identity.h"
#include "sync/lines.h"
#include "sync/planner.h"
#include "sync/translate.h"
#include "sync/verdict.h"
#include "sync/words.h"

/* What the order has that ends by itself or by a person, and until then keeps it from Magento. */
static bool
is_not_ready(struct planner *planner)
{
    static const struct {
        const char *status;
        const char *reason;
        const char *next;
    } statuses[] = {
        {"Credit Hold", "it is on credit hold", "release it from credit hold in Acumatica"},
        {"Risk Hold", "it is on risk hold", "release it from risk hold in Acumatica"},
        {"Pending Approval", "it waits for approval", "approve it in Acumatica"},
        {"Rejected", "it was rejected", "correct and approve it in Acumatica"},
        {"Expired", "it has expired", "reopen it in Acumatica"},
    };
    const struct order_document *order = planner->document;

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (text_equals_ignore_case(order->status, statuses[i].status)) {
            verdict_set(planner->verdict, STATE_WAITING, "%s", statuses[i].reason);
            verdict_advise(planner->verdict, "%s", statuses[i].next);
            return true;
        }
    }
    if (order_is_on_hold(order)) {
        verdict_set(planner->verdict, STATE_WAITING, "it is on hold");
        verdict_advise(planner->verdict, "release it from hold in Acumatica");
        return true;
    }
    return false;
}

static void
wait_for_lines(struct planner *planner)
{
    verdict_set(planner->verdict, STATE_WAITING, "it has no lines yet");
    verdict_advise(planner->verdict, "add lines in Acumatica, or " PLAN_ADVICE_LINES);
}

/* A new order is saved before its first line: its total of 0.00 says nothing yet. */
static bool
has_neither_lines_nor_total(const struct order_document *order)
{
    return order->line_count == 0 && decimal_is_zero(order->order_total.value);
}

/* Plans to take an order over that is in Magento already. */
static void
link_to(struct planner *planner, const struct magento_order *magento, bool ours)
{
    struct plan *plan = planner->plan;

    if (lines_match(planner->document, ours, magento, &plan->lines, &plan->line_count) !=
        RESULT_OK) {
        planner->out_of_memory = true;
        return;
    }
    /* What our own was made of is not always what it is now, nor what the last create that may have
     * made it would have: a database that was restored has forgotten an earlier one. */
    plan->sent = ours
                     ? changes_snapshot_of_adopted(planner->order->sent, planner->document, magento)
                     : changes_snapshot(planner->document);
    if (plan->sent == NULL)
        planner->out_of_memory = true;
    plan->adopt_entity_id = magento->entity_id;
    planner_act(planner, ACTION_LINK, planner->document_index, NULL, 0);
}

/* It may be given up by the other: then nothing tells of it. */
static void
belongs_to(struct planner *planner, const char *magento_nbr, const char *other)
{
    verdict_set(planner->verdict, STATE_WAITING, "it names Magento order %s, which is that of %s",
                magento_nbr, words_value(other).text);
    verdict_advise(planner->verdict, "correct the Magento order number in Acumatica");
    planner->verdict->recheck_hourly = true;
}

/* Whether Magento's order is already that of another order in Acumatica: a copied order names the
 * same number. */
static bool
belongs_to_another(struct planner *planner, const struct magento_order *magento)
{
    AMSYNC_CLEANUP(cleanup_free)
    char *own = identity_marker(planner->documents[planner->document_index].claimed);

    if (own == NULL)
        planner->out_of_memory = true;
    for (size_t i = 0; own != NULL && magento->comments[i] != NULL; i++) {
        const char *comment = magento->comments[i];

        if (!text_starts_with(comment, IDENTITY_ORDER_MARKER) || strcmp(comment, own) == 0)
            continue;
        belongs_to(planner, words_value(magento->increment_id).text, comment);
        return true;
    }
    return own == NULL;
}

/* Whether it is the order that MagentoOrderNbr means; if not, the verdict says how it differs. */
static bool
is_the_order_meant(struct planner *planner, const struct magento_order *magento)
{
    const struct order_document *order = planner->document;
    struct decimal total = decimal_round(order->order_total.value, 2);
    bool same_currency = order->currency[0] == '\0' ||
                         text_equals_ignore_case(order->currency, magento->order_currency_code);

    if (same_currency && order->order_total.known &&
        decimal_compare(total, decimal_round(magento->grand_total, 2)) == 0)
        return true;
    if (order->order_total.known)
        verdict_set(planner->verdict, STATE_WAITING,
                    "it names Magento order %s, which is over %s, but it is over %s",
                    words_value(magento->increment_id).text,
                    words_amount(magento->grand_total, magento->order_currency_code).text,
                    words_amount(total, order->currency).text);
    else
        verdict_set(planner->verdict, STATE_WAITING,
                    "it names Magento order %s, but its own total is not known",
                    words_value(magento->increment_id).text);
    verdict_advise(planner->verdict, "correct the Magento order number or the order in Acumatica");
    return false;
}

/* An order that came from Magento is never created there a second time. */
static void
plan_link(struct planner *planner)
{
    const struct magento_order *magento = planner->observed->order_by_number;
    struct words number = words_value(planner->document->magento_order_nbr);

    if (planner->order->link_holder != NULL) {
        belongs_to(planner, number.text, planner->order->link_holder);
        return;
    }
    if (!planner_knows(planner, NEED_ORDER_BY_NUMBER))
        return;
    if (magento == NULL) {
        verdict_set(planner->verdict, STATE_WAITING,
                    "it names Magento order %s, which Magento does not have", number.text);
        verdict_advise(planner->verdict, "correct the Magento order number in Acumatica");
        planner->verdict->recheck_hourly = true;
        return;
    }

    enum result ours = identity_matches(planner->order, magento);

    if (ours == RESULT_FAILED)
        planner->out_of_memory = true;
    else if (ours == RESULT_OK ||
             (!belongs_to_another(planner, magento) && is_the_order_meant(planner, magento)))
        link_to(planner, magento, ours == RESULT_OK);
}

/* An earlier create may have used another number. True: nothing is to be created. */
static bool
is_in_magento_under_another_number(struct planner *planner)
{
    const struct observed *observed = planner->observed;

    if (observed->several_by_ext_id) {
        verdict_set(planner->verdict, STATE_WAITING, "Magento has more than one order for it");
        verdict_advise(planner->verdict, "cancel all but one in Magento, then write that one's "
                                         "number into the order's Magento order number");
        return true;
    }
    if (observed->order_by_ext_id == NULL)
        return false;

    enum result ours = identity_matches(planner->order, observed->order_by_ext_id);

    if (ours == RESULT_FAILED)
        planner->out_of_memory = true;
    if (ours == RESULT_OK)
        link_to(planner, observed->order_by_ext_id, true);
    return ours != RESULT_NONE;
}

static void
plan_create(struct planner *planner)
{
    AMSYNC_CLEANUP(order_amounts_free) struct order_amounts *amounts = NULL;
    /* A restored database may not know of a create that used the prefix of before. */
    bool search = planner->order->number_may_differ || planner->preferences->numbering_was_set;
    bool observing = planner->preferences->publishing == PUBLISHING_OBSERVE;
    unsigned needs = NEED_PRODUCTS | NEED_REGIONS | NEED_STORE;

    if (search)
        needs |= NEED_ORDER_BY_EXT_ID;
    if (!translate_order_check(planner, &amounts))
        return;
    /* Who only observes fixes no numbers; and nothing is ever created without one. */
    if (planner->order->magento_increment_id == NULL && !observing)
        planner->plan->needs |= NEED_NUMBER;
    if (!planner_knows(planner, needs) || planner->plan->needs != 0)
        return;
    if (search && is_in_magento_under_another_number(planner))
        return;

    json_t *body = translate_order(planner, amounts);

    if (body == NULL)
        return;
    planner->plan->sent = changes_snapshot(planner->document);
    if (planner->plan->sent == NULL || !changes_set_last(planner->plan->sent, ""))
        planner->out_of_memory = true;
    planner_act(planner, ACTION_CREATE, planner->document_index, body, 0);
}

/* Before an order is left out, or left waiting: it may be in Magento already, by a create of which
 * nothing was recorded. */
static void
look_for_a_lost_create(struct planner *planner)
{
    const struct claimed_document *own = planner_own(planner);
    bool numbered = planner->order->magento_increment_id != NULL;

    if (planner->preferences->publishing == PUBLISHING_OBSERVE ||
        !planner_knows(planner, NEED_ORDER_BY_EXT_ID))
        return;
    if (is_in_magento_under_another_number(planner)) {
        if (planner_has_action(planner, ACTION_LINK))
            verdict_set(planner->verdict, STATE_PENDING, "%s", "");
    } else if (numbered && (own->state == STATE_PENDING || own->state == STATE_RETRYING)) {
        planner->plan->look_after_quiet = true;
    }
}

/* A create needs a number; and one that was finished long ago has been looked for. */
static bool
may_have_been_created(const struct planner *planner)
{
    enum document_state state = planner->verdict->state;

    return (state == STATE_SKIPPED || state == STATE_WAITING) &&
           planner->order->magento_increment_id != NULL && planner_own(planner)->settled == NULL &&
           !planner_own(planner)->reduced && text_is_blank(planner->document->magento_order_nbr);
}

static bool
is_settled(struct planner *planner)
{
    const char *settled = planner->documents[planner->document_index].claimed->settled;

    if (settled == NULL)
        return false;
    verdict_set(planner->verdict, strcmp(settled, "done") == 0 ? STATE_PUBLISHED : STATE_SKIPPED,
                "%s", strcmp(settled, "done") == 0 ? "" : "a person chose to leave it out");
    return true;
}

static bool
has_unusable_values(struct planner *planner)
{
    if (planner->document->unusable[0] == NULL)
        return false;
    verdict_set(planner->verdict, STATE_FAILED, "%s", planner->document->unusable[0]);
    verdict_advise(planner->verdict, "correct it in Acumatica");
    return true;
}

static void
judge_order(struct planner *planner)
{
    const struct order_document *order = planner->document;

    if (is_settled(planner) || reduced_is_not_created(planner))
        return;
    if (scope_excludes(planner)) {
        planner->plan->out_of_scope = true;
        return;
    }
    if (planner->documents[planner->document_index].claimed->state == STATE_FAILED) {
        planner_keep(&planner->documents[planner->document_index]);
        return;
    }
    if (!text_is_blank(order->magento_order_nbr)) {
        plan_link(planner);
        return;
    }
    if (order_is_cancelled(order)) {
        verdict_set(planner->verdict, STATE_SKIPPED, "it is canceled in Acumatica");
        /* Its last chance: a restored database may not know of its number either. */
        look_for_a_lost_create(planner);
        return;
    }
    if (has_neither_lines_nor_total(order)) {
        wait_for_lines(planner);
        return;
    }
    if (has_unusable_values(planner))
        return;
    if (!planner->plan->conditions_hold && !planner->order->forced) {
        conditions_explain(planner);
        return;
    }
    if (is_not_ready(planner))
        return;
    if (order->line_count == 0)
        wait_for_lines(planner);
    else if (!late_save_is_awaited(planner))
        plan_create(planner);
}

/* A shipment or an invoice of an order that Magento does not have. */
static void
judge_dependent(struct planner *planner, struct planned_document *document)
{
    const char *order_nbr = planner->order->order_nbr;
    struct words nbr = words_value(order_nbr);

    if (planner->verdict == NULL) {
        verdict_set(document->verdict, STATE_WAITING,
                    "no notification for its order %s has arrived yet", nbr.text);
        verdict_advise(document->verdict,
                       "save order %s in Acumatica, or check the inquiry of its "
                       "push notification",
                       nbr.text);
        return;
    }
    switch (planner->verdict->state) {
    case STATE_PENDING:
    case STATE_RETRYING:
        verdict_set(document->verdict, STATE_PENDING, "its order %s is published first", nbr.text);
        break;
    case STATE_SKIPPED:
        if (planner->verdict->for_good)
            verdict_leave_out(document->verdict, "its order %s is not synced", nbr.text);
        else
            verdict_set(document->verdict, STATE_SKIPPED, "its order %s is not synced yet",
                        nbr.text);
        break;
    case STATE_PUBLISHED:
        verdict_set(document->verdict, STATE_SKIPPED,
                    "a person chose to have its order %s handled by hand", nbr.text);
        break;
    case STATE_WAITING:
        verdict_set(document->verdict, STATE_WAITING, "its order %s is not in Magento yet",
                    nbr.text);
        break;
    case STATE_FAILED:
        verdict_set(document->verdict, STATE_WAITING, "its order %s has failed", nbr.text);
        break;
    }
}

/* Only a shipment or an invoice has come: what can be told of the order's scope is its type. */
static bool
type_is_excluded(struct planner *planner, struct planned_document *document)
{
    bool excluded;

    planner->verdict = document->verdict;
    excluded = scope_excludes(planner);
    planner->verdict = NULL;
    return excluded;
}

void
plan_new(struct planner *planner)
{
    if (planner->document != NULL) {
        judge_order(planner);
        if (!planner->out_of_memory && may_have_been_created(planner))
            look_for_a_lost_create(planner);
    }
    for (size_t i = 0; i < planner->order->document_count; i++) {
        struct planned_document *document = &planner->documents[i];
        bool judged;

        if (document->claimed->kind == DOCUMENT_ORDER)
            continue;
        judged = document->claimed->kind == DOCUMENT_SHIPMENT ? shipment_is_judged(planner, i)
                                                              : invoice_is_judged(planner, i);
        if (!judged && (planner->document != NULL || !type_is_excluded(planner, document)))
            judge_dependent(planner, document);
    }
}
