#include "intake/crowd.h"

/* So many notifications in one commit have come while the one before was made. */
#define CROWD_NOTIFICATIONS 32
/* So long after the last of these a rest ends, which is longer than such a commit takes and shorter
 * than between bursts of a sender that waits. What is longer does not count to a crowd's time. */
#define COMMIT_MS 20
/* So long after it the crowd is over: a commit may take long once. */
#define LAPSE_MS 250
/* Shorter is a burst, for which nothing needs to give way. Who sends so much for longer is no crowd
 * but the rule, and is to be served like any. */
#define CROWD_MIN_MS 100
#define CROWD_MAX_MS 30000
/* How much of a crowd's time is accepting's alone. */
#define RESTS_PER_WORK 30

static int64_t
smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void
intake_crowd_note(struct intake_crowd *crowd, size_t count, int64_t now_ms)
{
    int64_t apart_ms = now_ms - crowd->last_ms;

    if (count < CROWD_NOTIFICATIONS)
        return;
    crowd->lasted_ms = apart_ms > LAPSE_MS ? 0 : crowd->lasted_ms + smaller(apart_ms, COMMIT_MS);
    crowd->last_ms = now_ms;
}

static bool
is_there(const struct intake_crowd *crowd, int64_t now_ms)
{
    return crowd->lasted_ms >= CROWD_MIN_MS && crowd->lasted_ms < CROWD_MAX_MS &&
           now_ms <= crowd->last_ms + LAPSE_MS;
}

unsigned
intake_pass_begin(struct intake_passes *passes, const struct intake_crowd *crowd,
                  unsigned settle_ms, int64_t now_ms)
{
    passes->began_ms = now_ms;
    passes->crowded = is_there(crowd, now_ms);
    return passes->crowded && settle_ms > 0 ? settle_ms + INTAKE_REST_MAX_MS : settle_ms;
}

void
intake_pass_end(struct intake_passes *passes, unsigned settle_ms, int64_t now_ms)
{
    passes->ended_ms = now_ms;
    if (!passes->crowded)
        passes->settled_ms = now_ms + settle_ms;
}

int64_t
intake_rest_until_ms(const struct intake_passes *passes, const struct intake_crowd *crowd)
{
    int64_t work_ms = passes->ended_ms - passes->began_ms;
    int64_t rest_ms = smaller(RESTS_PER_WORK * work_ms, INTAKE_REST_MAX_MS);

    if (!passes->crowded || passes->ended_ms < passes->settled_ms)
        return passes->ended_ms;
    return smaller(passes->ended_ms + rest_ms, crowd->last_ms + COMMIT_MS);
}
