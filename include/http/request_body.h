/*
 * The body of a request while it arrives, within what one body and all of them together may take. The
 * event loop's thread.
 */
#ifndef AMSYNC_HTTP_REQUEST_BODY_H
#define AMSYNC_HTTP_REQUEST_BODY_H

#include <stddef.h>

#include "base/error.h"

/* What all bodies share. */
struct body_budget {
    size_t max_body_bytes;
    size_t max_buffered_bytes; /* of all bodies */
    size_t buffered_bytes;     /* what they take now */
};

/* All zero: nothing has come. Ended by request_body_free. */
struct request_body {
    char *bytes; /* owned; NULL: none */
    size_t length;
    size_t capacity; /* counted in the budget's buffered_bytes */
};

/* Room for `bytes` in all. RESULT_REJECTED: longer than a body may be. RESULT_RETRY: beyond what all
 * bodies may take, or out of memory. */
AMSYNC_MUST_USE enum result request_body_reserve(struct body_budget *budget,
                                                 struct request_body *body, size_t bytes);

/* There must be room for it. */
void request_body_append(struct request_body *body, const char *bytes, size_t count);

/* Gives back what it takes and makes it all zero. */
void request_body_free(struct body_budget *budget, struct request_body *body);

#endif
