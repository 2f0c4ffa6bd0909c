#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli_run.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char *const no_environment[] = {NULL};

/* Writes how it was called; exits as --exit says. */
static int
run_echo(struct cli_call *call)
{
    static const struct option options[] = {
        {"exit", required_argument, NULL, 'e'},
        {"json", no_argument, NULL, 'j'},
        CLI_OPTION_HELP,
        CLI_OPTIONS_LAST,
    };
    int exit_code = CLI_EXIT_DONE;

    for (;;) {
        int option = cli_next_option(call, options);

        if (option == CLI_OPTIONS_END)
            break;
        if (option == CLI_OPTIONS_STOP)
            return call->exit_code;
        if (option == 'e')
            exit_code = optarg[0] - '0';
        if (option == 'j')
            (void)fputs("json ", call->out);
    }
    for (int i = 0; i < call->argument_count; i++)
        (void)fprintf(call->out, "<%s>", call->arguments[i]);
    return exit_code;
}

static int
run_plain(struct cli_call *call)
{
    const struct cli_option options[] = {{0}};

    return cli_read_options(call, options) ? cli_refuse_arguments(call) : call->exit_code;
}

/* Writes what its table of options was given. */
static int
run_table(struct cli_call *call)
{
    const char *from = "nowhere";
    const char *to = "nowhere";
    bool fast = false;
    bool safe = false;
    const struct cli_option options[] = {
        {"from", &from, NULL}, {"to", &to, NULL}, {"fast", NULL, &fast}, {"safe", NULL, &safe}, {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    (void)fprintf(call->out, "from %s to %s%s%s, %d arguments", from, to, fast ? " fast" : "",
                  safe ? " safe" : "", call->argument_count);
    return CLI_EXIT_DONE;
}

static int
run_fail(struct cli_call *call)
{
    struct error err;

    error_set(&err, "no route to the database");
    return cli_fail(call, call->argc > 1 ? RESULT_RETRY : RESULT_REJECTED, &err);
}

static int
run_settings(struct cli_call *call)
{
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    int exit_code = cli_load_settings(call, SETTINGS_DATABASE, &settings);

    if (exit_code == CLI_EXIT_DONE)
        (void)fputs(settings.database_url, call->out);
    return exit_code;
}

static int
run_json(struct cli_call *call)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *value = json_pack("{s:i, s:f}", "b", 1, "a", 19.99);

    return cli_print_json(call, value);
}

static const struct cli_command echo = {
    .name = "echo", .summary = "says it", .help = "Usage: amsync echo\n", .run = run_echo};
static const struct cli_command plain = {
    .name = "plain", .summary = "no more", .help = "Usage: amsync plain\n", .run = run_plain};
static const struct cli_command table = {
    .name = "table", .summary = "options", .help = "Usage: amsync table\n", .run = run_table};
static const struct cli_command fail_command = {
    .name = "fail", .summary = "fails", .help = "Usage: amsync fail\n", .run = run_fail};
static const struct cli_command settings_command = {.name = "settings",
                                                    .summary = "loads",
                                                    .help = "Usage: amsync settings\n",
                                                    .run = run_settings};
static const struct cli_command json_command = {
    .name = "json", .summary = "prints", .help = "Usage: amsync json\n", .run = run_json};

static const struct cli_command *const commands[] = {
    &echo, &plain, &table, &fail_command, &settings_command, &json_command, NULL,
};

static void
each_line_has_its_answer(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int exit_code;
        const char *out;
        const char *err;
    } cases[] = {
        {"", 2, "", "amsync: no command; amsync --help lists them\n"},
        {"amsync", 2, "", "amsync: no command; amsync --help lists them\n"},
        {"amsync --version", 0, "amsync " AMSYNC_VERSION "\n", ""},
        {"amsync ekho", 2, "",
         "amsync: there is no command 'ekho'; amsync --help lists the commands\n"},
        {"amsync --verbose", 2, "",
         "amsync: there is no option '--verbose'; amsync --help lists the commands\n"},
        {"amsync ''", 2, "", "amsync: there is no command ''; amsync --help lists the commands\n"},
        {"amsync echo", 0, "", ""},
        {"amsync echo a b", 0, "<a><b>", ""},
        {"amsync echo a --json b --exit 1", 1, "json <a><b>", ""},
        {"amsync echo --exit=3", 3, "", ""},
        {"amsync echo --js", 0, "json ", ""},
        {"amsync echo -- --json", 0, "<--json>", ""},
        {"amsync echo -", 0, "<->", ""},
        {"amsync echo --help", 0, "Usage: amsync echo\n", ""},
        {"amsync echo a --help b", 0, "Usage: amsync echo\n", ""},
        {"amsync echo --exit", 2, "",
         "amsync echo: --exit needs a value; amsync echo --help shows how\n"},
        {"amsync echo --loud", 2, "",
         "amsync echo: there is no option --loud; amsync echo --help shows how\n"},
        {"amsync echo --loud=1", 2, "",
         "amsync echo: there is no option --loud=1; amsync echo --help shows how\n"},
        {"amsync echo --json=1", 2, "",
         "amsync echo: --json=1: this option takes no value; amsync echo --help shows how\n"},
        {"amsync echo -x", 2, "",
         "amsync echo: there is no option -x; amsync echo --help shows how\n"},
        {"amsync echo --exit=1 -xy", 2, "",
         "amsync echo: there is no option -x; amsync echo --help shows how\n"},
        {"amsync echo -j", 2, "",
         "amsync echo: there is no option -j; amsync echo --help shows how\n"},
        {"amsync table", 0, "from nowhere to nowhere, 0 arguments", ""},
        {"amsync table --to A x --safe --from=B --to C", 0, "from B to C safe, 1 arguments", ""},
        {"amsync table --fast --help --from", 0, "Usage: amsync table\n", ""},
        {"amsync table --fast=1", 2, "",
         "amsync table: --fast=1: this option takes no value; amsync table --help shows how\n"},
        {"amsync table --from", 2, "",
         "amsync table: --from needs a value; amsync table --help shows how\n"},
        {"amsync table --slow", 2, "",
         "amsync table: there is no option --slow; amsync table --help shows how\n"},
        {"amsync plain", 0, "", ""},
        {"amsync plain more", 2, "",
         "amsync plain: 'more' is one argument too many; amsync plain --help shows how\n"},
        {"amsync fail", 1, "", "amsync fail: no route to the database\n"},
        {"amsync fail x", 3, "", "amsync fail: no route to the database\n"},
        {"amsync json", 0, "{\"b\":1,\"a\":19.99}\n", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cli_outcome_free)
        struct cli_outcome outcome = run_line(commands, cases[i].line, no_environment);

        assert_string_equal(outcome.out, cases[i].out);
        assert_string_equal(outcome.err, cases[i].err);
        assert_int_equal(outcome.exit_code, cases[i].exit_code);
    }
}

