/*
 * Condition variables whose timed waits are not moved by changes of the wall clock. Any thread.
 */
#ifndef AMSYNC_BASE_CONDITION_H
#define AMSYNC_BASE_CONDITION_H

#include <pthread.h>
#include <time.h>

#include "base/error.h"

/* To be ended with pthread_cond_destroy. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result condition_init(pthread_cond_t *condition);

/* When a wait that begins now and lasts `ms` ends, for pthread_cond_timedwait. */
struct timespec condition_deadline(unsigned ms);

#endif
