/*
 * Times and durations. Times are milliseconds since 1970-01-01T00:00:00Z ("unix_ms"). What decides
 * when work is due is PostgreSQL's clock; these are for durations and for what people read.
 * All functions may be called on any thread.
 */
#ifndef AMSYNC_BASE_CLOCK_H
#define AMSYNC_BASE_CLOCK_H

#include <stdint.h>

#include "base/error.h"

/* Large enough for "9999-12-31T23:59:59.999Z". */
struct timestamp_buffer {
    char text[32];
};

/* CLOCK_BOOTTIME: never jumps, and goes on while the machine sleeps. For deadlines. */
int64_t clock_boottime_ms(void);
int64_t clock_boottime_us(void);

/* The wall clock, which may jump. For messages. */
int64_t clock_unix_ms(void);

/*
 * "2025-03-21T14:31:47.810Z": RFC 3339 in UTC, always with milliseconds. Times outside the years
 * 0001 to 9999 are shown as the nearest that can be written. Returns `buffer->text`.
 */
const char *timestamp_format_rfc3339(int64_t unix_ms, struct timestamp_buffer *buffer);

/*
 * "02:10" in UTC, with its date, "2026-03-20 02:10", on another day (UTC) than `now_unix_ms`. For
 * sentences; they name UTC. Returns `buffer->text`.
 */
const char *moment_format(int64_t unix_ms, int64_t now_unix_ms, struct timestamp_buffer *buffer);

/* "Wednesday 02:10" in UTC, for what is less than a week away. Returns `buffer->text`. */
const char *weekday_format(int64_t unix_ms, struct timestamp_buffer *buffer);

/*
 * Reads an RFC 3339 date-time with its offset ("Z" or "+02:00"); beyond milliseconds the fraction
 * is cut off; a blank may stand for the T. A leap second counts as the second after it.
 * RESULT_REJECTED: anything else, a date that does not exist, no offset.
 */
AMSYNC_MUST_USE enum result timestamp_parse_rfc3339(const char *text, int64_t *ret_unix_ms);

/*
 * Reads "90s", "15m", "2h" or "7d": a positive whole number and one unit.
 * RESULT_REJECTED: anything else, or more than 36500 days.
 */
AMSYNC_MUST_USE enum result duration_parse(const char *text, int64_t *ret_duration_ms);

#endif
