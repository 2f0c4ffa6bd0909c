/*
 * A thread's way to Magento: its client, what all threads know of the shop, and the gate that each
 * call passes. The thread's own; what it borrows outlives it.
 */
#ifndef AMSYNC_SYNC_SESSION_H
#define AMSYNC_SYNC_SESSION_H

#include <stdbool.h>

#include "magento/client.h"
#include "magento/products.h"
#include "magento/shop.h"
#include "sync/gate.h"

struct session {
    struct magento_client *client;
    struct product_cache *products;
    struct magento_shop *shop;
    struct gate *gate;
    bool held_back; /* the last call was not let through the gate: no attempt of anyone's */
};

/* To be called before each call; false: `answer` says why not. */
bool session_may(struct session *session, enum magento_call call, struct magento_answer *answer);

/* To be called after each call that was let through. A refused read is one to repeat: it says
 * nothing of the order. When a right is missing it is asked whether orders may be read at all.
 * Returns answer->outcome. */
enum magento_outcome session_done(struct session *session, enum magento_call call,
                                  struct magento_answer *answer);

#endif
