#include "http/probes.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "http/answer.h"

#include <string.h>

#define BODY_MAX_BYTES 4096

/* NULL without memory. */
static json_t *
readiness_json(const struct readiness_view *view, bool details)
{
    const char *word = view->ready ? "ready" : "not ready";
    size_t reason_bytes = strlen(view->reason);
    /* What PostgreSQL says before it knows the client's encoding may be in any. */
    bool has_reason = reason_bytes > 0 && text_is_utf8(view->reason, reason_bytes);

    if (!details)
        return json_pack("{s:s}", "status", word);
    return json_pack("{s:s, s:s, s:s, s:b, s:s*}", "status", word, "database",
                     view->database_writable ? "writable" : "not writable", "schema",
                     view->schema_current ? "current" : "not current", "draining", view->draining,
                     "reason", has_reason ? view->reason : NULL);
}

enum exchange_step
probe_answer(const struct exchange *exchange, const struct route *route,
             struct readiness *readiness, bool details)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *body = NULL;
    unsigned status = MHD_HTTP_OK;

    if (route->target == ROUTE_READYZ) {
        struct readiness_view view = readiness_look(readiness, clock_boottime_ms());

        status = view.ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
        json = readiness_json(&view, details);
    } else {
        json = json_pack("{s:s}", "status", "alive");
    }
    return json_encode(json, BODY_MAX_BYTES, &body, NULL) == RESULT_OK &&
                   answer_json(exchange->connection, status, body, false)
               ? EXCHANGE_ANSWERED
               : EXCHANGE_ABORT;
}
