/*
 * The commands that src/cli defines, one file each; src/main.c has the table of all.
 */
#ifndef AMSYNC_CLI_COMMANDS_H
#define AMSYNC_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command cli_check;
extern const struct cli_command cli_config;
extern const struct cli_command cli_customer;
extern const struct cli_command cli_healthcheck;
extern const struct cli_command cli_log;
extern const struct cli_command cli_magento;
extern const struct cli_command cli_map;
extern const struct cli_command cli_migrate;
extern const struct cli_command cli_order;
extern const struct cli_command cli_prefs;
extern const struct cli_command cli_replay;
extern const struct cli_command cli_resolve;
extern const struct cli_command cli_retry;
extern const struct cli_command cli_sync;

#endif
