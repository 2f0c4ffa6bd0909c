#include "http/metrics_text.h"

#include <inttypes.h>

static const char *const TYPES[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
};

void
metrics_text_announce(struct buffer *text, const struct metric *metric)
{
    buffer_append_format(text, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                         metric->name, TYPES[metric->type]);
}

/* A decimal without exponent and without needless zeros. */
static void
append_value(struct buffer *text, uint64_t value, uint64_t per_unit)
{
    uint64_t scale = per_unit == 0 ? 1 : per_unit;
    uint64_t rest = value % scale;

    buffer_append_format(text, "%" PRIu64, value / scale);
    if (rest > 0)
        buffer_append_byte(text, '.');
    for (uint64_t place = scale / 10; rest > 0 && place > 0; place /= 10) {
        uint64_t digit = rest / place;

        buffer_append_byte(text, (char)('0' + digit));
        rest -= digit * place;
    }
}

static void
append_label(struct buffer *text, char before, const char *name, const char *value)
{
    buffer_append_byte(text, before);
    buffer_append_format(text, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            buffer_append_byte(text, '\\');
        if (*value == '\n')
            buffer_append_text(text, "\\n");
        else
            buffer_append_byte(text, *value);
    }
    buffer_append_byte(text, '"');
}

/* The labels; returns what stands before the next one. */
static char
append_labels(struct buffer *text, const struct metric *metric, const char *const *label_values)
{
    char before = '{';

    for (size_t i = 0; i < METRIC_LABELS_MAX && metric->labels[i] != NULL; i++) {
        append_label(text, before, metric->labels[i], label_values[i]);
        before = ',';
    }
    return before;
}

static void
append_line(struct buffer *text, const struct metric *metric, const char *suffix,
            const char *const *label_values, uint64_t value, uint64_t per_unit)
{
    buffer_append_format(text, "%s%s", metric->name, suffix);
    if (append_labels(text, metric, label_values) == ',')
        buffer_append_byte(text, '}');
    buffer_append_byte(text, ' ');
    append_value(text, value, per_unit);
    buffer_append_byte(text, '\n');
}

void
metrics_text_sample(struct buffer *text, const struct metric *metric,
                    const char *const *label_values, uint64_t value)
{
    append_line(text, metric, "", label_values, value, metric->per_unit);
}

/* `bound` NULL: the last one, which holds everything. */
static void
append_bucket(struct buffer *text, const struct metric *metric, const char *const *label_values,
              const uint64_t *bound, uint64_t per_unit, uint64_t count)
{
    buffer_append_format(text, "%s_bucket", metric->name);
    buffer_append_byte(text, append_labels(text, metric, label_values));
    buffer_append_text(text, "le=\"");
    if (bound == NULL)
        buffer_append_text(text, "+Inf");
    else
        append_value(text, *bound, per_unit);
    buffer_append_format(text, "\"} %" PRIu64 "\n", count);
}

/* The count is what the buckets come to, so that both agree while others observe. */
void
metrics_text_histogram(struct buffer *text, const struct metric *metric,
                       const char *const *label_values, const struct histogram *histogram)
{
    const struct histogram_scale *scale = histogram->scale;
    uint64_t sum = counter_read(&histogram->sum);
    uint64_t count = 0;

    for (size_t i = 0; i <= scale->bound_count; i++) {
        count += counter_read(&histogram->buckets[i]);
        append_bucket(text, metric, label_values, i < scale->bound_count ? &scale->bounds[i] : NULL,
                      scale->per_unit, count);
    }
    append_line(text, metric, "_sum", label_values, sum, scale->per_unit);
    append_line(text, metric, "_count", label_values, count, 1);
}
