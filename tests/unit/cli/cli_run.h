/*
 * Runs a command line inside the test and keeps what it wrote.
 */
#ifndef AMSYNC_TESTS_UNIT_CLI_RUN_H
#define AMSYNC_TESTS_UNIT_CLI_RUN_H

#include "cli/cli.h"

struct cli_outcome {
    int exit_code;
    char *out;
    char *err;
};

/* Ends a run; for AMSYNC_CLEANUP. */
void cli_outcome_free(struct cli_outcome *outcome);

/*
 * Runs `line`, words separated by blanks ("amsync config --json"; a word "''" is an empty one), with
 * the table and the environment given.
 */
struct cli_outcome run_line(const struct cli_command *const *commands, const char *line,
                            char *const *environment);

#endif
