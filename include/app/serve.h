/*
 * The command `serve`, for the table of src/main.c.
 */
#ifndef AMSYNC_APP_SERVE_H
#define AMSYNC_APP_SERVE_H

#include "cli/cli.h"

extern const struct cli_command app_serve;

#endif
