/*
 * Lines of the connector log within an outcome. The worker's thread.
 */
#ifndef AMSYNC_SYNC_JOURNAL_H
#define AMSYNC_SYNC_JOURNAL_H

#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"
#include "magento/answer.h"
#include "store/outcome.h"

/* Texts are borrowed and copied. */
struct journal_line {
    size_t document; /* index into the claimed order's documents */
    const char *action;
    const char *status;
    const char *message;
    const char *magento_nbr;             /* NULL: none */
    int attempt;                         /* 0: none */
    const struct magento_answer *answer; /* NULL: Magento was not asked */
};

/* Of a longer body only the beginning is kept. */
#define JOURNAL_BODY_CHARACTERS 65536

/* Appends a line about the outcome's order. Bodies are kept as `log_bodies` says.
 * RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result journal_append(struct outcome *outcome, const struct journal_line *line,
                                           enum log_bodies log_bodies);

#endif
