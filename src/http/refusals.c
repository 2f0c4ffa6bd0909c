#include "http/refusals.h"

#include "base/error.h"
#include "base/log.h"

#include <inttypes.h>

static void
window_init(struct refusal_window *window, uint64_t shown_max)
{
    *window = (struct refusal_window){.shown_max = shown_max, .end_ms = INT64_MAX};
}

/* Counts one; whether it is to be told by itself. */
static bool
window_add(struct refusal_window *window, int64_t now_ms)
{
    if (window->end_ms == INT64_MAX)
        window->end_ms = now_ms + REFUSALS_WINDOW_MS;
    if (window->shown < window->shown_max) {
        window->shown++;
        return true;
    }
    window->hidden++;
    return false;
}

/* How many were not told by themselves in a window that is over. */
static uint64_t
window_end(struct refusal_window *window, int64_t now_ms, bool force)
{
    uint64_t hidden = window->hidden;

    if (now_ms < window->end_ms && !force)
        return 0;
    window_init(window, window->shown_max);
    return hidden;
}

static void
tell(const struct refusals *refusals, const struct refusal *refusal)
{
    refusals->sink.refused(refusals->sink.context, refusal);
}

static void
count(const struct refusals *refusals, const struct refusal *refusal)
{
    if (refusals->sink.counted != NULL)
        refusals->sink.counted(refusals->sink.context, refusal);
}

void
refusals_init(struct refusals *refusals, const struct refusal_sink *sink)
{
    *refusals = (struct refusals){.sink = *sink};
    window_init(&refusals->refused, REFUSALS_SHOWN);
    window_init(&refusals->unauthorized, 1);
}

void
refusals_add(struct refusals *refusals, const struct refusal *refusal, int64_t now_ms)
{
    count(refusals, refusal);
    if (window_add(&refusals->refused, now_ms))
        tell(refusals, refusal);
}

static void
tell_unauthorized(const struct refusals *refusals, uint64_t requests)
{
    struct error text;
    const struct refusal refusal = {
        .status = 401,
        .detail = text.text,
        .entity = "notification",
        .count = requests,
    };

    error_set(&text,
              "%" PRIu64 " request%s had a wrong secret or none, the last one from %s. Next: give "
              "Acumatica's destination the secret of AMSYNC_WEBHOOK_SECRET",
              requests, requests == 1 ? "" : "s", refusals->last_source.text);
    log_warning("ingest.unauthorized", "%s", text.text);
    tell(refusals, &refusal);
}

void
refusals_add_unauthorized(struct refusals *refusals, const struct sockaddr *source,
                          const char *entity, int64_t now_ms)
{
    struct error text;
    const struct refusal refusal = {
        .status = 401,
        .detail = text.text,
        .entity = entity,
        .count = 1,
    };

    (void)tcp_address_host(source, &refusals->last_source);
    error_set(&text, "the secret was wrong or missing, from %s", refusals->last_source.text);
    count(refusals, &refusal);
    if (window_add(&refusals->unauthorized, now_ms))
        tell_unauthorized(refusals, 1);
}

void
refusals_run(struct refusals *refusals, int64_t now_ms, bool force)
{
    uint64_t unauthorized = window_end(&refusals->unauthorized, now_ms, force);
    uint64_t refused = window_end(&refusals->refused, now_ms, force);
    struct error text;

    if (unauthorized > 0)
        tell_unauthorized(refusals, unauthorized);
    if (refused == 0)
        return;
    error_set(&text, "%" PRIu64 " more %s refused within a minute", refused,
              refused == 1 ? "notification was" : "notifications were");
    const struct refusal refusal = {
        .status = 400,
        .detail = text.text,
        .entity = "notification",
        .count = refused,
    };
    tell(refusals, &refusal);
}

int64_t
refusals_next_ms(const struct refusals *refusals)
{
    return refusals->refused.end_ms < refusals->unauthorized.end_ms ? refusals->refused.end_ms
                                                                    : refusals->unauthorized.end_ms;
}
