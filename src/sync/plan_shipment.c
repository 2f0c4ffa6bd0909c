#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/plan_items.h"
#include "sync/planner.h"
#include "sync/translate.h"
#include "sync/verdict.h"
#include "sync/words.h"

/* Goods that move between warehouses, or come in, are nothing that a customer is to see. */
static bool
is_of_another_type(const struct shipment_document *shipment)
{
    return text_equals_ignore_case(shipment->type, "Transfer") ||
           text_equals_ignore_case(shipment->type, "Receipt");
}

static bool
is_named_by_a_released_invoice(const struct planner *planner, const char *shipment_nbr)
{
    for (size_t i = 0; i < planner->order->document_count; i++) {
        const struct invoice_document *invoice = planner->documents[i].invoice;

        if (invoice == NULL || !invoice->released)
            continue;
        for (size_t j = 0; j < invoice->line_count; j++)
            if (text_equals_ignore_case(invoice->lines[j].shipment_nbr, shipment_nbr))
                return true;
    }
    return false;
}

static void
judge_unconfirmed(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    const char *status = planned->shipment->status;
    struct words shown = words_value(status[0] != '\0' ? status : "not known");

    if (planned->claimed->magento_entity_id != 0) {
        verdict_set(planned->verdict, STATE_WAITING,
                    "it is being corrected in Acumatica (status %s), and Magento shows it as it "
                    "was",
                    shown.text);
        verdict_advise(planned->verdict, "confirm it again in Acumatica");
        planned->in_magento = true;
        return;
    }
    verdict_set(planned->verdict, STATE_SKIPPED, "it is not confirmed (status %s)", shown.text);
    verdict_advise(planned->verdict, "confirm it in Acumatica%s",
                   status[0] != '\0' ? "" : ", or check that the inquiry has the column Confirmed");
}

