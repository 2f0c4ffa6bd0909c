/*
 * Doing one action of a plan: one call to Magento, and what it changes in what is known of the
 * order. The worker's thread.
 */
#ifndef AMSYNC_SYNC_PERFORM_H
#define AMSYNC_SYNC_PERFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "sync/observe.h"
#include "sync/plan.h"
#include "sync/session.h"

/* What an action came to, besides the answer. */
struct performed {
    bool adopted;              /* the create found the order there already, and it is ours */
    bool forget_number;        /* the number belongs to another order */
    int64_t magento_entity_id; /* of what was made or linked; 0: nothing with an id */
};

/*
 * Does `action`. With MAGENTO_DONE a created or linked order stands in `order` (entity id, number)
 * and in `observation` (as sync/plan.h asks for it), a hold or its end in `order`; otherwise both
 * are as before. `performed` is set in any case.
 */
enum magento_outcome perform(struct session *session, const struct plan *plan,
                             const struct action *action, struct claimed_order *order,
                             struct observation *observation, struct performed *performed,
                             struct magento_answer *answer);

#endif
