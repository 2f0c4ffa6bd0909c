#include "base/counter.h"

#include <assert.h>

/* Nothing else is concluded from what a counter says, so no order of memory is needed. */
void
counter_add(struct counter *counter, uint64_t amount)
{
    (void)atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

uint64_t
counter_read(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

const struct histogram_scale histogram_of_seconds = {
    .per_unit = 1000000,
    .bound_count = 15,
    .bounds = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
               5000000, 10000000, 30000000, 60000000},
};

void
histogram_init(struct histogram *histogram, const struct histogram_scale *scale)
{
    assert(scale->bound_count <= HISTOGRAM_BOUNDS_MAX);
    *histogram = (struct histogram){.scale = scale};
}

void
histogram_observe(struct histogram *histogram, uint64_t value)
{
    const struct histogram_scale *scale = histogram->scale;
    size_t bucket = 0;

    while (bucket < scale->bound_count && value > scale->bounds[bucket])
        bucket++;
    counter_add(&histogram->buckets[bucket], 1);
    counter_add(&histogram->sum, value);
}
