#include "http/probes.h"

#include "base/clock.h"
#include "http/answer.h"

#include <stdio.h>

enum exchange_step
probe_answer(const struct exchange *exchange, const struct route *route,
             const struct readiness *readiness, bool details)
{
    char body[160] = "{\"status\":\"alive\"}";
    unsigned status = MHD_HTTP_OK;

    if (route->target == ROUTE_READYZ) {
        struct readiness_view view = readiness_look(readiness, clock_boottime_ms());
        const char *word = view.ready ? "ready" : "not ready";
        status = view.ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
        if (details)
            (void)snprintf(
                body, sizeof(body),
                "{\"status\":\"%s\",\"database\":\"%s\",\"schema\":\"%s\",\"draining\":%s}", word,
                view.database_writable ? "writable" : "not writable",
                view.schema_current ? "current" : "not current", view.draining ? "true" : "false");
        else
            (void)snprintf(body, sizeof(body), "{\"status\":\"%s\"}", word);
    }
    return answer_json(exchange->connection, status, body, false) ? EXCHANGE_ANSWERED
                                                                  : EXCHANGE_ABORT;
}
