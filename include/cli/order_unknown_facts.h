/*
 * What is known where no order has a number, from which amsync order explains why.
 */
#ifndef AMSYNC_CLI_ORDER_UNKNOWN_FACTS_H
#define AMSYNC_CLI_ORDER_UNKNOWN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "cli/order_unknown.h"
#include "cli/session.h"
#include "store/lookup.h"

struct unknown_facts {
    int64_t now_unix_ms;
    json_t *arrivals;
    int64_t refused_since_unix_ms;
    bool since_last_order; /* rather than in the last two days */
    json_t *refused;
    json_t *gaps;
    struct stored_notification *notification; /* that names the number; NULL: none does */
    json_t *remarks;                          /* of intake, on that */
    bool nobody_serves;
    struct found_order *elsewhere; /* orders of other types with that number */
    size_t elsewhere_count;
};

/* Fails as database_query; `facts`, which is zeroed before, is to be finished in any case. */
AMSYNC_MUST_USE enum result unknown_facts_read(struct cli_session *session,
                                               const struct unknown_number *unknown,
                                               struct unknown_facts *facts, struct error *err);
void unknown_facts_finish(struct unknown_facts *facts);

#endif
