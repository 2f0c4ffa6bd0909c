#include "app/stop_limit.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* CLOCK_BOOTTIME, so that a machine that slept meanwhile does not begin to wait anew. */
static void *
end_process(void *argument)
{
    unsigned ms = (unsigned)(uintptr_t)argument;
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    while (clock_nanosleep(CLOCK_BOOTTIME, 0, &left, &left) == EINTR)
        continue;
    log_error(
        "serve.stop_overdue",
        "not stopped after %u ms, because PostgreSQL or Magento does not answer: ended all "
        "the same; orders that were being worked on are taken up again when their time is over",
        ms);
    _exit(EXIT_FAILURE);
}

enum result
stop_limit_set(unsigned ms, struct error *err)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, end_process, (void *)(uintptr_t)ms) != 0)
        return error_result(err, RESULT_FAILED, "no thread to limit the time of stopping");
    (void)pthread_detach(thread);
    return RESULT_OK;
}
