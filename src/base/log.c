#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define MESSAGE_BYTES 3072
#define LINE_END "...\"}\n"

static _Atomic enum log_level current_level = LOG_LEVEL_INFO;

/* A line being put together; what no longer fits is left out, whole escape sequences at a time. */
struct line {
    char text[LOG_LINE_BYTES];
    size_t length;
    bool cut;
};

void
log_set_level(enum log_level level)
{
    atomic_store_explicit(&current_level, level, memory_order_relaxed);
}

bool
log_enabled(enum log_level level)
{
    return level >= atomic_load_explicit(&current_level, memory_order_relaxed);
}

static const char *
level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return "debug";
    case LOG_LEVEL_INFO:
        return "info";
    case LOG_LEVEL_WARNING:
        return "warning";
    case LOG_LEVEL_ERROR:
        return "error";
    }
    return "error";
}

/* Always leaves room for the line's end. */
static void
append(struct line *line, const char *bytes, size_t length)
{
    if (line->cut || length > sizeof(line->text) - sizeof(LINE_END) - line->length) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

static void
append_text(struct line *line, const char *text)
{
    append(line, text, strlen(text));
}

/* One character as it stands in a JSON string. `size` 0: not UTF-8. */
static void
append_character(struct line *line, const char *bytes, size_t size)
{
    unsigned char c = (unsigned char)bytes[0];
    char escape[8];

    if (size == 0) {
        append_text(line, "\\ufffd");
    } else if (c == '"' || c == '\\') {
        append(line, (char[]){'\\', bytes[0]}, 2);
    } else if (c == '\n') {
        append_text(line, "\\n");
    } else if (c < 0x20 || c == 0x7F) {
        (void)snprintf(escape, sizeof(escape), "\\u%04x", c);
        append_text(line, escape);
    } else {
        append(line, bytes, size);
    }
}

static void
append_escaped(struct line *line, const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t size = text_utf8_character(text + at, length - at);

        append_character(line, text + at, size);
        at += size == 0 ? 1 : size;
    }
}

/* Without its last character when that is incomplete. */
static size_t
whole_characters(const char *text, size_t length)
{
    size_t back = 0;

    while (back < 3 && back < length && ((unsigned char)text[length - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back < length && (unsigned char)text[length - 1 - back] >= 0xC0 &&
        text_utf8_character(text + length - 1 - back, back + 1) == 0)
        return length - 1 - back;
    return length;
}

static void write_line(enum log_level level, const char *event, const char *format,
                       va_list arguments) AMSYNC_PRINTF(3, 0);
static void log_va(enum log_level level, const char *event, const char *format, va_list arguments)
    AMSYNC_PRINTF(3, 0);

static void
write_line(enum log_level level, const char *event, const char *format, va_list arguments)
{
    char message[MESSAGE_BYTES];
    int wanted = vsnprintf(message, sizeof(message), format, arguments);
    bool too_long = wanted >= (int)sizeof(message);
    size_t length = wanted < 0 ? 0 : strnlen(message, sizeof(message));
    struct timestamp_buffer at;
    struct line line = {.length = 0};

    append_text(&line, "{\"at\":\"");
    append_text(&line, timestamp_format_rfc3339(clock_unix_ms(), &at));
    append_text(&line, "\",\"level\":\"");
    append_text(&line, level_name(level));
    append_text(&line, "\",\"event\":\"");
    append_escaped(&line, event, strlen(event));
    append_text(&line, "\",\"message\":\"");
    append_escaped(&line, message, too_long ? whole_characters(message, length) : length);

    const char *end = line.cut || too_long ? LINE_END : &LINE_END[3];

    memcpy(line.text + line.length, end, strlen(end));
    line.length += strlen(end);

    ssize_t written;

    do
        written = write(STDERR_FILENO, line.text, line.length);
    while (written < 0 && errno == EINTR);
}

static void
log_va(enum log_level level, const char *event, const char *format, va_list arguments)
{
    int saved_errno = errno;

    if (log_enabled(level))
        write_line(level, event, format, arguments);
    errno = saved_errno;
}

void
log_debug(const char *event, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_va(LOG_LEVEL_DEBUG, event, format, arguments);
    va_end(arguments);
}

void
log_info(const char *event, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_va(LOG_LEVEL_INFO, event, format, arguments);
    va_end(arguments);
}

void
log_warning(const char *event, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_va(LOG_LEVEL_WARNING, event, format, arguments);
    va_end(arguments);
}

void
log_error(const char *event, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_va(LOG_LEVEL_ERROR, event, format, arguments);
    va_end(arguments);
}
