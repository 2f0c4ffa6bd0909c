#include <string.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/findings.h"

/* Of the webhook's secret. */
#define SECRET_BYTES_MIN 16

void
check_secrets(struct findings *findings, const struct settings *settings)
{
    const char *secret = settings->webhook_secret;
    const char *previous = settings->webhook_secret_previous;
    bool is_short = strlen(secret) < SECRET_BYTES_MIN;
    bool is_same = previous != NULL && strcmp(previous, secret) == 0;

    if (is_short)
        findings_wrong(findings, "secrets",
                       "draw a longer one, such as openssl rand -hex 32 makes; "
                       "AMSYNC_WEBHOOK_SECRET_PREVIOUS keeps the old one meanwhile",
                       "AMSYNC_WEBHOOK_SECRET has fewer than %d characters: it can be guessed",
                       SECRET_BYTES_MIN);
    if (is_same)
        findings_wrong(findings, "secrets", "unset AMSYNC_WEBHOOK_SECRET_PREVIOUS",
                       "the previous secret is the same as the one in force");
    else if (previous != NULL)
        findings_ok(findings, "secrets",
                    "the previous one is accepted, too: unset AMSYNC_WEBHOOK_SECRET_PREVIOUS once "
                    "Acumatica sends the new one");
    if (!is_short && !is_same)
        findings_ok(findings, "secrets", "AMSYNC_WEBHOOK_SECRET is long enough");
}

static void
look_at_all(struct findings *findings, const struct settings *settings)
{
    AMSYNC_CLEANUP(database_close) struct database *database = NULL;
    struct error err;

    check_secrets(findings, settings);
    if (database_open(settings->database_url, "amsync check", DATABASE_TIMEOUT_MS, &database,
                      &err) == RESULT_OK)
        check_database(findings, database, settings);
    else
        findings_unreachable(findings, "database",
                             "see that AMSYNC_DATABASE_URL is right and PostgreSQL runs", "%s",
                             err.text);
    check_magento(findings, settings);
}

static int
exit_code_of(const struct findings *findings)
{
    if (findings->unreachable)
        return CLI_EXIT_UNREACHABLE;
    return findings->wrong ? CLI_EXIT_NO : CLI_EXIT_DONE;
}

static int
print_as_json(struct cli_call *call, const struct findings *findings, const char *next)
{
    AMSYNC_CLEANUP(cleanup_json)
    json_t *report = json_pack("{s:b, s:O, s:s}", "ok", exit_code_of(findings) == CLI_EXIT_DONE,
                               "checks", findings->list, "next", next);

    return cli_print_json(call, report);
}

static void
print_as_text(struct cli_call *call, const struct findings *findings, const char *next)
{
    const json_t *finding;
    size_t index;

    json_array_foreach(findings->list, index, finding)
    {
        const char *to_do = json_object_text(finding, "next");
        const char *message = json_object_text(finding, "message");
        size_t length = strlen(message);
        bool is_sentence = length > 0 && message[length - 1] == '.';

        (void)fprintf(call->out, "%-5s  %-10s  %s", to_do == NULL ? "ok" : "WRONG",
                      json_object_text(finding, "check"), message);
        if (to_do != NULL)
            (void)fprintf(call->out, "%s To do: %s", is_sentence ? "" : ".", to_do);
        (void)fputc('\n', call->out);
    }
    (void)fprintf(call->out, "Next: %s\n", next);
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    AMSYNC_CLEANUP(findings_finish) struct findings findings = {0};
    bool json = false;
    const struct cli_option options[] = {
        {"json", NULL, &json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    if (cli_refuse_arguments(call) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;

    int exit_code = cli_load_settings(call, SETTINGS_ALL, &settings);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    look_at_all(&findings, &settings);
    if (findings.out_of_memory) {
        struct error err;

        error_set(&err, "out of memory");
        return cli_fail(call, RESULT_FAILED, &err);
    }

    const char *next = findings_next(&findings);

    if (next == NULL)
        next = !findings.service_runs  ? "start amsync serve"
               : findings.then != NULL ? findings.then
                                       : "nothing, all is fine";
    if (json)
        exit_code = print_as_json(call, &findings, next);
    else
        print_as_text(call, &findings, next);
    return exit_code == CLI_EXIT_DONE ? exit_code_of(&findings) : exit_code;
}

const struct cli_command cli_check = {
    .name = "check",
    .summary = "test settings, database and Magento without changing anything",
    .help = "Usage: amsync check [--json]\n\n"
            "Looks at the settings, at PostgreSQL (durability, clock, schema, partitions), at\n"
            "preferences and mappings, at what came from Acumatica, what was refused and when\n"
            "nothing was accepted, at the orders that wait, failed or are stuck, and at Magento\n"
            "(login, store view, each right that amsync needs, as the integration's screen calls\n"
            "it, time limits). A line each, with what to do where something is wrong; the last\n"
            "line is what to do first. To find out about rights it also makes calls that write,\n"
            "for an order that there is not. Exits 0 if all is fine, 1 if not, 3 if PostgreSQL or\n"
            "Magento cannot be reached.\n\n"
            "  --json  as one JSON object\n"
            "  --help  this text\n",
    .run = run,
};
