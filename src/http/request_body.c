#include "http/request_body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum result
request_body_reserve(struct body_budget *budget, struct request_body *body, size_t bytes)
{
    size_t capacity = body->capacity == 0 ? bytes : 2 * body->capacity;

    if (bytes > budget->max_body_bytes)
        return RESULT_REJECTED;
    if (bytes <= body->capacity)
        return RESULT_OK;
    if (capacity < bytes)
        capacity = bytes;
    if (capacity > budget->max_body_bytes)
        capacity = budget->max_body_bytes;

    size_t grown = capacity - body->capacity;

    if (grown > budget->max_buffered_bytes - budget->buffered_bytes)
        return RESULT_RETRY;

    char *longer = realloc(body->bytes, capacity);

    if (longer == NULL)
        return RESULT_RETRY;
    body->bytes = longer;
    body->capacity = capacity;
    budget->buffered_bytes += grown;
    return RESULT_OK;
}

void
request_body_append(struct request_body *body, const char *bytes, size_t count)
{
    assert(body->bytes != NULL && count <= body->capacity - body->length);
    memcpy(body->bytes + body->length, bytes, count);
    body->length += count;
}

void
request_body_free(struct body_budget *budget, struct request_body *body)
{
    budget->buffered_bytes -= body->capacity;
    free(body->bytes);
    *body = (struct request_body){0};
}
