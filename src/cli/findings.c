#include "cli/findings.h"

#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"

void
findings_finish(struct findings *findings)
{
    json_decref(findings->list);
    *findings = (struct findings){0};
}

static void add(struct findings *findings, const char *check, const char *next, const char *format,
                va_list arguments) AMSYNC_PRINTF(4, 0);

static void
add(struct findings *findings, const char *check, const char *next, const char *format,
    va_list arguments)
{
    AMSYNC_CLEANUP(cleanup_free) char *message = NULL;

    if (findings->list == NULL)
        findings->list = json_array();
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;

    json_t *finding = json_pack("{s:s, s:b, s:s, s:s*}", "check", check, "ok", next == NULL,
                                "message", message, "next", next);

    if (message == NULL || json_array_append_new(findings->list, finding) != 0)
        findings->out_of_memory = true;
}

void
findings_ok(struct findings *findings, const char *check, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(findings, check, NULL, format, arguments);
    va_end(arguments);
}

void
findings_wrong(struct findings *findings, const char *check, const char *next, const char *format,
               ...)
{
    va_list arguments;

    findings->wrong = true;
    va_start(arguments, format);
    add(findings, check, next, format, arguments);
    va_end(arguments);
}

void
findings_unreachable(struct findings *findings, const char *check, const char *next,
                     const char *format, ...)
{
    va_list arguments;

    findings->unreachable = true;
    va_start(arguments, format);
    add(findings, check, next, format, arguments);
    va_end(arguments);
}

const char *
findings_next(const struct findings *findings)
{
    const json_t *finding;
    size_t index;

    json_array_foreach(findings->list, index, finding)
    {
        const char *next = json_object_text(finding, "next");

        if (next != NULL)
            return next;
    }
    return NULL;
}
