#include "store/replay.h"
#include "cli/commands.h"
#include "cli/session.h"

/* Finding the first of very many notifications takes its time. */
#define TIMEOUT_MS 600000

struct request {
    const char *notification_id; /* NULL: all since then */
    const char *since;
    int64_t since_unix_ms;
    bool json;
};

static enum result
replay_since(struct database *database, const struct request *request, size_t *ret_queued,
             struct error *err)
{
    struct replay_walk walk = {0};
    enum result result = replay_start(database, request->since_unix_ms, &walk, err);

    while (result == RESULT_OK)
        result = replay_some(database, &walk, err);
    if (result != RESULT_NONE)
        return result;
    *ret_queued = walk.queued;
    return RESULT_OK;
}

static int
replay(struct cli_call *call, const struct request *request)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    size_t queued = 0;
    struct error err;
    int exit_code = cli_session_start(call, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    enum result result = database_set_timeout(session.database, TIMEOUT_MS, &err);

    if (result == RESULT_OK && request->notification_id == NULL)
        result = replay_since(session.database, request, &queued, &err);
    else if (result == RESULT_OK)
        result = replay_notification(session.database, request->notification_id, &queued, &err);
    if (result == RESULT_NONE)
        error_set(&err, "notification %s is not kept; AMSYNC_RETENTION_DAYS says how long they are",
                  request->notification_id);
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (request->json)
        (void)fprintf(call->out, "{\"notifications\":%zu}\n", queued);
    else
        (void)fprintf(call->out, "%zu notification%s taken in again.\n", queued,
                      queued == 1 ? " is" : "s are");
    return CLI_EXIT_DONE;
}

static int
run(struct cli_call *call)
{
    struct request request = {0};
    const struct cli_option options[] = {
        {"since", &request.since, NULL},
        {"notification", &request.notification_id, NULL},
        {"json", NULL, &request.json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    if (cli_refuse_arguments(call) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;
    if ((request.since == NULL) == (request.notification_id == NULL))
        return cli_usage_error(call, "give --since or --notification, one of them");
    if (request.since != NULL && !cli_read_since(request.since, &request.since_unix_ms))
        return cli_usage_error(call, "--since %s: write 2026-01-31T08:00:00Z, or 90s, 15m, 2h, 7d",
                               request.since);
    return replay(call, &request);
}

const struct cli_command cli_replay = {
    .name = "replay",
    .summary = "take stored notifications in again",
    .help = "Usage: amsync replay --since T | --notification ID [--json]\n\n"
            "Notifications that are still kept are merged once more. What is known already stays "
            "as it\n"
            "is; so this is for after a backup was restored, a column was given a meaning, or a "
            "tenant\n"
            "was added. New notifications are taken in after them. Says how many there are.\n\n"
            "  --since T           received from 2026-01-31T08:00:00Z on, or in the last 90s, 15m, "
            "2h,\n"
            "                      7d\n"
            "  --notification ID   the one with this number of amsync's, or those with this Id of\n"
            "                      Acumatica's\n"
            "  --json              {\"notifications\": N}\n"
            "  --help              this text\n",
    .run = run,
};
