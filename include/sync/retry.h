/*
 * When something that failed is tried again. Pure; any thread.
 */
#ifndef AMSYNC_SYNC_RETRY_H
#define AMSYNC_SYNC_RETRY_H

#include <stdint.h>

#define RETRY_FIRST_MS 2000U
#define RETRY_MAX_MS 3600000U

/*
 * The delay after the `attempts`th failed attempt (from 1): doubling from 2 s to an hour, an hour
 * from `max_attempts` on, of which `random` (any number) takes away up to a quarter; but no less
 * than Magento asked for (`retry_after_ms`, 0 for nothing), nor more than an hour.
 */
unsigned retry_delay_ms(int attempts, int64_t max_attempts, unsigned retry_after_ms,
                        uint32_t random);

/* `delay_ms` less up to a quarter, so that what fails together does not come back together. */
unsigned retry_jitter_ms(unsigned delay_ms, uint32_t random);

#endif
