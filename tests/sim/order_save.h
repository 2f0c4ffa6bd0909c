/* POST /V1/orders and PUT /V1/orders/create: what Magento keeps of an order, and refuses. */
#ifndef AMSYNC_SIM_ORDER_SAVE_H
#define AMSYNC_SIM_ORDER_SAVE_H

#include "sim/shop.h"

/* Creates the order of the body's `entity`, or updates the one that its entity_id names. */
void order_save(struct call *call);

#endif
