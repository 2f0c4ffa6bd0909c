#include <string.h>

#include "base/json.h"
#include "cli/bring_over.h"
#include "cli/commands.h"
#include "store/rules_list.h"

struct request {
    const char *company; /* "" for all */
    bool yes;
    bool json;
    char **arguments;
    int argument_count;
};

static const char *
value_of(const json_t *list, const char *company, const char *key)
{
    size_t index;
    json_t *entry;

    json_array_foreach(list, index, entry)
    {
        if (strcmp(json_object_text(entry, "company"), company) == 0 &&
            strcmp(json_object_text(entry, "key"), key) == 0)
            return json_object_text(entry, "value");
    }
    return NULL;
}

/* What holds for the company: its own value, else that for all, else the default. */
static json_t *
effective(const json_t *list, const char *company)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *values = json_object();

    const struct preference_description *each;

    for (size_t i = 0; (each = preference_description_at(i)) != NULL; i++) {
        const char *value = value_of(list, company, each->key);

        if (value == NULL)
            value = value_of(list, "", each->key);
        if (value == NULL)
            value = each->fallback;
        if (json_object_set_new(values, each->key, json_string(value)) != 0)
            return NULL;
    }
    return TAKE_PTR(values);
}

static int
get(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *list = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *values = NULL;
    const struct preference_description *each;
    struct error err;
    enum result result = preferences_list(session->database, &list, &err);

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    values = effective(list, request->company);
    if (values == NULL) {
        error_set(&err, "out of memory");
        return cli_fail(call, RESULT_FAILED, &err);
    }
    if (request->json)
        return cli_print_json(call, values);
    for (size_t i = 0; (each = preference_description_at(i)) != NULL; i++)
        (void)fprintf(call->out, "%s=%s\n", each->key, json_object_text(values, each->key));
    return CLI_EXIT_DONE;
}

static enum result
set_one(struct cli_session *session, const char *company, const char *assignment, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) char *key = NULL;
    const char *equals = strchr(assignment, '=');

    if (equals == NULL)
        return error_result(err, RESULT_REJECTED, "%s: write KEY=VALUE", assignment);
    key = strndup(assignment, (size_t)(equals - assignment));
    if (key == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    return preference_set(session->database, company, key, equals + 1, err);
}

static enum result
set_all(struct cli_session *session, void *argument, struct error *err)
{
    const struct request *request = argument;

    for (int i = 1; i < request->argument_count; i++) {
        enum result result = set_one(session, request->company, request->arguments[i], err);

        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static int
set(struct cli_call *call, struct cli_session *session, struct request *request)
{
    struct change change = {
        .make = set_all,
        .argument = request,
        .company = request->company[0] != '\0' ? request->company : NULL,
        .counts = true,
        .yes = request->yes,
    };
    struct brought_over found;

    if (request->argument_count < 2)
        return cli_usage_error(call, "what is to be set? Write prefs set KEY=VALUE...");

    int exit_code = bring_over(call, session, &change, &found);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    if (request->json)
        (void)fprintf(call->out, "{\"orders\":%zu,\"at_least\":%s}\n", found.orders,
                      found.at_least ? "true" : "false");
    else
        bring_over_print(call->out, "Set. It", &found);
    return CLI_EXIT_DONE;
}

static int
get_or_set(struct cli_call *call, struct request *request)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    const char *verb = request->argument_count > 0 ? request->arguments[0] : "";
    bool is_get = strcmp(verb, "get") == 0 && request->argument_count == 1;

    if (!is_get && strcmp(verb, "set") != 0)
        return cli_usage_error(call, "write prefs get, or prefs set KEY=VALUE...");

    int exit_code = cli_session_start(call, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    return is_get ? get(call, &session, request) : set(call, &session, request);
}

static int
run(struct cli_call *call)
{
    struct request request = {.company = ""};
    const struct cli_option options[] = {
        {"company", &request.company, NULL},
        {"yes", NULL, &request.yes},
        {"json", NULL, &request.json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    request.arguments = call->arguments;
    request.argument_count = call->argument_count;
    return get_or_set(call, &request);
}

const struct cli_command cli_prefs = {
    .name = "prefs",
    .summary = "show or change the A-M order sync preferences",
    .help = "Usage: amsync prefs get [--company C] [--json]\n"
            "       amsync prefs set KEY=VALUE... [--company C] [--yes] [--json]\n\n"
            "  order_types                     which order types are synced, by comma (SO)\n"
            "  orders_from                     only orders dated on or after this day, 2026-01-31\n"
            "  excluded_customer_classes       customer classes that are never synced, by comma\n"
            "  condition.match                 any or all of the conditions that are on\n"
            "  condition.customer_enabled      on or off\n"
            "  condition.shipment_confirmed    on or off\n"
            "  condition.unpaid_balance_zero   on or off\n"
            "  shipment_trigger                confirmation or invoice_release\n"
            "  numbering                       acumatica or sequence\n"
            "  increment_prefix                start of the Magento order number (ACU)\n"
            "  invoice_capture, notify_customer   on or off\n"
            "  fallback_email                  for orders that have no e-mail address\n"
            "  publishing                      on, observe (decide and log only) or paused\n\n"
            "A change says how many orders it brings over to Magento; above 20 it asks.\n\n"
            "  --company C   for one tenant of Acumatica only\n"
            "  --yes         do not ask\n"
            "  --json        as JSON\n"
            "  --help        this text\n",
    .run = run,
};
