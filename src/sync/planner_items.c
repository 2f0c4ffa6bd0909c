#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/identity.h"
#include "sync/lines.h"
#include "sync/planner.h"

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

bool
planner_read_magento(struct planner *planner)
{
    return read_items(planner) && read_lines(planner);
}
