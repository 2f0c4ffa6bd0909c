#include "sync/plan_items.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/identity.h"
#include "sync/verdict.h"
#include "sync/words.h"

bool
item_quantities_init(struct planner *planner, struct item_quantities *quantities)
{
    quantities->quantities = calloc(planner->item_count + 1, sizeof(*quantities->quantities));
    quantities->count = planner->item_count;
    if (quantities->quantities == NULL)
        planner->out_of_memory = true;
    return quantities->quantities != NULL;
}

/* What was ordered by the box and goes out by the piece cannot be reckoned. */
static bool
unit_is_that_of_the_order(struct planner *planner, struct verdict *verdict,
                          const struct document_line *line)
{
    const struct order_line *ordered = planner_order_line(planner, line->order_line_nbr);

    if (ordered == NULL || ordered->uom[0] == '\0' || line->uom[0] == '\0' ||
        text_equals_ignore_case(ordered->uom, line->uom))
        return true;
    verdict_set(verdict, STATE_WAITING, "line %d (%s) is %s here, but was ordered as %s",
                line->line_nbr, words_value(line->inventory_id).text,
                words_quantity(line->qty.value, line->uom).text,
                words_quantity(ordered->order_qty.value, ordered->uom).text);
    return false;
}

/* The line's item may have been changed since the order was made in Magento, and of a kit its parts go
 * out under the kit's line. Items of configurable products have the SKU of the simple one, too. */
static bool
is_of_the_item(struct verdict *verdict, const struct document_line *line,
               const struct planned_item *item)
{
    const char *sku = item->item->sku;

    if (text_is_blank(line->inventory_id) || text_is_blank(sku) ||
        text_equals_ignore_case(line->inventory_id, sku))
        return true;
    verdict_set(verdict, STATE_WAITING, "line %d is of %s here, but of %s in Magento's order",
                line->line_nbr, words_value(line->inventory_id).text, words_value(sku).text);
    return false;
}

static bool
quantity_is_usable(struct verdict *verdict, const struct document_line *line,
                   const struct planned_item *item)
{
    struct words sku = words_value(line->inventory_id);
    struct words qty = words_quantity(line->qty.value, line->uom);

    if (decimal_sign(line->qty.value) < 0) {
        verdict_set(verdict, STATE_WAITING, "line %d (%s) has a quantity of %s", line->line_nbr,
                    sku.text, qty.text);
        return false;
    }
    if (!decimal_is_integer(line->qty.value) && !item->item->is_qty_decimal) {
        verdict_set(verdict, STATE_WAITING,
                    "line %d (%s) has a quantity of %s, and Magento's order takes only whole "
                    "numbers of it",
                    line->line_nbr, sku.text, qty.text);
        return false;
    }
    return true;
}

bool
item_quantities_add(struct planner *planner, struct verdict *verdict,
                    const struct document_line *line, struct item_quantities *quantities)
{
    struct planned_item *item;

    if (!line->qty.known) {
        verdict_set(verdict, STATE_WAITING, "the quantity of line %d is not known", line->line_nbr);
        verdict_advise(verdict, "add the column %s to the inquiry", line->quantity_column);
        return false;
    }
    if (decimal_is_zero(line->qty.value))
        return true;
    item = planner_item(planner, line->order_line_nbr, line->inventory_id);
    if (item == NULL) {
        verdict_set(verdict, STATE_WAITING,
                    "line %d (%s, %s) is of a line that Magento's order does not have",
                    line->line_nbr, words_value(line->inventory_id).text,
                    words_quantity(line->qty.value, line->uom).text);
        return false;
    }
    if (!is_of_the_item(verdict, line, item) ||
        !unit_is_that_of_the_order(planner, verdict, line) ||
        !quantity_is_usable(verdict, line, item))
        return false;

    struct decimal *sum = &quantities->quantities[item - planner->items];

    *sum = decimal_add(*sum, line->qty.value);
    return true;
}

bool
item_quantities_any(const struct item_quantities *quantities)
{
    for (size_t i = 0; i < quantities->count; i++)
        if (decimal_sign(quantities->quantities[i]) > 0)
            return true;
    return false;
}

static bool
has_comment(const struct magento_document *document, const char *comment)
{
    for (size_t i = 0; document->comments[i] != NULL; i++)
        if (strcmp(document->comments[i], comment) == 0)
            return true;
    return false;
}