static void
help_lists_every_command(void **state)
{
    (void)state;
    static const char *const lines[] = {"amsync --help", "amsync -h"};

    for (size_t i = 0; i < COUNT(lines); i++) {
        AMSYNC_CLEANUP(cli_outcome_free)
        struct cli_outcome outcome = run_line(commands, lines[i], no_environment);

        assert_int_equal(outcome.exit_code, CLI_EXIT_DONE);
        for (size_t k = 0; commands[k] != NULL; k++) {
            char row[64];

            (void)snprintf(row, sizeof(row), "\n  %-12s %s\n", commands[k]->name,
                           commands[k]->summary);
            assert_non_null(strstr(outcome.out, row));
        }
    }
}

static void
settings_are_loaded_with_warnings(void **state)
{
    (void)state;
    char url[] = "AMSYNC_DATABASE_URL=dbname=x";
    char unknown[] = "AMSYNC_DATABASE=x";
    char *const good[] = {url, unknown, NULL};
    char *const bad[] = {unknown, NULL};
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome loaded = run_line(commands, "amsync settings", good);
    AMSYNC_CLEANUP(cli_outcome_free)
    struct cli_outcome refused = run_line(commands, "amsync settings", bad);

    assert_int_equal(loaded.exit_code, CLI_EXIT_DONE);
    assert_string_equal(loaded.out, "dbname=x");
    assert_string_equal(loaded.err,
                        "amsync settings: warning: AMSYNC_DATABASE is not a setting and "
                        "has no effect; amsync config lists them\n");
    assert_int_equal(refused.exit_code, CLI_EXIT_USAGE);
    assert_string_equal(refused.out, "");
    assert_non_null(strstr(refused.err, "\namsync settings: AMSYNC_DATABASE_URL is missing: "));
}

static ssize_t
refuse_bytes(void *cookie, const char *bytes, size_t length)
{
    (void)cookie;
    (void)bytes;
    (void)length;
    errno = ENOSPC;
    return 0;
}

static void
output_that_is_lost_is_no_success(void **state)
{
    (void)state;
    static const cookie_io_functions_t full_disk = {.write = refuse_bytes};
    char program[] = "amsync";
    char name[] = "--version";
    char *argv[] = {program, name, NULL};
    FILE *out = fopencookie(NULL, "w", full_disk);
    FILE *err = tmpfile();

    assert_int_equal(cli_run(commands, 2, argv, no_environment, out, err), CLI_EXIT_NO);
    (void)fclose(out);
    (void)fclose(err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_has_its_answer),
        cmocka_unit_test(help_lists_every_command),
        cmocka_unit_test(settings_are_loaded_with_warnings),
        cmocka_unit_test(output_that_is_lost_is_no_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
