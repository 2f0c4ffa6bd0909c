#include "store/migrate.h"

#include "cli/commands.h"
#include "cli/session.h"

static int
run(struct cli_call *call)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        CLI_OPTION_HELP,
        CLI_OPTIONS_LAST,
    };
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    bool json = false;

    for (;;) {
        int option = cli_next_option(call, options);

        if (option == CLI_OPTIONS_END)
            break;
        if (option == CLI_OPTIONS_STOP)
            return call->exit_code;
        json = true;
    }
    if (cli_refuse_arguments(call) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;

    int exit_code = cli_session_start(call, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    size_t applied = 0;
    struct error err;
    enum result result = migrate_run(session.database, AMSYNC_VERSION, &applied, &err);

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
    .help = "Usage: amsync migrate [--json]\n\n"
            "Applies the migrations that the database lacks and makes the partitions of the next\n"
            "days. Safe to repeat, and from two places at once. Exits 1 if the schema was made by\n"
            "a newer amsync or was changed by hand, 3 if the database cannot be reached.\n\n"
            "  --json      how many were applied, as JSON\n"
            "  --help      this text\n",
    .run = run,
};
