/*
 * Whether something that keeps failing is to be tried now: a state machine without a clock of its
 * own. Times are clock_boottime_ms. Pure; the caller sees to threads.
 */
#ifndef AMSYNC_SYNC_BREAKER_H
#define AMSYNC_SYNC_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct breaker {
    int threshold;         /* so many failures in a row open it */
    unsigned first_ms;     /* from opening to the first probe */
    unsigned max_ms;       /* doubling up to this with each probe that fails */
    int failures;          /* in a row */
    bool open;             /* nothing is tried but probes */
    bool probing;          /* a probe is on its way */
    unsigned delay_ms;     /* from the last probe to the next */
    int64_t next_probe_ms; /* while open */
};

/* Closed, nothing failed. */
void breaker_init(struct breaker *breaker, int threshold, unsigned first_ms, unsigned max_ms);

/* Whether to try now. While open, true once each time a probe is due: that caller makes it, and the
 * next is due a delay later whatever becomes of it. */
bool breaker_enter(struct breaker *breaker, int64_t now_ms);

/* How long until something may be tried; 0 when closed or a probe is due. */
unsigned breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);

/* What came of a try. Both return whether the breaker has opened or closed. `at_least_ms`: no probe
 * before that, such as what Retry-After asks for. While it is open only a probe's failure counts. */
bool breaker_succeeded(struct breaker *breaker);
bool breaker_failed(struct breaker *breaker, int64_t now_ms, unsigned at_least_ms);

#endif
