#include "app/serve.h"

#include "app/service.h"
#include "app/stop_limit.h"
#include "base/cleanup.h"
#include "base/log.h"

/* For what is still to be done when the time for finishing orders is over. */
#define STOP_GRACE_MS 1000U

/* RESULT_REJECTED is something to set right before serve can start: settings, schema, addresses. */
static int
fail(struct cli_call *call, enum result result, const struct error *err)
{
    int exit_code = cli_fail(call, result, err);

    return result == RESULT_REJECTED ? CLI_EXIT_USAGE : exit_code;
}

static int
run(struct cli_call *call)
{
    const struct cli_option options[] = {{0}};
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    struct service *service = NULL;
    struct error err;

    if (!cli_read_options(call, options))
        return call->exit_code;
    if (cli_refuse_arguments(call) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;

    int exit_code = cli_load_settings(call, SETTINGS_ALL, &settings);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    enum result result = service_start(&settings, &service, &err);

    if (result != RESULT_OK)
        return fail(call, result, &err);
    service_wait(service);
    if (stop_limit_set((unsigned)settings.shutdown_ms + STOP_GRACE_MS, &err) != RESULT_OK)
        log_warning("serve.no_stop_limit", "%s", err.text);
    service_stop(&service);
    log_info("serve.stopped", "stopped");
    return CLI_EXIT_DONE;
}

const struct cli_command app_serve = {
    .name = "serve",
    .summary = "accept notifications and publish them to Magento",
    .help = "Usage: amsync serve\n\n"
            "Runs until SIGTERM or SIGINT, then stops in good order within AMSYNC_SHUTDOWN_MS.\n"
            "Logs JSON lines to standard error. Exits 2 if a setting is wrong, the schema is not "
            "up to\n"
            "date (amsync migrate) or Magento is not the one that the numbers belong to (amsync\n"
            "magento), 3 if the database cannot be reached at the start.\n\n"
            "  --help      this text\n",
    .run = run,
};
