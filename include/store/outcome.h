/*
 * Recording what came of a reconcile: numbers, lines, states, connector log and next due time, one
 * commit for many orders. The finisher's thread.
 */
#ifndef AMSYNC_STORE_OUTCOME_H
#define AMSYNC_STORE_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/connector_log.h"
#include "store/document_kind.h"
#include "store/work.h"

struct document_outcome {
    int64_t document_id;
    int64_t version; /* the version that was judged: a newer one keeps its state and attempts */
    enum document_state state;
    char *reason; /* owned; may be NULL for none */
    int attempts;
    int64_t magento_entity_id;  /* 0: leave */
    char *magento_increment_id; /* NULL: leave */
};

/* What is to be written. Everything in it is owned by it; log lines' texts too (malloc'ed). */
struct outcome {
    struct claimed_order *order; /* owned: claim, revision, ids */
    int64_t magento_entity_id;   /* 0: leave */
    char *magento_increment_id;  /* NULL: leave; set when an order was linked or numbered anew */
    bool forget_number;          /* the number belongs to another order: computed anew next time */
    int held_by_amsync;          /* 1, 0, or -1: leave */
    json_t *sent;                /* NULL: leave */
    struct document_outcome *documents;
    size_t document_count;
    struct claimed_line *lines;
    size_t line_count;
    struct log_line *log;
    size_t log_count;
    bool done;               /* nothing more to do unless something new comes */
    unsigned again_in_ms;    /* else: due again then; 0: as it was, in its place */
    unsigned retry_after_ms; /* Magento asked for it: due before only by hand; 0: it did not */
    unsigned quiet_for_ms;   /* a call of unknown outcome: nothing at all before then; 0: none */
};

struct outcome *outcome_new(struct claimed_order *order_to_own) AMSYNC_MUST_USE;
void outcome_free(struct outcome **outcome);

/* Writes all of them in one transaction; each only if its claim still holds. With the claim's
 * revision the work is cleared (or due again at its time); with a newer one the order stays due,
 * though no sooner than its retry_after_ms and quiet_for_ms. Any outcome clears the crash count.
 * An outcome whose claim is over is dropped: *ret_dropped counts them. RESULT_RETRY: nothing was
 * written, call again. RESULT_REJECTED: a data error: split. */
enum result outcomes_record(struct database *database, struct outcome *const *outcomes,
                            size_t count, size_t *ret_dropped, struct error *err) AMSYNC_MUST_USE;

/* Gives claims back without an outcome (shutdown; deadline reached before anything was sent): due at
 * once, not counted as a crash. */
enum result claims_give_back(struct database *database, struct claimed_order *const *orders,
                             size_t count, struct error *err) AMSYNC_MUST_USE;

#endif
