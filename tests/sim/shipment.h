/* POST /V1/order/{id}/ship and POST /V1/shipment/track. */
#ifndef AMSYNC_SIM_SHIPMENT_H
#define AMSYNC_SIM_SHIPMENT_H

#include "sim/shop.h"

/* Ships what the body says, clamped to what is left; or everything, if it names no items. */
void shipment_create(struct call *call);

/* The same as a person in the admin does it. */
void shipment_by_hand(struct shop *shop, struct order *order, json_t *body, struct answer *answer);

void shipment_add_track(struct call *call);

#endif
