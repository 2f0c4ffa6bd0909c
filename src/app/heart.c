#include "app/heart.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/rounds.h"
#include "base/clock.h"
#include "store/heartbeat.h"

#define HOST_BYTES 256

struct heart {
    struct readiness *readiness;
    struct rounds *rounds;

    /* The thread's own. */
    struct heartbeat heartbeat;
    char host[HOST_BYTES];
    bool started;   /* it has its row */
    bool accepting; /* when last looked at */
    int64_t next_ms;
};

/* Says so at once, too, when it begins to accept. */
static enum result
beat(void *context, struct database *database, struct error *err)
{
    struct heart *heart = context;
    int64_t now_ms = clock_boottime_ms();
    bool accepting = readiness_look(heart->readiness, now_ms).ready;
    bool begins = accepting && !heart->accepting;

    if (now_ms < heart->next_ms && !begins)
        return RESULT_OK;

    enum result result = heartbeat_beat(database, &heart->heartbeat, accepting, err);

    heart->next_ms = now_ms + HEARTBEAT_MS;
    heart->accepting = accepting && result == RESULT_OK;
    heart->started = heart->started || result == RESULT_OK;
    return result;
}

static enum result
end(void *context, struct database *database, struct error *err)
{
    struct heart *heart = context;

    return heart->started ? heartbeat_stop(database, &heart->heartbeat, err) : RESULT_OK;
}

enum result
heart_start(const struct heart_options *options, struct heart **ret_heart, struct error *err)
{
    struct heart *heart = calloc(1, sizeof(*heart));

    if (heart == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    heart->readiness = options->readiness;
    heart->heartbeat.host = heart->host;
    heart->heartbeat.program = AMSYNC_VERSION;
    /* The last byte stays NUL; without a name it is empty. */
    if (gethostname(heart->host, sizeof(heart->host) - 1) != 0)
        heart->host[0] = '\0';

    const struct rounds_options rounds = {
        .name = "heartbeat",
        .connection_name = "amsync heartbeat",
        .database_url = options->database_url,
        .reconnects = options->reconnects,
        .context = heart,
        .round = beat,
        .end = end,
    };
    enum result result = uuid_v4(&heart->heartbeat.instance);

    if (result != RESULT_OK)
        result = error_result(err, RESULT_FAILED, "no random number for the heartbeat");
    else
        result = rounds_start(&rounds, &heart->rounds, err);
    if (result != RESULT_OK) {
        free(heart);
        return result;
    }
    *ret_heart = heart;
    return RESULT_OK;
}

void
heart_stop(struct heart **heart)
{
    if (*heart == NULL)
        return;
    rounds_stop(&(*heart)->rounds);
    free(*heart);
    *heart = NULL;
}
