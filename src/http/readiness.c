#include "http/readiness.h"

#include <stdio.h>
#include <string.h>

void
readiness_init(struct readiness *readiness)
{
    atomic_init(&readiness->schema_current, false);
    atomic_init(&readiness->draining, false);
    atomic_init(&readiness->written, false);
    atomic_init(&readiness->written_ms, 0);
    (void)pthread_mutex_init(&readiness->mutex, NULL);
    readiness->why_not_writable[0] = '\0';
    readiness->why_not_current[0] = '\0';
}

void
readiness_written(struct readiness *readiness, int64_t now_ms)
{
    atomic_store(&readiness->written_ms, now_ms);
    atomic_store(&readiness->written, true);
}

static void
keep_reason(struct readiness *readiness, char reason[ERROR_TEXT_BYTES], const char *why)
{
    (void)pthread_mutex_lock(&readiness->mutex);
    (void)snprintf(reason, ERROR_TEXT_BYTES, "%s", why);
    (void)pthread_mutex_unlock(&readiness->mutex);
}

void
readiness_not_writable(struct readiness *readiness, const char *why)
{
    keep_reason(readiness, readiness->why_not_writable, why);
    atomic_store(&readiness->written, false);
}

void
readiness_schema_current(struct readiness *readiness)
{
    atomic_store(&readiness->schema_current, true);
}

void
readiness_schema_not_current(struct readiness *readiness, const char *why)
{
    keep_reason(readiness, readiness->why_not_current, why);
    atomic_store(&readiness->schema_current, false);
}

void
readiness_drain(struct readiness *readiness)
{
    atomic_store(&readiness->draining, true);
}

struct readiness_view
readiness_look(struct readiness *readiness, int64_t now_ms)
{
    int64_t age_ms = now_ms - atomic_load(&readiness->written_ms);
    struct readiness_view view = {
        .database_writable = atomic_load(&readiness->written) && age_ms <= READINESS_WRITE_VALID_MS,
        .schema_current = atomic_load(&readiness->schema_current),
        .draining = atomic_load(&readiness->draining),
    };

    view.ready = view.database_writable && view.schema_current && !view.draining;
    (void)pthread_mutex_lock(&readiness->mutex);
    if (!view.schema_current)
        memcpy(view.reason, readiness->why_not_current, sizeof(view.reason));
    else if (!view.database_writable)
        memcpy(view.reason, readiness->why_not_writable, sizeof(view.reason));
    (void)pthread_mutex_unlock(&readiness->mutex);
    return view;
}
