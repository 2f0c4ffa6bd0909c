#include "cli/commands.h"

#include "base/buffer.h"
#include "base/cleanup.h"

#define OUTPUT_BYTES ((size_t)1 << 20)

static int
print(struct cli_call *call, const struct buffer *output)
{
    if (buffer_result(output) != RESULT_OK) {
        struct error err;

        error_set(&err, "out of memory");
        return cli_fail(call, buffer_result(output), &err);
    }
    (void)fputs(buffer_text(output), call->out);
    return CLI_EXIT_DONE;
}

static int
print_effective(struct cli_call *call, bool json, struct buffer *output)
{
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    int exit_code = cli_load_settings(call, SETTINGS_ALL, &settings);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    if (!json) {
        settings_print(&settings, SETTINGS_ALL, output);
        return print(call, output);
    }

    enum result result = settings_print_json(&settings, SETTINGS_ALL, output);

    buffer_append_byte(output, '\n');
    if (result != RESULT_OK) {
        struct error err;

        error_set(&err, "out of memory");
        return cli_fail(call, result, &err);
    }
    return print(call, output);
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer output = BUFFER_INITIAL(OUTPUT_BYTES);
    bool json = false;
    bool markdown = false;
    const struct cli_option options[] = {
        {"json", NULL, &json},
        {"markdown", NULL, &markdown},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    if (cli_refuse_arguments(call) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;
    if (json && markdown)
        return cli_usage_error(call, "--json and --markdown exclude each other");
    if (markdown) {
        settings_print_markdown(&output);
        return print(call, &output);
    }
    return print_effective(call, json, &output);
}

const struct cli_command cli_config = {
    .name = "config",
    .summary = "show the effective settings, secrets hidden",
    .help =
        "Usage: amsync config [--json | --markdown]\n\n"
        "Shows every setting as it takes effect, as NAME=value lines. Of a secret only whether\n"
        "it is set. Exits 2 if a setting is missing or wrong.\n\n"
        "  --json      as one JSON object\n"
        "  --markdown  the table of all settings with defaults and meaning, for documentation\n"
        "  --help      this text\n",
    .run = run,
};
