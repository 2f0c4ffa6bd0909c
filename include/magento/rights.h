/*
 * The rights that amsync needs, and whether Magento's integration has them. Asking changes nothing:
 * a call that only reads is made as it is, and one that writes without what it needs to take effect
 * (for an order that there is not, or without a body), which Magento answers only after it has
 * looked at the rights. The client's thread.
 */
#ifndef AMSYNC_MAGENTO_RIGHTS_H
#define AMSYNC_MAGENTO_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "magento/client.h"

struct magento_right {
    const char *what;   /* it is needed for: "ship" */
    const char *screen; /* what the integration's screen calls it */
    const char *path;
    enum magento_call call;
};

/* One after the other, from 0; NULL after the last. */
const struct magento_right *magento_right_at(size_t index);

/* MAGENTO_DONE: the integration has it. MAGENTO_UNAUTHORIZED: it has not; `answer->resource` is what
 * Magento calls it. Anything else leaves it open, and the message says why. */
enum magento_outcome magento_right_ask(struct magento_client *client,
                                       const struct magento_right *right,
                                       struct magento_answer *answer);

/* What the integration's screen calls a resource that Magento has named, else `screen`. */
const char *magento_right_screen(const char *resource, const char *screen);

#endif
