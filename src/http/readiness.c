#include "http/readiness.h"

void
readiness_init(struct readiness *readiness)
{
    atomic_init(&readiness->schema_current, false);
    atomic_init(&readiness->draining, false);
    atomic_init(&readiness->written, false);
    atomic_init(&readiness->written_ms, 0);
}

void
readiness_written(struct readiness *readiness, int64_t now_ms)
{
    atomic_store(&readiness->written_ms, now_ms);
    atomic_store(&readiness->written, true);
}

void
readiness_not_writable(struct readiness *readiness)
{
    atomic_store(&readiness->written, false);
}

void
readiness_set_schema_current(struct readiness *readiness, bool current)
{
    atomic_store(&readiness->schema_current, current);
}

void
readiness_drain(struct readiness *readiness)
{
    atomic_store(&readiness->draining, true);
}

struct readiness_view
readiness_look(const struct readiness *readiness, int64_t now_ms)
{
    int64_t age_ms = now_ms - atomic_load(&readiness->written_ms);
    struct readiness_view view = {
        .database_writable = atomic_load(&readiness->written) && age_ms <= READINESS_WRITE_VALID_MS,
        .schema_current = atomic_load(&readiness->schema_current),
        .draining = atomic_load(&readiness->draining),
    };

    view.ready = view.database_writable && view.schema_current && !view.draining;
    return view;
}
