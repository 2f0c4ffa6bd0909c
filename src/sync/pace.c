#include "sync/pace.h"

void
pace_init(struct pace *pace, int64_t now_ms)
{
    *pace = (struct pace){.since_ms = now_ms};
}

void
pace_add(struct pace *pace, size_t count, int64_t now_ms)
{
    (void)pace_orders(pace, now_ms);
    pace->ended += count;
}

size_t
pace_orders(struct pace *pace, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - pace->since_ms;

    if (elapsed_ms >= PACE_MS) {
        pace->orders = pace->ended * PACE_MS / (size_t)elapsed_ms;
        pace->ended = 0;
        pace->since_ms = now_ms;
    }
    return pace->orders;
}
