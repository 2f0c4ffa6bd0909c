#include "store/migrate.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/session.h"

/* How often a lock is tried for, and for how long in all: a backup may run for a while. Between the
 * tries whoever waited behind them goes on. */
#define PAUSE_S 5
#define PATIENCE_MS 900000

/* Says what is waited for each time that it is something else. */
static enum result
migrate(struct cli_call *call, struct database *database, size_t *ret_applied, struct error *err)
{
    int64_t deadline_ms = clock_boottime_ms() + PATIENCE_MS;
    struct error told = {0};
    size_t before = 0;

    for (;;) {
        size_t applied = 0;
        enum result result = migrate_run(database, AMSYNC_VERSION, &applied, err);

        before += applied;
        if (result == RESULT_OK)
            *ret_applied = before;
        if (result != RESULT_NONE)
            return result;
        if (clock_boottime_ms() >= deadline_ms) {
            error_prefix(err, "not done within 15 minutes, run amsync migrate again");
            return RESULT_RETRY;
        }
        if (strcmp(told.text, err->text) != 0)
            (void)fprintf(call->err, "%s\n", err->text);
        told = *err;
        (void)sleep(PAUSE_S);
    }
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    bool json = false;
    const struct cli_option options[] = {
        {"json", NULL, &json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    if (cli_refuse_arguments(call) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;

    int exit_code = cli_session_start(call, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    size_t applied = 0;
    struct error err;
    enum result result = migrate(call, session.database, &applied, &err);

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (json)
        (void)fprintf(call->out, "{\"applied\":%zu}\n", applied);
    else if (applied == 0)
        (void)fputs("The schema is up to date.\n", call->out);
    else
        (void)fprintf(call->out, "The schema is up to date: %zu migration%s applied.\n", applied,
                      applied == 1 ? "" : "s");
    return CLI_EXIT_DONE;
}

const struct cli_command cli_migrate = {
    .name = "migrate",
    .summary = "make or update the database schema",
    .help =
        "Usage: amsync migrate [--json]\n\n"
        "Applies the migrations that the database lacks and makes the partitions of the next\n"
        "days. Safe to repeat, and from two places at once. While others use the tables, as a\n"
        "backup does, it says so and tries again for 15 minutes. Exits 1 if the schema was made\n"
        "by a newer amsync or was changed by hand, 3 if the database cannot be reached or others\n"
        "used the tables for so long.\n\n"
        "  --json      how many were applied, as JSON\n"
        "  --help      this text\n",
    .run = run,
};
