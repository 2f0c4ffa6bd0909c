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

/* How long a completed order's last shipment may be on its way to us, before what it has left open
 * in Magento counts as not coming. */
#define LAST_SHIPMENT_MS 30000
#define LAST_SHIPMENT_REASON                                                                       \
    "it is completed in Acumatica with open quantities, which are canceled in Magento unless "     \
    "another shipment arrives"
#define COMMENT_BEGINNING "Changed in Acumatica: "

/* What the order's own document asks of Magento. */
struct wishes {
    json_t *snapshot; /* as the order stands; NULL: the same as Magento was told */
    char *changes;    /* what has changed since; NULL: nothing that Magento was not told */
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

static const struct claimed_document *
own_document(const struct planner *planner)
{
    return &planner->order->documents[planner->document_index];
}

/* A settled order, and one whose last change Magento has refused, is left as it is. */
static bool
order_is_left_alone(struct planner *planner)
{
    const char *settled = own_document(planner)->settled;

    if (settled != NULL) {
        bool done = strcmp(settled, "done") == 0;

        verdict_set(planner->verdict, done ? STATE_PUBLISHED : STATE_SKIPPED, "%s",
                    done ? "" : "a person chose to leave it as it is in Magento");
        return true;
    }
    if (own_document(planner)->state == STATE_FAILED) {
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

/* What Magento was told is not known of an order taken over from elsewhere: it counts as up to date.
 */
static void
wish_comment(struct planner *planner, struct wishes *wishes)
{
    json_t *snapshot = changes_snapshot(planner->document);
    enum result result;

    if (snapshot == NULL) {
        planner->out_of_memory = true;
        return;
    }
    if (planner->order->sent == NULL) {
        wishes->snapshot = snapshot;
        return;
    }
    result = changes_describe(planner->order->sent, snapshot, &wishes->changes);
    if (result == RESULT_FAILED)
        planner->out_of_memory = true;
    if (result == RESULT_OK)
        wishes->snapshot = snapshot;
    else
        json_decref(snapshot);
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
    bool judged = own_document(planner)->state == STATE_PUBLISHED;
    bool held = planner->order->held_by_amsync;
    bool on_hold = order_is_on_hold(order);
    struct wishes wishes = {.snapshot = NULL};

    wish_comment(planner, &wishes);
    wishes.cancel = order_is_cancelled(order) && !judged;
    wishes.hold = on_hold && !held && !order_is_cancelled(order);
    wishes.unhold = held && (!on_hold || wishes.cancel);
    wishes.cancel_rest = order_is_completed(order) && shipments_fall_short(planner);
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
    bool judged = own_document(planner)->state == STATE_PUBLISHED;

    return wishes->changes != NULL || wishes->unhold || wishes->cancel ||
           (wishes->hold && !judged) || (wishes->cancel_rest && !judged && has_invoice(planner));
}

static struct decimal
at_least_zero(struct decimal value)
{
    return decimal_max(value, DECIMAL_ZERO);
}

/* What is left of Magento's items, as Magento reckons it. */
static bool
read_items(struct planner *planner)
{
    const struct magento_order *order = planner->observed->order;

    planner->items = calloc(order->item_count + 1, sizeof(*planner->items));
    if (planner->items == NULL)
        return false;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct magento_order_item *item = &order->items[i];
        struct decimal open = decimal_sub(item->qty_ordered, item->qty_canceled);

        if (item->parent_item_id != 0)
            continue;
        planner->items[planner->item_count++] = (struct planned_item){
            .item = item,
            .to_ship = at_least_zero(
                decimal_sub(open, decimal_add(item->qty_shipped, item->qty_refunded))),
            .to_invoice = at_least_zero(decimal_sub(open, item->qty_invoiced)),
            .shipped = item->qty_shipped,
            .invoiced = item->qty_invoiced,
        };
    }
    return true;
}

static const struct claimed_line *
find_line(const struct claimed_line *lines, size_t count, int32_t line_nbr)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i].line_nbr == line_nbr)
            return &lines[i];
    return NULL;
}

/* The lines that are known already, and those that can be placed now. */
static bool
read_lines(struct planner *planner)
{
    const struct claimed_order *order = planner->order;
    const struct magento_order *magento = planner->observed->order;
    AMSYNC_CLEANUP(cleanup_free) struct claimed_line *found = NULL;
    size_t found_count = 0;
    enum result ours = identity_matches(order, magento);

    planner->lines = order->lines;
    planner->line_count = order->line_count;
    if (planner->document == NULL || order->line_count >= planner->document->line_count)
        return true;
    if (ours == RESULT_FAILED || lines_match(planner->document, ours == RESULT_OK, magento, &found,
                                             &found_count) != RESULT_OK)
        return false;

    size_t count = order->line_count;
    struct claimed_line *all = calloc(count + found_count + 1, sizeof(*all));

    if (all == NULL)
        return false;
    if (count > 0)
        memcpy(all, order->lines, count * sizeof(*all));
    for (size_t i = 0; i < found_count; i++)
        if (find_line(order->lines, order->line_count, found[i].line_nbr) == NULL)
            all[count++] = found[i];
    free(planner->plan->lines);
    planner->plan->lines = all;
    planner->plan->line_count = count;
    planner->lines = all;
    planner->line_count = count;
    return true;
}

