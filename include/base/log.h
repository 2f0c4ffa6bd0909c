/*
 * The process log: one JSON object a line on stderr, for operators and log collectors (the
 * connector log, for merchants, is in PostgreSQL).
 *
 *   {"at":"2025-03-21T14:31:47.810Z","level":"info","event":"serve.ready","message":"..."}
 *
 * A line is one write(2) of at most LOG_LINE_BYTES, which a pipe takes in one piece; a message that
 * does not fit is cut between characters and ends in "...". Invalid UTF-8 becomes U+FFFD. `event`
 * is a constant dotted name, by which lines are counted and searched. Secrets are never logged.
 * The level is the only global of the program. Any thread may call; errno is kept.
 */
#ifndef AMSYNC_BASE_LOG_H
#define AMSYNC_BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

#define LOG_LINE_BYTES 4096

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
};

/* Lines below `level` are dropped; LOG_LEVEL_INFO until this is called. */
void log_set_level(enum log_level level);

/* Whether a line of this level would be written; to save the work of preparing one. */
bool log_enabled(enum log_level level);

void log_debug(const char *event, const char *format, ...) AMSYNC_PRINTF(2, 3);
void log_info(const char *event, const char *format, ...) AMSYNC_PRINTF(2, 3);
void log_warning(const char *event, const char *format, ...) AMSYNC_PRINTF(2, 3);
void log_error(const char *event, const char *format, ...) AMSYNC_PRINTF(2, 3);

#endif
