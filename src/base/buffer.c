#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

void
buffer_init(struct buffer *buffer, size_t max_length)
{
    *buffer = (struct buffer)BUFFER_INITIAL(max_length);
}

void
buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->max_length);
}

void
buffer_reset(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->result = RESULT_OK;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

/* Makes room for `length` more bytes and the NUL, at least doubling. */
static bool
reserve(struct buffer *buffer, size_t length)
{
    if (buffer->result != RESULT_OK)
        return false;
    if (length > buffer->max_length - buffer->length || buffer->max_length == SIZE_MAX) {
        buffer->result = RESULT_REJECTED;
        return false;
    }

    size_t needed = buffer->length + length + 1;

    if (needed <= buffer->capacity)
        return true;

    size_t limit = buffer->max_length + 1;
    size_t capacity = buffer->capacity < FIRST_CAPACITY / 2 ? FIRST_CAPACITY
                      : buffer->capacity > limit / 2        ? limit
                                                            : 2 * buffer->capacity;

    if (capacity > limit)
        capacity = limit;
    if (capacity < needed)
        capacity = needed;

    char *data = realloc(buffer->data, capacity);

    if (data == NULL) {
        buffer->result = RESULT_FAILED;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void
buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (!reserve(buffer, length))
        return;
    if (length > 0)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void
buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void
buffer_append_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

void
buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_append_format_va(buffer, format, arguments);
    va_end(arguments);
}

void
buffer_append_format_va(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;

    va_copy(again, arguments);

    int length = vsnprintf(NULL, 0, format, arguments);

    if (length < 0) {
        buffer->result = RESULT_FAILED;
    } else if (reserve(buffer, (size_t)length)) {
        (void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

enum result
buffer_result(const struct buffer *buffer)
{
    return buffer->result;
}

const char *
buffer_text(const struct buffer *buffer)
{
    return buffer->data == NULL ? "" : buffer->data;
}

enum result
buffer_take(struct buffer *buffer, char **ret_text, size_t *ret_length)
{
    /* Even an empty text is one that can be freed. */
    buffer_append(buffer, NULL, 0);
    if (buffer->result != RESULT_OK)
        return buffer->result;
    *ret_text = buffer->data;
    if (ret_length != NULL)
        *ret_length = buffer->length;
    buffer_init(buffer, buffer->max_length);
    return RESULT_OK;
}
