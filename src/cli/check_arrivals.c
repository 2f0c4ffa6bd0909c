#include <inttypes.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/findings.h"
#include "cli/refusal_text.h"
#include "store/arrivals.h"
#include "store/gauges.h"
#include "store/heartbeat.h"
#include "store/refusal_counts.h"

#define TEXT_MAX_BYTES ((size_t)8192)

/* A notification that is stored longer than this is not about to be taken in. */
#define WAITS_MAX_MS 60000

/* What was refused so shortly ago is taken for a fault that lasts, whatever else was accepted. */
#define FAULT_LASTS_MS 900000

/* A time of a report in milliseconds; 0: it is none. */
static int64_t
unix_ms_of(const char *rfc3339)
{
    int64_t unix_ms = 0;

    if (rfc3339 == NULL || timestamp_parse_rfc3339(rfc3339, &unix_ms) != RESULT_OK)
        return 0;
    return unix_ms;
}

/* Says what came last; returns when that was, 0: nothing came. */
static int64_t
say_last(struct findings *findings, const json_t *arrivals, int64_t now_unix_ms)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_MAX_BYTES);
    int64_t last_unix_ms = 0;
    const char *kind;
    const json_t *arrival;

    json_object_foreach((json_t *)(uintptr_t)arrivals, kind, arrival)
    {
        int64_t unix_ms = unix_ms_of(json_object_text(arrival, "at"));
        struct timestamp_buffer at;

        if (unix_ms == 0)
            buffer_append_format(&text, "%sno %s yet", text.length == 0 ? "" : ", ", kind);
        else
            buffer_append_format(&text, "%s%s %s at %s UTC", text.length == 0 ? "" : ", ", kind,
                                 json_object_text(arrival, "number"),
                                 moment_format(unix_ms, now_unix_ms, &at));
        if (unix_ms > last_unix_ms)
            last_unix_ms = unix_ms;
    }
    findings_ok(findings, "arrivals", "the last that came from Acumatica: %s", buffer_text(&text));
    return last_unix_ms;
}

/* What to do about a refusal, so that it can be read without its line; `storage` may hold it. */
static const char *
refusal_next(json_int_t status, const char *message, char **storage)
{
    const char *advice = refusal_advice(message);

    if (status == 401)
        advice = "give Acumatica's destination (SM302000) the secret of AMSYNC_WEBHOOK_SECRET";
    if (advice == NULL)
        advice = "do what amsync log --status refused says";
    if (asprintf(storage, "%s, then press Send All on Process Push Notifications (SM502000)",
                 advice) < 0)
        *storage = NULL;
    return *storage != NULL ? *storage : advice;
}

static void
say_refusal(struct findings *findings, const json_t *count, int64_t last_arrival_unix_ms,
            int64_t now_unix_ms)
{
    int64_t last_unix_ms = unix_ms_of(json_object_text(count, "last_at"));
    json_int_t status = json_integer_value(json_object_get(count, "http_status"));
    json_int_t requests = json_integer_value(json_object_get(count, "requests"));
    const char *message = json_object_text(count, "last_message");
    int reason_length = refusal_reason_length(message);
    struct timestamp_buffer at;

    AMSYNC_CLEANUP(cleanup_free) char *next = NULL;

    (void)moment_format(last_unix_ms, now_unix_ms, &at);
    /* Anybody can send a wrong secret; other refusals are Acumatica's. */
    if (!json_is_true(json_object_get(count, "mended")) &&
        (last_unix_ms > last_arrival_unix_ms ||
         (status != 401 && now_unix_ms - last_unix_ms < FAULT_LASTS_MS)))
        findings_wrong(findings, "refused", refusal_next(status, message, &next),
                       "%" JSON_INTEGER_FORMAT " refused with %" JSON_INTEGER_FORMAT
                       " in the last two days, the last at %s UTC: %.*s",
                       requests, status, at.text, reason_length, message);
    else
        findings_ok(findings, "refused",
                    "%" JSON_INTEGER_FORMAT " refused with %" JSON_INTEGER_FORMAT
                    " in the last two days, the last at %s UTC: %.*s",
                    requests, status, at.text, reason_length, message);
}

/* Nothing can tell whether Send All has been pressed since. */
static void
say_gap(struct findings *findings, const json_t *gap, int64_t now_unix_ms)
{
    int64_t from_unix_ms = unix_ms_of(json_object_text(gap, "from"));
    const char *to_text = json_object_text(gap, "to");
    struct timestamp_buffer from;
    struct timestamp_buffer to;
    struct timestamp_buffer until;

    (void)moment_format(from_unix_ms, now_unix_ms, &from);
    if (to_text == NULL && findings->service_runs) /* what is the matter is said of the service */
        findings_ok(findings, "accepting", "nobody has been accepting since %s UTC", from.text);
    else if (to_text == NULL)
        findings_wrong(findings, "accepting", "start amsync serve",
                       "nobody has been accepting since %s UTC", from.text);
    else
        findings_ok(findings, "accepting",
                    "not from %s to %s UTC: unless it was done, press Send All on Process Push "
                    "Notifications (SM502000) before %s UTC",
                    from.text, moment_format(unix_ms_of(to_text), now_unix_ms, &to),
                    weekday_format(from_unix_ms + ACUMATICA_KEEPS_MS, &until));
}

static enum result
check_waiting(struct findings *findings, struct database *database, int64_t max_attempts,
              struct error *err)
{
    struct gauges gauges;
    enum result result = gauges_read(database, max_attempts, &gauges, err);

    if (result == RESULT_OK && gauges.oldest_intake_age_ms > WAITS_MAX_MS)
        findings_wrong(findings, "arrivals",
                       findings->service_runs ? "see the process log of amsync serve"
                                              : "start amsync serve",
                       "%" PRId64 " notification%s stored and not taken in, the oldest for "
                       "%" PRId64 " min",
                       gauges.intake_queue, gauges.intake_queue == 1 ? " is" : "s are",
                       gauges.oldest_intake_age_ms / 60000);
    return result;
}

static enum result
check_refused_and_gaps(struct findings *findings, struct database *database,
                       int64_t last_arrival_unix_ms, int64_t now_unix_ms, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *counts = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *gaps = NULL;
    int64_t since_unix_ms = now_unix_ms - ACUMATICA_KEEPS_MS;
    const json_t *entry;
    size_t index;
    enum result result = refusal_counts_since(database, since_unix_ms, &counts, err);

    if (result == RESULT_OK)
        result = accepting_gaps(database, since_unix_ms, &gaps, err);
    if (result != RESULT_OK)
        return result;
    json_array_foreach(counts, index, entry)
        say_refusal(findings, entry, last_arrival_unix_ms, now_unix_ms);
    json_array_foreach(gaps, index, entry) say_gap(findings, entry, now_unix_ms);
    return RESULT_OK;
}

enum result
check_arrivals(struct findings *findings, struct database *database,
               const struct settings *settings, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *arrivals = NULL;
    int64_t now_unix_ms = clock_unix_ms();
    enum result result = last_arrivals(database, &arrivals, err);

    if (result != RESULT_OK)
        return result;

    int64_t last_unix_ms = say_last(findings, arrivals, now_unix_ms);

    result = check_waiting(findings, database, settings->max_attempts, err);
    return result == RESULT_OK
               ? check_refused_and_gaps(findings, database, last_unix_ms, now_unix_ms, err)
               : result;
}
