/*
 * Waking a thread that waits for descriptors: an eventfd(2) of its own. Any thread may send.
 */
#ifndef AMSYNC_HTTP_WAKEUP_H
#define AMSYNC_HTTP_WAKEUP_H

#include "base/error.h"

/* A non-blocking eventfd, to be closed by the caller. RESULT_FAILED: no descriptor left. */
AMSYNC_MUST_USE enum result wakeup_open(int *ret_fd, struct error *err);

/* Makes it readable. */
void wakeup_send(int fd);

/* Takes all that was sent; it is readable again after the next wakeup_send. */
void wakeup_take(int fd);

#endif
