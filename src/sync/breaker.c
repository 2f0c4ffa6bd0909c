#include "sync/breaker.h"

void
breaker_init(struct breaker *breaker, int threshold, unsigned first_ms, unsigned max_ms)
{
    *breaker = (struct breaker){.threshold = threshold, .first_ms = first_ms, .max_ms = max_ms};
}

bool
breaker_enter(struct breaker *breaker, int64_t now_ms)
{
    if (!breaker->open)
        return true;
    if (now_ms < breaker->next_probe_ms)
        return false;
    breaker->probing = true;
    breaker->next_probe_ms = now_ms + breaker->delay_ms;
    return true;
}

unsigned
breaker_wait_ms(const struct breaker *breaker, int64_t now_ms)
{
    if (!breaker->open || now_ms >= breaker->next_probe_ms)
        return 0;
    return (unsigned)(breaker->next_probe_ms - now_ms);
}

bool
breaker_succeeded(struct breaker *breaker)
{
    bool was_open = breaker->open;

    breaker->failures = 0;
    breaker->open = false;
    breaker->probing = false;
    return was_open;
}

bool
breaker_failed(struct breaker *breaker, int64_t now_ms, unsigned at_least_ms)
{
    bool was_open = breaker->open;

    if (breaker->failures < breaker->threshold)
        breaker->failures++;
    if (was_open ? !breaker->probing : breaker->failures < breaker->threshold)
        return false;
    breaker->probing = false;
    breaker->delay_ms = was_open ? breaker->delay_ms * 2 : breaker->first_ms;
    if (breaker->delay_ms > breaker->max_ms)
        breaker->delay_ms = breaker->max_ms;
    breaker->open = true;
    breaker->next_probe_ms =
        now_ms + (breaker->delay_ms > at_least_ms ? breaker->delay_ms : at_least_ms);
    return !was_open;
}
