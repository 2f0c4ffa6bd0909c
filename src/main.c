#include <stdio.h>
#include <unistd.h>

#include "app/serve.h"
#include "cli/commands.h"

int
main(int argc, char **argv)
{
    /* clang-format off */
    static const struct cli_command *const commands[] = {
        &app_serve,
        &cli_migrate,
        &cli_order,
        &cli_log,
        &cli_sync,
        &cli_retry,
        &cli_resolve,
        &cli_replay,
        &cli_prefs,
        &cli_customer,
        &cli_map,
        &cli_magento,
        &cli_check,
        &cli_config,
        &cli_healthcheck,
        NULL,
    };
    /* clang-format on */

    return cli_run(commands, argc, argv, environ, stdout, stderr);
}
