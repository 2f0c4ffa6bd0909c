/* The state machine of an order, and the calls that move it: hold, unhold, cancel, comment. */
#ifndef AMSYNC_SIM_ORDER_STATE_H
#define AMSYNC_SIM_ORDER_STATE_H

#include "sim/row.h"
#include "sim/shop.h"

bool order_is_virtual(const struct order *order);
bool order_can_ship(const struct order *order);
bool order_can_invoice(const struct order *order);
bool order_can_cancel(const struct order *order);

/* What is left of an item to ship or to invoice. */
fixed4 item_left_to_ship(const json_t *item);
fixed4 item_left_to_invoice(const json_t *item);

/* The item of that id, NULL if the order has none. Borrowed. */
json_t *order_item(const struct order *order, int64_t item_id);

/*
 * Moves state and status to what quantities and payments say; `in_process` after a shipment or an
 * invoice. Forgets the order's view.
 */
void order_state_check(struct order *order, bool in_process);

/* What a person or a call does; false when the state does not allow it. */
bool order_hold(struct order *order);
bool order_unhold(struct order *order);
bool order_cancel(struct order *order);

/* The REST calls. */
void order_state_hold(struct call *call);
void order_state_unhold(struct call *call);
void order_state_cancel(struct call *call);
void order_state_comment(struct call *call);

/* The order of the call's path; NULL: answered with 404. */
struct order *order_of_call(struct call *call);

#endif
