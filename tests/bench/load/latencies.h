/* How long each request took: every value is kept, so percentiles are exact. */
#ifndef AMSYNC_BENCH_LATENCIES_H
#define AMSYNC_BENCH_LATENCIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latencies {
    uint32_t *values_us;
    size_t count;
    size_t capacity;
};

/* False: out of memory. */
bool latencies_add(struct latencies *latencies, uint64_t latency_us);

void latencies_sort(struct latencies *latencies);

/* The least value that is not below the share `quantile` of all; 0 without any. Sort first. */
uint32_t latencies_quantile(const struct latencies *latencies, double quantile);

#endif
