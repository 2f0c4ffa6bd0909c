/*
 * The command line: argv -> command, options, messages and exit codes.
 *
 * A command is a file src/cli/<command>.c that defines one `const struct cli_command`, declared in
 * cli/commands.h and entered in the table of src/main.c. It reads its options with cli_read_options,
 * writes what was asked for to `call->out` and one line about what is wrong to `call->err`, and
 * returns one of the codes of enum cli_exit:
 *
 *     const struct cli_option options[] = {
 *         {"limit", &limit, NULL},
 *         {"json", NULL, &json},
 *         {0},
 *     };
 *
 *     if (!cli_read_options(call, options))
 *         return call->exit_code;
 *     ... call->arguments[0 to call->argument_count - 1] ...
 *
 * All of this runs on the main thread.
 */
#ifndef AMSYNC_CLI_CLI_H
#define AMSYNC_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"
#include "base/settings.h"

enum cli_exit {
    CLI_EXIT_DONE = 0,
    CLI_EXIT_NO = 1,          /* the answer is no: unknown, refused, not ready, failed */
    CLI_EXIT_USAGE = 2,       /* the command line or a setting is wrong */
    CLI_EXIT_UNREACHABLE = 3, /* the database, Magento or the service cannot be reached */
};

struct cli_call;

struct cli_command {
    const char *name;
    const char *summary; /* one line, for amsync --help */
    const char *help; /* printed by --help: usage, options and what they mean, each line with \n */
    int (*run)(struct cli_call *call);
};

/* One run of a command; nothing in it is owned by the command. */
struct cli_call {
    const struct cli_command *command;
    int argc; /* of the command: argv[0] is its name */
    char **argv;
    char *const *environment;
    FILE *out;
    FILE *err;
    char **arguments; /* what is left after the options, set with CLI_OPTIONS_END */
    int argument_count;
    int exit_code; /* set with CLI_OPTIONS_STOP */
};

#define CLI_OPTIONS_END (-1)  /* all options are read */
#define CLI_OPTIONS_STOP (-2) /* help was printed or the line is wrong: return call->exit_code */

/* clang-format off */
#define CLI_OPTION_HELP {"help", no_argument, NULL, 'h'}
#define CLI_OPTIONS_LAST {NULL, 0, NULL, 0}
/* clang-format on */

/*
 * Runs what argv asks for: a command of `commands` (ended by NULL), --help or --version. Returns
 * the exit code of the process. What could not be written to `out` makes it CLI_EXIT_NO.
 */
AMSYNC_MUST_USE int cli_run(const struct cli_command *const *commands, int argc, char **argv,
                            char *const *environment, FILE *out, FILE *err);

#define CLI_OPTIONS_MAX 8 /* of a command that reads them by a table */

/* An option, and where it is put: its value, or true. One of the two is NULL; a table ends with {0}. */
struct cli_option {
    const char *name;
    const char **ret_text;
    bool *ret_flag;
};

/*
 * Reads all options of the table, and --help; of one that stands twice the last counts, and one that
 * is not there is left as it was. False: help was printed or the line is wrong, return
 * call->exit_code.
 */
AMSYNC_MUST_USE bool cli_read_options(struct cli_call *call, const struct cli_option *options);

/*
 * For a command for which a table does not suffice: the `val` of the next option, with getopt_long's
 * optarg; options may stand after arguments. Only long options count. 'h' never comes back: it prints
 * the command's help.
 */
AMSYNC_MUST_USE int cli_next_option(struct cli_call *call, const struct option *options);

/* "amsync COMMAND: ...; amsync COMMAND --help shows how" on `call->err`. Returns CLI_EXIT_USAGE. */
int cli_usage_error(struct cli_call *call, const char *format, ...) AMSYNC_PRINTF(2, 3);

/* For commands that take no arguments: CLI_EXIT_DONE, or CLI_EXIT_USAGE with the line written. */
AMSYNC_MUST_USE int cli_refuse_arguments(struct cli_call *call);

/*
 * Loads the settings of `parts`, writes warnings to `call->err` and sets the level of the process
 * log. CLI_EXIT_DONE: the caller ends `ret_settings` with settings_finish. CLI_EXIT_USAGE: the line
 * about it is written.
 */
AMSYNC_MUST_USE int cli_load_settings(struct cli_call *call, unsigned parts,
                                      struct settings *ret_settings);

/*
 * Writes "amsync COMMAND: <err>" to `call->err` and returns the code that fits the result:
 * RESULT_RETRY is CLI_EXIT_UNREACHABLE, everything else CLI_EXIT_NO.
 */
int cli_fail(struct cli_call *call, enum result result, const struct error *err);

/* Writes the value and a line end to `call->out`. CLI_EXIT_DONE, or CLI_EXIT_NO if that fails. */
AMSYNC_MUST_USE int cli_print_json(struct cli_call *call, const json_t *value);

/* Reads a time: RFC 3339, or how long ago it was (90s, 15m, 2h, 7d). False: it is neither. */
AMSYNC_MUST_USE bool cli_read_since(const char *text, int64_t *ret_unix_ms);

#endif
