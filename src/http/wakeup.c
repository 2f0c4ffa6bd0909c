#include "http/wakeup.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

enum result
wakeup_open(int *ret_fd, struct error *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        return error_result(err, RESULT_FAILED, "eventfd: %s", strerrordesc_np(errno));
    *ret_fd = fd;
    return RESULT_OK;
}

/* Fails only if the counter is full, and then it is readable anyway. */
void
wakeup_send(int fd)
{
    (void)eventfd_write(fd, 1);
}

void
wakeup_take(int fd)
{
    eventfd_t count;

    (void)eventfd_read(fd, &count);
}
