/*
 * Prometheus' text format, version 0.0.4: one metric after the other, each announced once. Pure but
 * for the counters of a histogram; what does not fit is for buffer_result to tell.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef AMSYNC_HTTP_METRICS_TEXT_H
#define AMSYNC_HTTP_METRICS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/counter.h"

#define METRICS_TEXT_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

#define METRIC_LABELS_MAX 2

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Names and help are texts of the program. */
struct metric {
    const char *name;
    enum metric_type type;
    const char *help;                      /* one line */
    const char *labels[METRIC_LABELS_MAX]; /* their names; NULL: no more */
    uint64_t per_unit; /* of the value in the unit that the name tells: 1000 for ms in seconds; a
                          power of ten. 0 counts as 1 */
};

/* The lines HELP and TYPE. */
void metrics_text_announce(struct buffer *text, const struct metric *metric);

/* A sample; `label_values` has one for each label of the metric (NULL: it has none), any text. */
void metrics_text_sample(struct buffer *text, const struct metric *metric,
                         const char *const *label_values, uint64_t value);

/* All samples of a METRIC_HISTOGRAM; its unit is the scale's. */
void metrics_text_histogram(struct buffer *text, const struct metric *metric,
                            const char *const *label_values, const struct histogram *histogram);

#endif
