#include "intake/crowd.h"

/* So many notifications in one commit have come while the one before was made. */
#define CROWD_NOTIFICATIONS 32
/* How long after the last of these the crowd is over, which is longer than such a commit takes and
 * shorter than between bursts of a sender that waits. */
#define CROWD_MS 20
/* Who sends so much for so long is no crowd but the rule, and is to be served like any. */
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
    if (count < CROWD_NOTIFICATIONS)
        return;
    if (now_ms > crowd->last_ms + CROWD_MS)
        crowd->began_ms = now_ms;
    crowd->last_ms = now_ms;
}

int64_t
intake_crowd_ends_ms(const struct intake_crowd *crowd)
{
    return smaller(crowd->last_ms + CROWD_MS, crowd->began_ms + CROWD_MAX_MS);
}

int64_t
intake_crowd_rest_until_ms(const struct intake_crowd *crowd, int64_t began_ms, int64_t ended_ms)
{
    int64_t rest_ms = smaller(RESTS_PER_WORK * (ended_ms - began_ms), INTAKE_REST_MAX_MS);

    return smaller(ended_ms + rest_ms, intake_crowd_ends_ms(crowd));
}
