/* Reads HTTP/1.1 answers whose length is announced, as they come in pieces; bodies are skipped. */
#ifndef AMSYNC_BENCH_ANSWER_H
#define AMSYNC_BENCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_HEADER_MAX 8192

/* Zeroed: waiting for the first byte. */
struct answer {
    char header[ANSWER_HEADER_MAX + 1];
    size_t header_length;
    bool header_complete;
    size_t body_left;
    unsigned status;
    bool closes; /* the server closes the connection after it */
};

enum answer_progress { ANSWER_PARTIAL, ANSWER_COMPLETE, ANSWER_BROKEN };

/* Takes the bytes in. No request is sent before the last answer is complete, so that what follows an
 * answer makes it broken. */
enum answer_progress answer_feed(struct answer *answer, const char *bytes, size_t count);

void answer_reset(struct answer *answer);

#endif
