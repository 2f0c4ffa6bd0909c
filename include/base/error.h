/*
 * How functions of amsync report that something did not work.
 *
 * A function that can fail returns `enum result` and, where a person is to read why, fills a
 * caller-owned `struct error`. Outputs (`ret_x`) are untouched unless the result is RESULT_OK.
 * Library code does not log: whoever handles the error logs it, once.
 */
#ifndef AMSYNC_BASE_ERROR_H
#define AMSYNC_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#define AMSYNC_MUST_USE __attribute__((warn_unused_result))
#define AMSYNC_PRINTF(format_index, first_argument)                                                \
    __attribute__((format(printf, format_index, first_argument)))

enum result {
    RESULT_OK = 0,
    RESULT_NONE,  /* nothing there; not an error */
    RESULT_RETRY, /* a passing fault (connection, deadlock, time-out): the same call may succeed */
    RESULT_REJECTED, /* the input is at fault; repeating it cannot help */
    RESULT_FAILED,   /* out of memory, or a defect */
};

#define ERROR_TEXT_BYTES 512

/* One line for a person: what is wrong and, where it can be said, what to change. */
struct error {
    char text[ERROR_TEXT_BYTES];
};

/* Writes a message, cut at ERROR_TEXT_BYTES on a UTF-8 character boundary. `err` may be NULL. */
void error_set(struct error *err, const char *format, ...) AMSYNC_PRINTF(2, 3);

/* error_set and the result to return, for `return error_result(err, RESULT_REJECTED, "...")`. */
enum result error_result(struct error *err, enum result result, const char *format, ...)
    AMSYNC_PRINTF(3, 4);

/* Puts "context: " before the message that a lower level has left. `err` may be NULL. */
void error_prefix(struct error *err, const char *format, ...) AMSYNC_PRINTF(2, 3);

/* "ok", "none", "retry", "rejected", "failed"; for messages of tests and the process log. */
const char *result_name(enum result result);

#endif
