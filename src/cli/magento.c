#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "store/magento_forget.h"
#include "store/magento_identity.h"

static int
moved(struct cli_call *call, bool json)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    struct error err;
    int exit_code = cli_session_start_with(call, SETTINGS_DATABASE | SETTINGS_MAGENTO, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    const struct settings *settings = &session.settings;
    enum result result = magento_identity_move(session.database, settings->magento_url,
                                               settings->magento_store, &err);

    if (result == RESULT_NONE)
        error_set(&err, "no shop is remembered yet, so there is nothing to move; start amsync "
                        "serve");
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (json)
        (void)fputs("{\"done\":true}\n", call->out);
    else
        (void)fprintf(call->out, "The numbers belong to store %s of %s now.\n",
                      settings->magento_store, settings->magento_url);
    return CLI_EXIT_DONE;
}

/* A running service still publishes to the shop that is to be forgotten. */
static enum result
require_stopped(struct database *database, struct error *err)
{
    bool running = false;
    enum result result = service_is_running(database, &running, err);

    if (result == RESULT_OK && running)
        return error_result(err, RESULT_NONE,
                            "amsync serve is running, or ended less than 20 s ago without a "
                            "word: stop it first");
    return result;
}

static enum result
require_yes(struct database *database, bool yes, struct error *err)
{
    int64_t orders = 0;
    enum result result = yes ? RESULT_OK : magento_forget_count(database, &orders, err);

    if (result != RESULT_OK || yes)
        return result;
    return error_result(err, RESULT_NONE,
                        "nothing changed: it would forget the Magento numbers of %lld order%s, and "
                        "bring those over that the preferences allow (see orders_from); confirm "
                        "with --yes",
                        (long long)orders, orders == 1 ? "" : "s");
}

static int
forget(struct cli_call *call, bool yes, bool json)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    struct forget_walk walk = {0};
    struct error err;
    int exit_code = cli_session_start(call, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    enum result result = require_stopped(session.database, &err);

    if (result == RESULT_OK)
        result = require_yes(session.database, yes, &err);
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    do
        result = magento_forget_some(session.database, &walk, &err);
    while (result == RESULT_OK);
    if (result == RESULT_NONE)
        result = magento_forget_shop(session.database, walk.orders, &err);
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (json)
        (void)fprintf(call->out, "{\"orders\":%zu}\n", walk.orders);
    else
        (void)fprintf(
            call->out,
            "The Magento numbers of %zu order%s are forgotten; amsync serve brings %s over "
            "anew.\n",
            walk.orders, walk.orders == 1 ? "" : "s", walk.orders == 1 ? "it" : "them");
    return CLI_EXIT_DONE;
}

static int
run(struct cli_call *call)
{
    bool yes = false;
    bool json = false;
    const struct cli_option options[] = {
        {"yes", NULL, &yes},
        {"json", NULL, &json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;

    const char *verb = call->argument_count == 1 ? call->arguments[0] : "";

    if (strcmp(verb, "moved") == 0)
        return moved(call, json);
    if (strcmp(verb, "forget") == 0)
        return forget(call, yes, json);
    return cli_usage_error(call, "write magento moved, or magento forget");
}

const struct cli_command cli_magento = {
    .name = "magento",
    .summary = "the same shop under another URL, or another shop",
    .help =
        "Usage: amsync magento moved [--json]\n"
        "       amsync magento forget --yes [--json]\n\n"
        "amsync remembers which Magento its numbers belong to, and amsync serve does not start "
        "for\n"
        "another one. Set AMSYNC_MAGENTO_URL and AMSYNC_MAGENTO_STORE first.\n\n"
        "moved: it is the same shop, with the same orders, under another URL or store code.\n"
        "forget: it is another shop. All numbers of the former one are forgotten, with what was\n"
        "settled as done there, and the orders are decided anew; set the preference orders_from\n"
        "before if old ones are not to come over. amsync serve must be stopped. If it is\n"
        "interrupted, run it again.\n\n"
        "  --yes     yes, forget them\n"
        "  --json    as JSON\n"
        "  --help    this text\n",
    .run = run,
};
