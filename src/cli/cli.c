#include "cli/cli.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#define JSON_OUTPUT_BYTES ((size_t)64 << 20)
/* What getopt gives for the first of a command's options: none that a character stands for. */
#define FIRST_OPTION 256

static const struct cli_command *
find_command(const struct cli_command *const *commands, const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static void
print_help(const struct cli_command *const *commands, FILE *out)
{
    (void)fputs("Usage: amsync COMMAND [OPTION]... [ARGUMENT]...\n"
                "       amsync --help | --version\n\n"
                "Carries orders, shipments and invoices from Acumatica to Magento.\n\n"
                "Commands (amsync COMMAND --help says more):\n",
                out);
    for (size_t i = 0; commands[i] != NULL; i++)
        (void)fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    (void)fputs("\nExit codes: 0 done, 1 no, 2 usage or settings, 3 cannot reach what it needs.\n",
                out);
}

static int
run_command(const struct cli_command *const *commands, struct cli_call *call)
{
    const char *name = call->argv[0];

    if (name == NULL) {
        (void)fputs("amsync: no command; amsync --help lists them\n", call->err);
        return CLI_EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(commands, call->out);
        return CLI_EXIT_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        (void)fputs("amsync " AMSYNC_VERSION "\n", call->out);
        return CLI_EXIT_DONE;
    }
    call->command = find_command(commands, name);
    if (call->command == NULL) {
        (void)fprintf(call->err, "amsync: there is no %s '%s'; amsync --help lists the commands\n",
                      name[0] == '-' ? "option" : "command", name);
        return CLI_EXIT_USAGE;
    }
    return call->command->run(call);
}

int
cli_run(const struct cli_command *const *commands, int argc, char **argv, char *const *environment,
        FILE *out, FILE *err)
{
    struct cli_call call = {
        .argc = argc > 0 ? argc - 1 : 0,
        .argv = argc > 0 ? argv + 1 : argv,
        .environment = environment,
        .out = out,
        .err = err,
    };

    /* 0 makes glibc's getopt start anew, whatever was parsed before. */
    optind = 0;

    int exit_code = run_command(commands, &call);

    if (fflush(out) != 0 || ferror(out) != 0) {
        (void)fprintf(err, "amsync: the output could not be written\n");
        return exit_code == CLI_EXIT_DONE ? CLI_EXIT_NO : exit_code;
    }
    return exit_code;
}

static int
stop(struct cli_call *call, int exit_code)
{
    call->exit_code = exit_code;
    return CLI_OPTIONS_STOP;
}

/* Whether `word` is "--name=value" of the option that getopt has just refused. */
static bool
has_unwanted_value(const struct option *options, const char *word)
{
    for (size_t i = 0; options[i].name != NULL; i++) {
        size_t length = strcspn(word, "=");

        if (options[i].val == optopt && word[length] == '=' && length > 2 &&
            strncmp(word, "--", 2) == 0 && strncmp(word + 2, options[i].name, length - 2) == 0)
            return true;
    }
    return false;
}

static int
refuse_option(struct cli_call *call, const struct option *options)
{
    const char *word = call->argv[optind - 1];

    if (has_unwanted_value(options, word))
        return cli_usage_error(call, "%s: this option takes no value", word);
    if (optopt != 0)
        return cli_usage_error(call, "there is no option -%c", optopt);
    return cli_usage_error(call, "there is no option %s", word);
}

int
cli_next_option(struct cli_call *call, const struct option *options)
{
    opterr = 0;

    /* The colon tells a missing value from an unknown option. */
    int option = getopt_long(call->argc, call->argv, ":", options, NULL);

    switch (option) {
    case -1:
        call->arguments = call->argv + optind;
        call->argument_count = call->argc - optind;
        return CLI_OPTIONS_END;
    case 'h':
        (void)fputs(call->command->help, call->out);
        return stop(call, CLI_EXIT_DONE);
    case ':':
        return stop(call, cli_usage_error(call, "%s needs a value", call->argv[optind - 1]));
    case '?':
        return stop(call, refuse_option(call, options));
    default:
        return option;
    }
}

bool
cli_read_options(struct cli_call *call, const struct cli_option *options)
{
    struct option known[CLI_OPTIONS_MAX + 2] = {0}; /* and --help, and the end */
    size_t count = 0;

    for (; options[count].name != NULL; count++) {
        assert(count < CLI_OPTIONS_MAX);
        known[count].name = options[count].name;
        known[count].has_arg = options[count].ret_text != NULL ? required_argument : no_argument;
        known[count].val = FIRST_OPTION + (int)count;
    }
    known[count] = (struct option)CLI_OPTION_HELP;
    for (;;) {
        int option = cli_next_option(call, known);

        if (option == CLI_OPTIONS_END || option == CLI_OPTIONS_STOP)
            return option == CLI_OPTIONS_END;

        const struct cli_option *given = &options[option - FIRST_OPTION];

        if (given->ret_text != NULL)
            *given->ret_text = optarg;
        else
            *given->ret_flag = true;
    }
}

int
cli_usage_error(struct cli_call *call, const char *format, ...)
{
    va_list arguments;

    (void)fprintf(call->err, "amsync %s: ", call->command->name);
    va_start(arguments, format);
    (void)vfprintf(call->err, format, arguments);
    va_end(arguments);
    (void)fprintf(call->err, "; amsync %s --help shows how\n", call->command->name);
    return CLI_EXIT_USAGE;
}

int
cli_refuse_arguments(struct cli_call *call)
{
    if (call->argument_count == 0)
        return CLI_EXIT_DONE;
    return cli_usage_error(call, "'%s' is one argument too many", call->arguments[0]);
}

static void
print_warning(void *context, const char *message)
{
    struct cli_call *call = context;

    (void)fprintf(call->err, "amsync %s: warning: %s\n", call->command->name, message);
}

int
cli_load_settings(struct cli_call *call, unsigned parts, struct settings *ret_settings)
{
    struct error err;

    if (settings_load(call->environment, parts, print_warning, call, ret_settings, &err) !=
        RESULT_OK) {
        (void)fprintf(call->err, "amsync %s: %s\n", call->command->name, err.text);
        return CLI_EXIT_USAGE;
    }
    log_set_level(ret_settings->log_level);
    return CLI_EXIT_DONE;
}

int
cli_fail(struct cli_call *call, enum result result, const struct error *err)
{
    (void)fprintf(call->err, "amsync %s: %s\n", call->command->name, err->text);
    return result == RESULT_RETRY ? CLI_EXIT_UNREACHABLE : CLI_EXIT_NO;
}

int
cli_print_json(struct cli_call *call, const json_t *value)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;

    if (json_encode(value, JSON_OUTPUT_BYTES, &text, NULL) != RESULT_OK) {
        (void)fprintf(call->err, "amsync %s: the answer is too large for the memory here\n",
                      call->command->name);
        return CLI_EXIT_NO;
    }
    (void)fprintf(call->out, "%s\n", text);
    return CLI_EXIT_DONE;
}

bool
cli_read_since(const char *text, int64_t *ret_unix_ms)
{
    int64_t ago_ms;

    if (duration_parse(text, &ago_ms) == RESULT_OK) {
        *ret_unix_ms = clock_unix_ms() - ago_ms;
        return true;
    }
    return timestamp_parse_rfc3339(text, ret_unix_ms) == RESULT_OK;
}