static struct planned_item *
item_by_id(struct planner *planner, int64_t item_id)
{
    for (size_t i = 0; i < planner->item_count; i++)
        if (planner->items[i].item->item_id == item_id)
            return &planner->items[i];
    return NULL;
}

struct planned_item *
planner_item(struct planner *planner, int32_t order_line_nbr, const char *inventory_id)
{
    const struct claimed_line *line =
        find_line(planner->lines, planner->line_count, order_line_nbr);
    bool lines_are_known = planner->document != NULL && planner->document->line_count > 0;
    struct planned_item *found = NULL;

    if (line != NULL)
        return item_by_id(planner, line->magento_item_id);
    if (order_line_nbr != 0 && lines_are_known)
        return NULL;
    for (size_t i = 0; i < planner->item_count; i++) {
        if (!text_equals_ignore_case(planner->items[i].item->sku, inventory_id))
            continue;
        if (found != NULL)
            return NULL;
        found = &planner->items[i];
    }
    return found;
}

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

/* Hold and shipments and invoices change the status that Magento gives the order; what depends on
 * it waits for another look. */
static bool
status_will_change(const struct planner *planner)
{
    return planner_has_action(planner, ACTION_UNHOLD) || planner_has_action(planner, ACTION_SHIP) ||
           planner_has_action(planner, ACTION_INVOICE);
}

static void
act_or_look_again(struct planner *planner, enum action_kind kind, json_t *body)
{
    if (status_will_change(planner)) {
        planner->plan->again = true;
        json_decref(body);
        return;
    }
    planner_act(planner, kind, planner->document_index, body, 0);
}

static void
plan_comment(struct planner *planner, struct wishes *wishes)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    json_t *body;

    if (wishes->changes == NULL)
        return;
    if (status_will_change(planner)) {
        planner->plan->again = true;
        return;
    }
    if (asprintf(&text, COMMENT_BEGINNING "%s", wishes->changes) < 0) {
        text = NULL;
        planner->out_of_memory = true;
        return;
    }
    body = translate_comment(planner->observed->order->status, text);
    if (body == NULL) {
        planner->out_of_memory = true;
        return;
    }
    planner_act(planner, ACTION_COMMENT, planner->document_index, body, 0);
    planner->plan->sent = json_incref(wishes->snapshot);
}

static bool
state_is(const struct planner *planner, const char *state)
{
    return strcmp(planner->observed->order->state, state) == 0;
}

/* An order that is finished one way or the other cannot be held. */
static bool
can_be_held(const struct planner *planner)
{
    return state_is(planner, "new") || state_is(planner, "processing") ||
           state_is(planner, "pending_payment");
}

static void
plan_unhold(struct planner *planner, const struct wishes *wishes)
{
    bool held = state_is(planner, "holded");
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

static void
plan_cancel(struct planner *planner)
{
    const struct planned_item *item = find_shipped_but_not_invoiced(planner);

    if (state_is(planner, "canceled") || state_is(planner, "closed"))
        return;
    if (item != NULL) {
        verdict_set(planner->verdict, STATE_WAITING,
                    "it is canceled in Acumatica, but Magento has shipped %s of %s and invoiced %s",
                    words_quantity(item->shipped, "").text, words_value(item->item->sku).text,
                    words_quantity(item->invoiced, "").text);
        verdict_advise(planner->verdict, "release the invoice of that shipment in Acumatica");
    } else if (has_open_quantities(planner)) {
        act_or_look_again(planner, ACTION_CANCEL, NULL);
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
static void
plan_cancel_rest(struct planner *planner)
{
    const struct claimed_document *own = own_document(planner);
    bool waited = own->state == STATE_WAITING && own->reason != NULL &&
                  strcmp(own->reason, LAST_SHIPMENT_REASON) == 0;

    if (state_is(planner, "canceled") || state_is(planner, "closed") ||
        state_is(planner, "complete") || !has_open_quantities(planner) ||
        !has_invoiced_quantities(planner) || find_shipped_but_not_invoiced(planner) != NULL)
        return;
    if (status_will_change(planner)) {
        planner->plan->again = true;
    } else if (!something_is_to_come(planner) && waited) {
        planner_act(planner, ACTION_CANCEL, planner->document_index, NULL, 0);
    } else if (!something_is_to_come(planner)) {
        verdict_set(planner->verdict, STATE_WAITING, "%s", LAST_SHIPMENT_REASON);
        planner->plan->look_again_ms = LAST_SHIPMENT_MS;
    }
}

/* A hold that a person has set in Magento is theirs to lift. */
static bool
is_held_by_a_person(const struct planner *planner)
{
    return state_is(planner, "holded") && !planner->order->held_by_amsync;
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
        act_or_look_again(planner, ACTION_HOLD, NULL);
    if (wishes->cancel)
        plan_cancel(planner);
    if (wishes->cancel_rest)
        plan_cancel_rest(planner);
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
        verdict_set(document->verdict, STATE_WAITING,
                    "Magento no longer has order %s (id %lld), and it is not created again",
                    order->magento_increment_id != NULL ? order->magento_increment_id : "",
                    (long long)order->magento_entity_id);
        verdict_advise(document->verdict,
                       "find out who deleted it, then amsync resolve %s --as done --note TEXT",
                       words_argument(order->order_nbr).text);
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
    if (seen && planner->observed->order != NULL && (!read_items(planner) || !read_lines(planner)))
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
