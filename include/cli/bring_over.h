/*
 * What a change of preferences, mappings or customers would bring over to Magento, and whether the
 * person wants that. The main thread.
 */
#ifndef AMSYNC_CLI_BRING_OVER_H
#define AMSYNC_CLI_BRING_OVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/session.h"
#include "store/rules.h"

/* Above this many orders a change is made only with --yes. */
#define BRING_OVER_UNASKED_MAX 20

/* Counting stops here. */
#define BRING_OVER_COUNT_MAX 1000

/* A change of the rules. */
struct change {
    /* In the session's open transaction; called twice, the first time to be rolled back. */
    enum result (*make)(struct cli_session *session, void *argument, struct error *err);
    void *argument;
    const char *company;             /* whose orders it may concern; NULL: all */
    const char *const *customer_ids; /* 0 of them: all */
    size_t customer_count;
    bool counts;       /* whether it can bring orders over at all */
    bool waiting_only; /* whether it concerns only orders that wait */
    bool yes;          /* --yes was given */
};

/* What it brings over to Magento. */
struct brought_over {
    size_t orders; /* that nothing else keeps from Magento */
    bool at_least; /* counting stopped, or there are more orders than can be looked at */
    enum publishing publishing; /* the change's company's, once it is made */
};

/* Makes the change and says what it brings over; above BRING_OVER_UNASKED_MAX, or if it may be,
 * only with `yes`, or after asking if standard input is a terminal. Nothing is changed unless
 * CLI_EXIT_DONE is returned, with *ret_found set; otherwise the line about it is written. */
AMSYNC_MUST_USE int bring_over(struct cli_call *call, struct cli_session *session,
                               const struct change *change, struct brought_over *ret_found);

/* "`what` brings over 3 orders.", or why it brings over nothing. */
void bring_over_print(FILE *out, const char *what, const struct brought_over *found);

/* The tenant that is meant: `given`, else the only one that amsync accepts or has seen.
 * CLI_EXIT_DONE: the caller frees it; else the line about it is written. */
AMSYNC_MUST_USE int cli_company(struct cli_call *call, struct cli_session *session,
                                const char *given, char **ret_company);

#endif
