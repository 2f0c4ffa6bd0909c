/*
 * Counters and histograms for metrics: any thread adds, any thread reads, nobody waits. All zero is
 * a counter at its start.
 */
#ifndef AMSYNC_BASE_COUNTER_H
#define AMSYNC_BASE_COUNTER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter {
    atomic_uint_fast64_t value;
};

void counter_add(struct counter *counter, uint64_t amount);
uint64_t counter_read(const struct counter *counter);

#define HISTOGRAM_BOUNDS_MAX 16

/* What the buckets of a histogram hold: a value is counted in the first whose bound it does not
 * exceed. Static. */
struct histogram_scale {
    uint64_t
        per_unit; /* of what is observed in the unit that is shown: 1000000 for us in seconds */
    size_t bound_count;
    uint64_t bounds[HISTOGRAM_BOUNDS_MAX]; /* ascending, in what is observed */
};

/* From a millisecond to a minute, observed in microseconds, shown in seconds. */
extern const struct histogram_scale histogram_of_seconds;

struct histogram {
    const struct histogram_scale *scale;
    struct counter buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* each without those below it */
    struct counter sum;
};

void histogram_init(struct histogram *histogram, const struct histogram_scale *scale);
void histogram_observe(struct histogram *histogram, uint64_t value);

#endif
