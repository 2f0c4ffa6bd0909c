#include "sync/retry.h"

unsigned
retry_jitter_ms(unsigned delay_ms, uint32_t random)
{
    return delay_ms - (unsigned)((uint64_t)(delay_ms / 4) * random / UINT32_MAX);
}

unsigned
retry_delay_ms(int attempts, int64_t max_attempts, unsigned retry_after_ms, uint32_t random)
{
    unsigned delay_ms = RETRY_FIRST_MS;

    for (int i = 1; i < attempts && delay_ms < RETRY_MAX_MS; i++)
        delay_ms *= 2;
    if (delay_ms > RETRY_MAX_MS || attempts >= max_attempts)
        delay_ms = RETRY_MAX_MS;
    delay_ms = retry_jitter_ms(delay_ms, random);
    if (delay_ms < retry_after_ms)
        delay_ms = retry_after_ms;
    return delay_ms < RETRY_MAX_MS ? delay_ms : RETRY_MAX_MS;
}
