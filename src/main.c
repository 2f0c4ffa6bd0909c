#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"

int
main(int argc, char **argv)
{
    /* clang-format off */
    static const struct cli_command *const commands[] = {
        &cli_config,
        &cli_migrate,
        &cli_log,
        &cli_map,
        &cli_healthcheck,
        NULL,
    };
    /* clang-format on */

    return cli_run(commands, argc, argv, environ, stdout, stderr);
}
