#include "sync/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/identity.h"
#include "sync/plan.h"

#define LINE_NBR_BYTES 16

static bool
is_child(const struct magento_order_item *item)
{
    return item->parent_item_id != 0;
}

static const struct magento_order_item *
item_by_line_nbr(const struct order_line *line, bool ours, const struct magento_order *magento)
{
    char line_nbr[LINE_NBR_BYTES];

    (void)snprintf(line_nbr, sizeof(line_nbr), "%d", line->line_nbr);
    for (size_t i = 0; i < magento->item_count; i++) {
        const struct magento_order_item *item = &magento->items[i];

        if (!is_child(item) && item->ext_order_item_id != NULL &&
            strcmp(item->ext_order_item_id, line_nbr) == 0 &&
            (ours || text_equals_ignore_case(item->sku, line->inventory_id)))
            return item;
    }
    return NULL;
}

/* The only item of that SKU, if it is also the SKU of only one line. */
static const struct magento_order_item *
item_by_sku(const struct order_line *line, const struct order_document *order,
            const struct magento_order *magento)
{
    const struct magento_order_item *found = NULL;
    size_t items = 0;
    size_t lines = 0;

    for (size_t i = 0; i < magento->item_count; i++) {
        if (!is_child(&magento->items[i]) &&
            text_equals_ignore_case(magento->items[i].sku, line->inventory_id)) {
            found = &magento->items[i];
            items++;
        }
    }
    for (size_t i = 0; i < order->line_count; i++)
        if (text_equals_ignore_case(order->lines[i].inventory_id, line->inventory_id))
            lines++;
    return items == 1 && lines == 1 ? found : NULL;
}

enum result
lines_match(const struct order_document *order, bool ours, const struct magento_order *magento,
            struct claimed_line **ret_lines, size_t *ret_count)
{
    AMSYNC_CLEANUP(cleanup_free)
    struct claimed_line *lines = calloc(order->line_count + 1, sizeof(*lines));
    size_t count = 0;

    if (lines == NULL)
        return RESULT_FAILED;
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        const struct magento_order_item *item = item_by_line_nbr(line, ours, magento);

        if (item == NULL)
            item = item_by_sku(line, order, magento);
        if (item != NULL)
            lines[count++] =
                (struct claimed_line){.line_nbr = line->line_nbr, .magento_item_id = item->item_id};
    }
    *ret_lines = TAKE_PTR(lines);
    *ret_count = count;
    return RESULT_OK;
}

enum result
plan_match_lines(const struct claimed_order *order, const struct magento_order *magento,
                 struct claimed_line **ret_lines, size_t *ret_count, struct error *err)
{
    AMSYNC_CLEANUP(order_document_free) struct order_document *document = NULL;
    enum result ours = identity_matches(order, magento);

    if (ours == RESULT_FAILED)
        return error_result(err, RESULT_FAILED, "out of memory");
    for (size_t i = 0; i < order->document_count && document == NULL; i++) {
        if (order->documents[i].kind != DOCUMENT_ORDER)
            continue;

        enum result result = order_document_read(order->documents[i].body, &document, err);

        if (result != RESULT_OK)
            return result;
    }
    if (document == NULL) {
        *ret_lines = NULL;
        *ret_count = 0;
        return RESULT_OK;
    }
    if (lines_match(document, ours == RESULT_OK, magento, ret_lines, ret_count) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "out of memory");
    return RESULT_OK;
}