bool
shipment_is_judged(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    const struct shipment_document *shipment = planned->shipment;

    if (document_is_settled_or_failed(planner, document, shipment->unusable) ||
        reduced_is_judged(planner, document))
        return true;
    if (is_of_another_type(shipment)) {
        verdict_leave_out(planned->verdict, "it is a %s, which the shop does not show",
                          words_value(shipment->type).text);
        planned->in_magento = true;
        return true;
    }
    if (shipment->line_count == 0 && planned->claimed->magento_entity_id == 0) {
        verdict_set(planned->verdict, STATE_SKIPPED, "it has no lines of this order");
        verdict_advise(planned->verdict, "%s", PLAN_ADVICE_LINES);
        return true;
    }
    if (shipment->line_count == 0 && !planned->claimed->reduced) {
        verdict_set(planned->verdict, STATE_WAITING,
                    "it has no lines of this order any more, but Magento has it");
        plan_advise_to_resolve(planner, document, "undo it in Magento");
        return true;
    }
    if (!shipment->confirmed) {
        judge_unconfirmed(planner, document);
        return true;
    }
    if (planner->preferences->shipment_trigger == TRIGGER_INVOICE_RELEASE &&
        planned->claimed->magento_entity_id == 0 &&
        !is_named_by_a_released_invoice(planner, planned->claimed->number)) {
        verdict_set(planned->verdict, STATE_SKIPPED, "no released invoice names it");
        verdict_advise(planned->verdict, "release its invoice in Acumatica, or "
                                         "amsync prefs set shipment_trigger=confirmation");
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
    for (size_t i = 0; i < planned->shipment->line_count; i++) {
        const struct shipment_line *line = &planned->shipment->lines[i];
        struct document_line common = {.line_nbr = line->line_nbr,
                                       .order_line_nbr = line->order_line_nbr,
                                       .inventory_id = line->inventory_id,
                                       .uom = line->uom,
                                       .qty = line->shipped_qty,
                                       .quantity_column = "ShippedQty"};

        if (!item_quantities_add(planner, planned->verdict, &common, quantities)) {
            if (planned->verdict->next != NULL && planned->verdict->next[0] == '\0')
                plan_advise_to_resolve(planner, document, "ship it by hand in Magento");
            return false;
        }
    }
    return true;
}

/* Magento has no shipments of virtual products. */
static void
leave_out_virtual_items(const struct planner *planner, struct item_quantities *quantities)
{
    for (size_t i = 0; i < quantities->count; i++)
        if (planner->items[i].item->is_virtual)
            quantities->quantities[i] = DECIMAL_ZERO;
}

/* Magento ships what is left where more is asked for, and says nothing. */
static bool
is_left_to_ship(struct planner *planner, size_t document, const struct item_quantities *quantities)
{
    struct verdict *verdict = planner->documents[document].verdict;

    for (size_t i = 0; i < quantities->count; i++) {
        const struct planned_item *item = &planner->items[i];

        if (decimal_compare(quantities->quantities[i], item->to_ship) <= 0)
            continue;
        verdict_set(verdict, STATE_WAITING,
                    "it ships %s of %s, but Magento has only %s left to ship",
                    words_quantity(quantities->quantities[i], "").text,
                    words_value(item->item->sku).text, words_quantity(item->to_ship, "").text);
        plan_advise_to_resolve(planner, document, "ship it by hand in Magento");
        return false;
    }
    return true;
}

static const char *
warehouse_of(const struct planner *planner, const struct shipment_line *line)
{
    const struct order_line *ordered = planner_order_line(planner, line->order_line_nbr);

    if (line->warehouse_id[0] != '\0' || ordered == NULL)
        return line->warehouse_id;
    return ordered->warehouse_id;
}

static bool
same_source(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

/* The source that the goods leave, NULL if its warehouse has no mapping. A Magento shipment has only
 * one. */
static bool
find_source(struct planner *planner, size_t document, const char **ret_source)
{
    struct planned_document *planned = &planner->documents[document];
    const struct shipment_line *lines = planned->shipment->lines;
    const char *first = warehouse_of(planner, &lines[0]);
    const char *source = rules_source_code(planner->rules, first);

    for (size_t i = 1; i < planned->shipment->line_count; i++) {
        const char *warehouse = warehouse_of(planner, &lines[i]);

        if (same_source(source, rules_source_code(planner->rules, warehouse)))
            continue;
        verdict_set(planned->verdict, STATE_WAITING,
                    "it leaves several warehouses (%s, %s) with different sources, and a Magento "
                    "shipment has only one",
                    words_value(first).text, words_value(warehouse).text);
        plan_advise_to_resolve(planner, document, "ship it by hand in Magento");
        return false;
    }
    *ret_source = source;
    return true;
}

static void
reckon_as_shipped(struct planner *planner, const struct item_quantities *quantities)
{
    for (size_t i = 0; i < quantities->count; i++) {
        struct planned_item *item = &planner->items[i];

        item->to_ship = decimal_sub(item->to_ship, quantities->quantities[i]);
        item->shipped = decimal_add(item->shipped, quantities->quantities[i]);
    }
}

static void
make_shipment(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    AMSYNC_CLEANUP(item_quantities_free) struct item_quantities quantities = {.quantities = NULL};
    const char *source = NULL;

    if (plan_is_held_by_a_person(planner, document) ||
        !collect_quantities(planner, document, &quantities))
        return;
    leave_out_virtual_items(planner, &quantities);
    if (!item_quantities_any(&quantities)) {
        verdict_set(planned->verdict, STATE_SKIPPED, "there is nothing in it for Magento to ship");
        planned->in_magento = true;
        return;
    }
    if (!is_left_to_ship(planner, document, &quantities) ||
        !find_source(planner, document, &source))
        return;

    json_t *body = translate_shipment(planner, document, &quantities, source);

    if (body == NULL) {
        planner->out_of_memory = true;
        return;
    }
    planner_act(planner, ACTION_SHIP, document, body, 0);
    reckon_as_shipped(planner, &quantities);
    planned->in_magento = true;
}

static struct decimal
quantity_of(const struct magento_document *found, int64_t item_id)
{
    struct decimal sum = DECIMAL_ZERO;

    for (size_t i = 0; i < found->item_count; i++)
        if (found->items[i].order_item_id == item_id)
            sum = decimal_add(sum, found->items[i].qty);
    return sum;
}

static bool
has_the_same_lines(struct planner *planner, size_t document, const struct magento_document *found)
{
    struct verdict *verdict = planner->documents[document].verdict;
    AMSYNC_CLEANUP(item_quantities_free) struct item_quantities quantities = {.quantities = NULL};

    if (!collect_quantities(planner, document, &quantities))
        return false;
    leave_out_virtual_items(planner, &quantities);
    for (size_t i = 0; i < quantities.count; i++) {
        const struct magento_order_item *item = planner->items[i].item;
        struct decimal shown = quantity_of(found, item->item_id);

        if (decimal_compare(quantities.quantities[i], shown) == 0)
            continue;
        verdict_set(verdict, STATE_WAITING,
                    "it was confirmed again with %s of %s, but Magento's shipment %s has %s",
                    words_quantity(quantities.quantities[i], "").text, words_value(item->sku).text,
                    words_value(found->increment_id).text, words_quantity(shown, "").text);
        plan_advise_to_resolve(planner, document, "correct it by hand in Magento");
        return false;
    }
    return true;
}

static bool
has_track(const struct magento_document *found, const char *tracking_nbr)
{
    for (size_t i = 0; found->track_numbers[i] != NULL; i++)
        if (strcmp(found->track_numbers[i], tracking_nbr) == 0)
            return true;
    return false;
}

static void
add_tracks(struct planner *planner, size_t document, const struct magento_document *found)
{
    const char **tracking_nbrs = planner->documents[document].shipment->tracking_nbrs;

    for (size_t i = 0; tracking_nbrs[i] != NULL; i++) {
        json_t *body;

        if (has_track(found, tracking_nbrs[i]))
            continue;
        body = translate_track(planner, document, found->entity_id, tracking_nbrs[i]);
        if (body == NULL) {
            planner->out_of_memory = true;
            return;
        }
        planner_act(planner, ACTION_TRACK, document, body, found->entity_id);
    }
}

/* Magento has it: what was confirmed again after a correction may differ. */
static void
compare(struct planner *planner, size_t document, const struct magento_document *found)
{
    struct planned_document *planned = &planner->documents[document];
    size_t actions = planner->plan->action_count;

    planned->in_magento = true;
    plan_note_numbers(planner, document, found);
    if (planned->claimed->state != STATE_PUBLISHED) {
        /* Of a reduced one perhaps not all lines have come again. */
        if (!planned->claimed->reduced && !has_the_same_lines(planner, document, found))
            return;
        add_tracks(planner, document, found);
    }
    if (planner->plan->action_count == actions)
        verdict_set(planned->verdict, STATE_PUBLISHED, "%s", "");
}

void
plan_shipment(struct planner *planner, size_t document)
{
    struct planned_document *planned = &planner->documents[document];
    const struct observed *observed = planner->observed;
    const struct magento_document *found = NULL;
    /* Of one that has just been made the number is of interest, not how the order stands. */
    bool is_only_compared = planned->claimed->state == STATE_PUBLISHED &&
                            planned->claimed->magento_entity_id != 0 &&
                            (observed->looked & NEED_ORDER) == 0;

    if (planned->claimed->state == STATE_PUBLISHED && (observed->looked & NEED_SHIPMENTS) == 0) {
        planner_keep(planned);
        planned->in_magento = true;
        return;
    }
    if (!is_only_compared &&
        (!planner_knows_documents(planner, NEED_SHIPMENTS) || observed->order == NULL))
        return;
    switch (plan_find(planner, document, observed->shipments, observed->shipment_count, &found)) {
    case RESULT_OK:
        compare(planner, document, found);
        break;
    case RESULT_NONE:
        make_shipment(planner, document);
        break;
    case RESULT_REJECTED:
    case RESULT_RETRY:
    case RESULT_FAILED:
        break;
    }
}
