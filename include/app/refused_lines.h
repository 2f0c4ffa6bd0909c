/*
 * Refused notifications on their way from the ingest thread to the database: a bounded queue of
 * lines for the connector log, and their number by kind and status. Any thread.
 */
#ifndef AMSYNC_APP_REFUSED_LINES_H
#define AMSYNC_APP_REFUSED_LINES_H

#include <stddef.h>

#include "base/error.h"
#include "http/refusals.h"
#include "store/connector_log.h"
#include "store/refusal_counts.h"

/* More than http/refusals lets through in a minute; lines beyond it are lost. */
#define REFUSED_LINES_MAX 256

/* More than there are kinds and statuses. */
#define REFUSED_COUNTS_MAX 64

struct refused_lines;

/* RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result refused_lines_new(struct refused_lines **ret_lines, struct error *err);
void refused_lines_free(struct refused_lines **lines);

/* Copies a refusal into the queue, without waiting; for struct refusal_sink, with a struct
 * refused_lines as `context`. */
void refused_lines_add(void *context, const struct refusal *refusal);

/* Counts a refusal, without waiting; for struct refusal_sink, too. */
void refused_lines_count(void *context, const struct refusal *refusal);

/* What was taken from the queue, as the connector log takes it. */
struct refused_batch {
    struct log_line lines[REFUSED_LINES_MAX]; /* texts owned by the batch */
    size_t count;
};
void refused_lines_take(struct refused_lines *lines, struct refused_batch *ret_batch);
void refused_batch_finish(struct refused_batch *batch);
/* Puts the lines back before those that have come since, because they could not be written; of those,
 * the newest for which there is no room are lost. The batch is empty then. */
void refused_lines_return(struct refused_lines *lines, struct refused_batch *batch);

/* What was counted since the last call. */
struct refused_counts {
    struct refusal_count counts[REFUSED_COUNTS_MAX]; /* last_message lies in `messages` */
    struct error messages[REFUSED_COUNTS_MAX];
    size_t count;
};
void refused_lines_take_counts(struct refused_lines *lines, struct refused_counts *ret_counts);
/* Puts them back, because they could not be written. */
void refused_lines_return_counts(struct refused_lines *lines, const struct refused_counts *counts);

#endif
