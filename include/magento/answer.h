/*
 * What came of a call to Magento: its outcome, and in whose words. Pure; any thread.
 */
#ifndef AMSYNC_MAGENTO_ANSWER_H
#define AMSYNC_MAGENTO_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What may be concluded from a call about whether it took effect. */
enum magento_outcome {
    MAGENTO_DONE,         /* a 2xx with what belongs into it */
    MAGENTO_AGAIN,        /* known not to have happened; the same call may succeed later */
    MAGENTO_UNKNOWN,      /* a write that may have happened, or may still */
    MAGENTO_REFUSED,      /* Magento will not do it; repeating it cannot help */
    MAGENTO_UNAUTHORIZED, /* 401: `resource` names the right, if Magento did */
    MAGENTO_DEADLINE,     /* not sent: too little of the claim's time was left */
    MAGENTO_ABORTED,      /* the program is stopping; a write was not sent */
};
#define MAGENTO_OUTCOME_COUNT (MAGENTO_ABORTED + 1)

#define MAGENTO_MESSAGE_BYTES 1024
#define MAGENTO_RESOURCE_BYTES 128
#define MAGENTO_RETRY_AFTER_MAX_MS 3600000U

/* What the client has seen of a call; the input of magento_answer_judge. */
struct magento_exchange {
    bool is_write;
    bool sent;                   /* the request was let out; false: no connection, or not allowed */
    bool past_deadline;          /* not let out for that reason */
    bool aborted;                /* the program is stopping */
    const char *transport_error; /* NULL: a whole answer has come */
    long status;
    const char *retry_after; /* the header; NULL: none */
    const char *location;    /* the header; NULL: none */
    const char *body;
    size_t body_bytes;
};

struct magento_answer {
    enum magento_outcome outcome;
    int http_status; /* 0: none came */
    bool foreign;    /* it came from what stands before Magento, such as a firewall */
    int duration_ms;
    unsigned retry_after_ms;               /* what Magento asked for, capped; 0: nothing */
    char message[MAGENTO_MESSAGE_BYTES];   /* why it is not done, one line; "" when it is */
    char resource[MAGENTO_RESOURCE_BYTES]; /* with MAGENTO_UNAUTHORIZED; "" when not named */
    json_t *json;                          /* owned; NULL when the body is not JSON */
    char *request_text;                    /* owned; the body that was sent; NULL: none */
    char *answer_text; /* owned; the start of the body that came, valid UTF-8; NULL: none */
};

/* "done", "again", ...: for the process log and for tests. */
const char *magento_outcome_name(enum magento_outcome outcome);

/* For `AMSYNC_CLEANUP(magento_answer_finish) struct magento_answer answer = {0};` Frees what it
 * owns and makes it all zero, for the next call. */
void magento_answer_finish(struct magento_answer *answer);

/*
 * Judges an exchange and fills outcome, status, retry_after_ms, message, resource, json and
 * answer_text; the rest of `answer` is left. A read never is MAGENTO_UNKNOWN: where a write would
 * be, it is MAGENTO_AGAIN. Without the memory to read the answer it is as if none had come.
 */
void magento_answer_judge(const struct magento_exchange *exchange, struct magento_answer *answer);

/* Sets the message, cut to its size; what is not UTF-8 then becomes a question mark. */
void magento_answer_say(struct magento_answer *answer, const char *format, ...) AMSYNC_PRINTF(2, 3);

/* Changes what was judged done: the answer lacks what the call needs (`what`, such as "an id"), so
 * that nothing is known of a write, and a read is to be repeated. Returns the new outcome. */
enum magento_outcome magento_answer_lacks(struct magento_answer *answer, bool is_write,
                                          const char *what);

/*
 * One line from Magento's error object: its message with %1 and %name filled in from its parameters
 * (a list or an object), then those of its `errors`. "" when there is no message.
 * RESULT_FAILED: out of memory.
 */
enum result magento_message_fill(const json_t *error,
                                 char ret_message[MAGENTO_MESSAGE_BYTES]) AMSYNC_MUST_USE;

#endif
