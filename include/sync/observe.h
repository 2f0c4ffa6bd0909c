/*
 * Looking at what Magento holds, as far as a plan needs it. The worker's thread.
 */
#ifndef AMSYNC_SYNC_OBSERVE_H
#define AMSYNC_SYNC_OBSERVE_H

#include <stddef.h>

#include "sync/plan.h"
#include "sync/session.h"

/* What was seen of Magento for one order, and what it borrows from. `{0}` is nothing. */
struct observation {
    struct observed seen;
    struct magento_product *products; /* owned; seen.products */
    size_t product_count;
    struct magento_countries *countries; /* owned reference; seen.countries is its json */
    struct magento_store store;
};

/* Frees what it holds; it is `{0}` again. */
void observation_finish(struct observation *observation);

/* Forgets what was seen of these needs, so that it is looked at anew. */
void observation_forget(struct observation *observation, unsigned needs);

/*
 * Looks at all of `needs` (plan_need) but NEED_NUMBER. With MAGENTO_DONE they are in seen.looked;
 * otherwise some may be, and `answer` says what went wrong: MAGENTO_AGAIN, MAGENTO_UNAUTHORIZED or
 * MAGENTO_ABORTED.
 */
enum magento_outcome observe(struct session *session, const struct claimed_order *order,
                             unsigned needs, struct observation *observation,
                             struct magento_answer *answer);

#endif
