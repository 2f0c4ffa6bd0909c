/*
 * Ownership by scope: AMSYNC_CLEANUP(fn) calls fn(&variable) when the variable goes out of scope;
 * TAKE_PTR hands the pointer over and leaves NULL behind. A variable with the attribute must be
 * initialised where it is declared.
 */
#ifndef AMSYNC_BASE_CLEANUP_H
#define AMSYNC_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define AMSYNC_CLEANUP(function) __attribute__((cleanup(function)))

#define TAKE_PTR(pointer)                                                                          \
    __extension__({                                                                                \
        __typeof__(pointer) *amsync_taken_from = &(pointer);                                       \
        __typeof__(pointer) amsync_taken = *amsync_taken_from;                                     \
        *amsync_taken_from = NULL;                                                                 \
        amsync_taken;                                                                              \
    })

/* For `AMSYNC_CLEANUP(cleanup_free) char *text = NULL;`; takes the address of any pointer. */
static inline void
cleanup_free(void *pointer_address)
{
    free(*(void **)pointer_address);
}

/* For `AMSYNC_CLEANUP(cleanup_close) int fd = -1;` */
static inline void
cleanup_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

#endif
