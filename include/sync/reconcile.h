/*
 * Bringing one order in Magento to the state that Acumatica has: look, plan, do, and say what came
 * of it. The worker's thread; nothing of PostgreSQL.
 */
#ifndef AMSYNC_SYNC_RECONCILE_H
#define AMSYNC_SYNC_RECONCILE_H

#include <stdint.h>

#include "base/settings.h"
#include "store/outcome.h"
#include "store/rules.h"
#include "sync/session.h"

/* What holds for all orders. */
struct reconcile_settings {
    int64_t max_attempts;
    unsigned quiet_ms;
    unsigned late_save_ms;
    enum log_bodies log_bodies;
};

/*
 * Works on a claimed order, which it takes over and the outcome then owns.
 * RESULT_FAILED: out of memory, or the plan does not end; the order is freed and its claim left to
 * run out, since a call that was sent may still take effect until then.
 */
AMSYNC_MUST_USE enum result reconcile(struct session *session,
                                      const struct reconcile_settings *settings,
                                      const struct rules *rules, struct claimed_order *order,
                                      struct outcome **ret_outcome, struct error *err);

#endif