static const char *
kind_word(const struct claimed_document *claimed)
{
    return claimed->kind == DOCUMENT_SHIPMENT ? "shipment" : "invoice";
}

void
plan_advise_to_resolve(struct planner *planner, size_t document, const char *first)
{
    const struct claimed_document *claimed = planner->documents[document].claimed;

    verdict_advise(planner->documents[document].verdict,
                   "%s, then amsync resolve %s --%s %s --as done --note TEXT", first,
                   words_argument(planner->order->order_nbr).text, kind_word(claimed),
                   words_argument(claimed->number).text);
}

static void
found_twice(struct planner *planner, size_t document, const struct magento_document *first,
            const struct magento_document *second)
{
    verdict_set(planner->documents[document].verdict, STATE_WAITING,
                "Magento has it twice, as %s and %s", words_value(first->increment_id).text,
                words_value(second->increment_id).text);
    plan_advise_to_resolve(planner, document, "undo one of them in Magento");
}

enum result
plan_find(struct planner *planner, size_t document, const struct magento_document *candidates,
          size_t count, const struct magento_document **ret_found)
{
    const struct claimed_document *claimed = planner->documents[document].claimed;
    AMSYNC_CLEANUP(cleanup_free) char *marker = identity_marker(claimed);
    const struct magento_document *found = NULL;

    if (marker == NULL) {
        planner->out_of_memory = true;
        return RESULT_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        bool same_id = claimed->magento_entity_id != 0 &&
                       candidates[i].entity_id == claimed->magento_entity_id;

        if (!same_id && !has_comment(&candidates[i], marker))
            continue;
        if (found != NULL) {
            found_twice(planner, document, found, &candidates[i]);
            return RESULT_REJECTED;
        }
        found = &candidates[i];
    }
    if (found != NULL) {
        *ret_found = found;
        return RESULT_OK;
    }
    if (claimed->magento_entity_id == 0)
        return RESULT_NONE;
    verdict_set(planner->documents[document].verdict, STATE_WAITING,
                "Magento no longer has it (it was %s, id %lld), and it is not made again",
                claimed->magento_increment_id != NULL ? claimed->magento_increment_id
                                                      : kind_word(claimed),
                (long long)claimed->magento_entity_id);
    plan_advise_to_resolve(planner, document, "find out who removed it");
    return RESULT_REJECTED;
}

void
plan_note_numbers(struct planner *planner, size_t document, const struct magento_document *found)
{
    struct verdict *verdict = planner->documents[document].verdict;

    verdict->magento_entity_id = found->entity_id;
    free(verdict->magento_increment_id);
    verdict->magento_increment_id = strdup(found->increment_id);
    if (verdict->magento_increment_id == NULL)
        planner->out_of_memory = true;
}

bool
document_is_settled_or_failed(struct planner *planner, size_t document, char *const *unusable)
{
    struct planned_document *planned = &planner->documents[document];
    const char *settled = planned->claimed->settled;

    if (settled != NULL) {
        bool done = strcmp(settled, "done") == 0;

        verdict_set(planned->verdict, done ? STATE_PUBLISHED : STATE_SKIPPED, "%s",
                    done ? "" : "a person chose to leave it out");
        planned->in_magento = true;
        return true;
    }
    if (planned->claimed->state == STATE_FAILED) {
        planner_keep(planned);
        /* What failed may be a tracking number that was added to it. */
        planned->in_magento = planned->claimed->magento_entity_id != 0;
        return true;
    }
    if (unusable[0] != NULL) {
        verdict_set(planned->verdict, STATE_FAILED, "%s", unusable[0]);
        verdict_advise(planned->verdict, "correct it in Acumatica");
        return true;
    }
    return false;
}

bool
plan_is_held_by_a_person(struct planner *planner, size_t document)
{
    struct verdict *verdict = planner->documents[document].verdict;

    if (strcmp(planner->observed->order->state, "holded") != 0 || planner->order->held_by_amsync)
        return false;
    verdict_set(verdict, STATE_WAITING, "a person has put the order on hold in Magento");
    verdict_advise(verdict, "release it from hold in Magento, then amsync sync %s",
                   words_argument(planner->order->order_nbr).text);
    return true;
}
