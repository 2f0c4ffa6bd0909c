#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define FIRST_UNIX_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_UNIX_MS INT64_C(253402300799999)  /* 9999-12-31T23:59:59.999Z */

static int64_t
read_clock_us(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND_MS * 1000 + now.tv_nsec / 1000;
}

int64_t
clock_boottime_ms(void)
{
    return read_clock_us(CLOCK_BOOTTIME) / 1000;
}

int64_t
clock_boottime_us(void)
{
    return read_clock_us(CLOCK_BOOTTIME);
}

int64_t
clock_unix_ms(void)
{
    return read_clock_us(CLOCK_REALTIME) / 1000;
}

/* The time's parts in UTC and the milliseconds beyond them. */
static int64_t
split(int64_t unix_ms, struct tm *ret_parts)
{
    int64_t bounded = unix_ms < FIRST_UNIX_MS  ? FIRST_UNIX_MS
                      : unix_ms > LAST_UNIX_MS ? LAST_UNIX_MS
                                               : unix_ms;
    int64_t ms = bounded % SECOND_MS;

    if (ms < 0)
        ms += SECOND_MS;

    time_t seconds = (time_t)((bounded - ms) / SECOND_MS);

    (void)gmtime_r(&seconds, ret_parts);
    return ms;
}

const char *
timestamp_format_rfc3339(int64_t unix_ms, struct timestamp_buffer *buffer)
{
    struct tm parts = {0};
    int64_t ms = split(unix_ms, &parts);

    (void)snprintf(buffer->text, sizeof(buffer->text), "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)(parts.tm_mon + 1) % 100,
                   (unsigned)parts.tm_mday % 100, (unsigned)parts.tm_hour % 100,
                   (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100, (unsigned)ms % 1000);
    return buffer->text;
}

const char *
moment_format(int64_t unix_ms, int64_t now_unix_ms, struct timestamp_buffer *buffer)
{
    struct tm moment = {0};
    struct tm now = {0};

    (void)split(unix_ms, &moment);
    (void)split(now_unix_ms, &now);

    bool today = moment.tm_year == now.tm_year && moment.tm_yday == now.tm_yday;

    (void)strftime(buffer->text, sizeof(buffer->text), today ? "%H:%M" : "%Y-%m-%d %H:%M", &moment);
    return buffer->text;
}

const char *
weekday_format(int64_t unix_ms, struct timestamp_buffer *buffer)
{
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
    struct tm parts = {0};

    (void)split(unix_ms, &parts);
    (void)snprintf(buffer->text, sizeof(buffer->text), "%s %02u:%02u", names[parts.tm_wday],
                   (unsigned)parts.tm_hour % 100, (unsigned)parts.tm_min % 100);
    return buffer->text;
}

/* Reads exactly `digits` digits and moves on past them. */
static bool
read_number(const char **at, int digits, int *ret_number)
{
    int number = 0;

    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];

        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *at += digits;
    *ret_number = number;
    return true;
}

static bool
read_one_of(const char **at, const char *characters)
{
    if (**at == '\0' || strchr(characters, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static int
days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool
read_date(const char **at, struct tm *parts)
{
    int year;
    int month;
    int day;

    if (!read_number(at, 4, &year) || !read_one_of(at, "-") || !read_number(at, 2, &month) ||
        !read_one_of(at, "-") || !read_number(at, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    parts->tm_year = year - 1900;
    parts->tm_mon = month - 1;
    parts->tm_mday = day;
    return true;
}

static bool
read_time(const char **at, struct tm *parts, int *ret_ms)
{
    int ms = 0;

    if (!read_number(at, 2, &parts->tm_hour) || !read_one_of(at, ":") ||
        !read_number(at, 2, &parts->tm_min) || !read_one_of(at, ":") ||
        !read_number(at, 2, &parts->tm_sec))
        return false;
    if (parts->tm_hour > 23 || parts->tm_min > 59 || parts->tm_sec > 60)
        return false;
    if (read_one_of(at, ".")) {
        int worth = 100;

        if (**at < '0' || **at > '9')
            return false;
        for (; **at >= '0' && **at <= '9'; (*at)++) {
            ms += (**at - '0') * worth;
            worth /= 10;
        }
    }
    *ret_ms = ms;
    return true;
}

static bool
read_offset(const char **at, int64_t *ret_offset_ms)
{
    int hours;
    int minutes;
    bool west = **at == '-';

    if (read_one_of(at, "Zz")) {
        *ret_offset_ms = 0;
        return true;
    }
    if (!read_one_of(at, "+-") || !read_number(at, 2, &hours) || !read_one_of(at, ":") ||
        !read_number(at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset_ms = (hours * HOUR_MS + minutes * MINUTE_MS) * (west ? -1 : 1);
    return true;
}

enum result
timestamp_parse_rfc3339(const char *text, int64_t *ret_unix_ms)
{
    const char *at = text;
    struct tm parts = {0};
    int ms;
    int64_t offset_ms;

    if (text == NULL || !read_date(&at, &parts) || !read_one_of(&at, "Tt ") ||
        !read_time(&at, &parts, &ms) || !read_offset(&at, &offset_ms) || *at != '\0')
        return RESULT_REJECTED;
    *ret_unix_ms = (int64_t)timegm(&parts) * SECOND_MS + ms - offset_ms;
    return RESULT_OK;
}

enum result
duration_parse(const char *text, int64_t *ret_duration_ms)
{
    static const struct {
        char unit;
        int64_t unit_ms;
    } units[] = {{'s', SECOND_MS}, {'m', MINUTE_MS}, {'h', HOUR_MS}, {'d', DAY_MS}};
    char number[16];
    size_t length = text == NULL ? 0 : strlen(text);

    if (length < 2 || length > sizeof(number) || text[0] == '-')
        return RESULT_REJECTED;
    memcpy(number, text, length - 1);
    number[length - 1] = '\0';
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        int64_t count;

        if (text[length - 1] != units[i].unit)
            continue;
        if (parse_int64(number, 1, 36500 * DAY_MS / units[i].unit_ms, &count) != RESULT_OK)
            return RESULT_REJECTED;
        *ret_duration_ms = count * units[i].unit_ms;
        return RESULT_OK;
    }
    return RESULT_REJECTED;
}
