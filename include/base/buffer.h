/*
 * A growable byte buffer that never grows beyond a maximum given at the start.
 *
 * Appending does not report anything by itself: what does not fit, or finds no memory, makes the
 * buffer fail for good, leaving what it held. buffer_result says so at any time and buffer_take
 * hands nothing out, so a series of appends is checked once. Not for use by two threads at once.
 */
#ifndef AMSYNC_BASE_BUFFER_H
#define AMSYNC_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

struct buffer {
    char *data; /* NUL after the last byte, not counted; NULL while nothing was appended */
    size_t length;
    size_t capacity; /* bytes allocated, the NUL's included */
    size_t max_length;
    enum result result;
};

/* Holds at most `max_length` bytes (the NUL not counted). Nothing is allocated yet. */
void buffer_init(struct buffer *buffer, size_t max_length);

/* Frees the bytes; the buffer is empty and usable again with the same maximum. */
void buffer_free(struct buffer *buffer);

/* Empties the buffer and clears its failure; the memory is kept for what comes next. */
void buffer_reset(struct buffer *buffer);

/* `bytes` may be NULL when `length` is 0; it must not point into the buffer. */
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_format(struct buffer *buffer, const char *format, ...) AMSYNC_PRINTF(2, 3);
void buffer_append_format_va(struct buffer *buffer, const char *format, va_list arguments)
    AMSYNC_PRINTF(2, 0);

/* RESULT_OK; RESULT_REJECTED: something did not fit the maximum; RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result buffer_result(const struct buffer *buffer);

/* What was appended so far, NUL-terminated, never NULL; valid until the next call. */
const char *buffer_text(const struct buffer *buffer);

/*
 * Hands the bytes over, NUL-terminated, to be freed with free; `ret_length` (may be NULL) gets
 * their number. The buffer is then empty. Fails as buffer_result does.
 */
AMSYNC_MUST_USE enum result buffer_take(struct buffer *buffer, char **ret_text, size_t *ret_length);

/* For `AMSYNC_CLEANUP(buffer_free) struct buffer b = BUFFER_INITIAL(max);` */
#define BUFFER_INITIAL(maximum)                                                                    \
    {                                                                                              \
        .max_length = (maximum)                                                                    \
    }

#endif
