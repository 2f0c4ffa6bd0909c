#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/findings.h"
#include "store/heartbeat.h"
#include "store/not_taken_in.h"

static void
say_suspects(struct findings *findings, const json_t *suspects, int64_t now_unix_ms)
{
    const json_t *suspect;
    size_t index;

    json_array_foreach(suspects, index, suspect)
    {
        const char *due_at = json_object_text(suspect, "due_at");
        json_int_t attempts = json_integer_value(json_object_get(suspect, "attempts"));
        int64_t due_unix_ms = now_unix_ms;
        struct timestamp_buffer due;

        if (due_at == NULL || timestamp_parse_rfc3339(due_at, &due_unix_ms) != RESULT_OK)
            due_unix_ms = now_unix_ms;
        findings_wrong(findings, "arrivals",
                       "see amsync log --entity notification and the process log of amsync serve",
                       "notification %" JSON_INTEGER_FORMAT " could not be taken in, "
                       "%" JSON_INTEGER_FORMAT " time%s alone; it is tried again at %s UTC",
                       json_integer_value(json_object_get(suspect, "id")), attempts,
                       attempts == 1 ? "" : "s", moment_format(due_unix_ms, now_unix_ms, &due));
    }
}

/* Nothing can tell whether it was replayed since. */
static void
say_failed(struct findings *findings, const json_t *failed)
{
    const json_t *entry;
    size_t index;

    json_array_foreach(failed, index, entry)
    {
        const char *message = json_object_text(entry, "message");
        const json_t *id = json_object_get(entry, "notification");

        if (json_is_true(json_object_get(entry, "lasts")))
            findings_wrong(
                findings, "arrivals",
                "do what amsync log --entity notification says, then save what it concerns in "
                "Acumatica again",
                "%s", message);
        else if (json_is_integer(id) && strstr(message, "amsync replay") == NULL)
            findings_ok(findings, "arrivals",
                        "failed in the last two days: %s; once that is mended, unless it was done: "
                        "amsync replay --notification %" JSON_INTEGER_FORMAT,
                        message, json_integer_value(id));
        else
            findings_ok(findings, "arrivals", "failed in the last two days: %s", message);
    }
}

enum result
check_suspects(struct findings *findings, struct database *database,
               const struct settings *settings, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *suspects = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *failed = NULL;
    int64_t now_unix_ms = clock_unix_ms();
    enum result result = suspects_list(database, &suspects, err);

    (void)settings;
    if (result == RESULT_OK)
        result =
            failed_notifications_list(database, now_unix_ms - ACUMATICA_KEEPS_MS, &failed, err);
    if (result != RESULT_OK)
        return result;
    say_suspects(findings, suspects, now_unix_ms);
    say_failed(findings, failed);
    return RESULT_OK;
}
