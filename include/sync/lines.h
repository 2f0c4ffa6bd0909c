/*
 * Which item of a Magento order is which line of the Acumatica order. Pure; any thread.
 * plan_match_lines (sync/plan.h) belongs to it.
 */
#ifndef AMSYNC_SYNC_LINES_H
#define AMSYNC_SYNC_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "magento/entities.h"
#include "store/work.h"
#include "sync/model.h"

/* The lines of the order among the items of Magento's order, but children. `ours`: amsync has
 * created it, so that an item's ext_order_item_id is the line's number whatever its SKU is.
 * `ret_lines` is owned by the caller. RESULT_FAILED: out of memory. */
enum result lines_match(const struct order_document *order, bool ours,
                        const struct magento_order *magento, struct claimed_line **ret_lines,
                        size_t *ret_count) AMSYNC_MUST_USE;

#endif
