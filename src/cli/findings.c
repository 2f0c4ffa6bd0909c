#include "cli/findings.h"

#include <stdarg.h>
#include <stdint.h>
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

void
findings_not_answered(struct findings *findings, const char *check, const char *next,
                      const struct database *database, enum result result, const struct error *err)
{
    if (database_took_too_long(database))
        findings_wrong(findings, check,
                       "see what keeps PostgreSQL busy (pg_stat_activity), and that autovacuum is "
                       "on; then amsync check again",
                       "%s", err->text);
    else if (result == RESULT_RETRY)
        findings_unreachable(findings, check, "see that PostgreSQL runs, then amsync check again",
                             "%s", err->text);
    else
        findings_wrong(findings, check, next, "%s", err->text);
}

/* What keeps most of the others from working comes first: amsync serve does not start before what stands
 * above it is right. Checks that are not here come last. */
static size_t
rank_of(const char *check)
{
    static const char *const CHECKS[] = {
        "database", "schema",     "preferences", "partitions", "durability", "shop",   "service",
        "secrets",  "Magento",    "login",       "store view", "right",      "limits", "clock",
        "numbers",  "publishing", "refused",     "arrivals",   "accepting",  "orders", "mappings",
    };
    size_t rank = 0;

    while (rank < sizeof(CHECKS) / sizeof(CHECKS[0]) && strcmp(CHECKS[rank], check) != 0)
        rank++;
    return rank;
}

const char *
findings_next(const struct findings *findings)
{
    const char *first = NULL;
    size_t first_rank = SIZE_MAX;
    const json_t *finding;
    size_t index;

    json_array_foreach(findings->list, index, finding)
    {
        const char *next = json_object_text(finding, "next");
        size_t rank = rank_of(json_object_text(finding, "check"));

        if (next != NULL && rank < first_rank) {
            first = next;
            first_rank = rank;
        }
    }
    return first;
}
