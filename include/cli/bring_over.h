/*
 * What a change of preferences or customers would bring over to Magento, and whether the person
 * wants that. The main thread.
 */
#ifndef AMSYNC_CLI_BRING_OVER_H
#define AMSYNC_CLI_BRING_OVER_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/session.h"

/* Above this many orders a change is made only with --yes. */
#define BRING_OVER_UNASKED_MAX 20

/* Counting stops here; a larger number is "at least". */
#define BRING_OVER_COUNT_MAX 1000

/* A change that is made in the session's open transaction. */
struct change {
    enum result (*make)(struct cli_session *session, void *argument, struct error *err);
    void *argument;
    const char *company;     /* whose orders it may concern; NULL: all */
    const char *customer_id; /* NULL: all */
    bool counts;             /* whether it can bring orders over at all */
    bool yes;                /* --yes was given */
};

/* Makes the change and says how many orders it brings over; above BRING_OVER_UNASKED_MAX only with
 * `yes`, or after asking if standard input is a terminal. Nothing is changed unless CLI_EXIT_DONE is
 * returned, with *ret_orders set; otherwise the line about it is written. */
AMSYNC_MUST_USE int bring_over(struct cli_call *call, struct cli_session *session,
                               const struct change *change, size_t *ret_orders);

/* The tenant that is meant: `given`, else the only one that amsync accepts or has seen.
 * CLI_EXIT_DONE: the caller frees it; else the line about it is written. */
AMSYNC_MUST_USE int cli_company(struct cli_call *call, struct cli_session *session,
                                const char *given, char **ret_company);

#endif
