#include "latencies.h"

#include <math.h>
#include <stdlib.h>

bool
latencies_add(struct latencies *latencies, uint64_t latency_us)
{
    if (latencies->count == latencies->capacity) {
        size_t capacity = latencies->capacity ? 2 * latencies->capacity : 65536;
        uint32_t *values = reallocarray(latencies->values_us, capacity, sizeof(*values));
        if (!values)
            return false;
        latencies->values_us = values;
        latencies->capacity = capacity;
    }
    latencies->values_us[latencies->count++] =
        latency_us > UINT32_MAX ? UINT32_MAX : (uint32_t)latency_us;
    return true;
}

static int
compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

void
latencies_sort(struct latencies *latencies)
{
    if (latencies->count)
        qsort(latencies->values_us, latencies->count, sizeof(*latencies->values_us), compare);
}

uint32_t
latencies_quantile(const struct latencies *latencies, double quantile)
{
    if (!latencies->count)
        return 0;
    size_t rank = (size_t)ceil(quantile * (double)latencies->count);
    return latencies->values_us[rank ? rank - 1 : 0];
}
