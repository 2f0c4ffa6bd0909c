/* Orders as the REST API shows them. */
#ifndef AMSYNC_SIM_ORDER_VIEW_H
#define AMSYNC_SIM_ORDER_VIEW_H

#include "sim/shop.h"

/*
 * The order as GET /V1/orders/{id} shows it: what the tables hold, with the columns' defaults and
 * the computed amounts. Borrowed: kept with the order until order_view_forget.
 */
json_t *order_view(struct order *order);

/* The same, but only so many orders' views are kept: the one kept longest is forgotten. */
json_t *order_view_kept(struct shop *shop, struct order *order);

/* To be called after every change of the order's rows. */
void order_view_forget(struct order *order);

/*
 * What a create answers: the texts as they came (a column may hold less), and only what was sent or
 * made by Magento. `sent` is the entity; an item's or address's ids come from the order. New.
 */
json_t *order_view_created(const struct order *order, const json_t *sent);

/* What an update by entity_id answers: little of the order, all of its items. New. */
json_t *order_view_updated(struct order *order, const json_t *sent);

/* row_total and row_total_incl_tax as the API computes them: less the discount, with the tax. */
void order_view_item_totals(json_t *item);

#endif
