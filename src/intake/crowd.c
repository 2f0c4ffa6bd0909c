#include "intake/crowd.h"

/* So many notifications in one commit have come while the one before was made. */
#define CROWD_NOTIFICATIONS 32
/* How long after the last of these the crowd is over, which is longer than such a commit takes and
 * shorter than between bursts of a sender that waits. */
#define CROWD_MS 20
/* Who sends so much for so long is no crowd but the rule, and is to be served like any; moments without
 * such a commit do not count. */
#define CROWD_MAX_MS 30000
#define CROWDS_APART_MS 1000
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
    if (count < CROWD_NOTIFICATIONS)
        return;
    if (now_ms > crowd->last_ms + CROWDS_APART_MS)
        crowd->began_ms = now_ms;
    crowd->last_ms = now_ms;
}

static int64_t
crowd_ends_ms(const struct intake_crowd *crowd)
{
    return smaller(crowd->last_ms + CROWD_MS, crowd->began_ms + CROWD_MAX_MS);
}

unsigned
intake_pass_begin(struct intake_passes *passes, const struct intake_crowd *crowd,
                  unsigned settle_ms, int64_t now_ms)
{
    passes->began_ms = now_ms;
    passes->crowded = crowd_ends_ms(crowd) > now_ms;
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
    return smaller(passes->ended_ms + rest_ms, crowd_ends_ms(crowd));
}
