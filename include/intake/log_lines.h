/*
 * Lines for the connector log, gathered while notifications are taken in. One thread.
 */
#ifndef AMSYNC_INTAKE_LOG_LINES_H
#define AMSYNC_INTAKE_LOG_LINES_H

#include <stddef.h>

#include "base/error.h"
#include "intake/complaints.h"
#include "intake/merge.h"
#include "intake/parts.h"
#include "store/connector_log.h"

/* Owns its lines' messages; their other texts are borrowed. `{0}` is empty. */
struct log_lines {
    struct log_line *lines;
    char **messages; /* one for each line */
    size_t count;
    size_t capacity;
};

void log_lines_clear(struct log_lines *list);

/* All of these return RESULT_FAILED without memory. */

/* What became of a part: received, unchanged or superseded; failed if `refusal` says why.
 * `sales_order_id` may be 0. */
enum result log_lines_add_part(struct log_lines *list, const struct document_part *part,
                               const char *query, int64_t sales_order_id,
                               const struct merge_effect *effect,
                               const struct error *refusal) AMSYNC_MUST_USE;

/* Rows that could not be used. */
enum result log_lines_add_complaint(struct log_lines *list, const struct complaint *complaint,
                                    const char *company, const char *query) AMSYNC_MUST_USE;

/* Of a notification as a whole; `text` is copied. */
enum result log_lines_add_notification(struct log_lines *list, const char *company,
                                       const char *status, const char *text) AMSYNC_MUST_USE;

#endif
