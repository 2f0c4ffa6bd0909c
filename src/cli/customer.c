#include <string.h>

#include "base/json.h"
#include "cli/bring_over.h"
#include "cli/commands.h"
#include "store/documents.h"
#include "store/rules_list.h"

#define CUSTOMERS_MAX 100000

struct request {
    const char *company;
    char *resolved_company; /* owned */
    char **ids;             /* owned, with its texts */
    size_t id_count;
    bool enabled;
    bool yes;
    bool json;
};

static void
request_finish(struct request *request)
{
    for (size_t i = 0; i < request->id_count; i++)
        free(request->ids[i]);
    free(request->ids);
    free(request->resolved_company);
}

static bool
add_id(struct request *request, const char *id, size_t length)
{
    if (length == 0)
        return true;
    if (request->id_count == CUSTOMERS_MAX)
        return false;

    char **ids = reallocarray(request->ids, request->id_count + 1, sizeof(*ids));

    if (ids == NULL)
        return false;
    request->ids = ids;
    request->ids[request->id_count] = strndup(id, length);
    if (request->ids[request->id_count] == NULL)
        return false;
    request->id_count++;
    return true;
}

/* One a line from standard input. */
static bool
read_ids(struct request *request)
{
    AMSYNC_CLEANUP(cleanup_free) char *line = NULL;
    size_t capacity = 0;

    while (getline(&line, &capacity, stdin) >= 0) {
        const char *start = line + strspn(line, " \t");

        if (!add_id(request, start, strcspn(start, " \t\r\n")))
            return false;
    }
    return ferror(stdin) == 0;
}

static bool
collect_ids(struct cli_call *call, struct request *request)
{
    for (int i = 1; i < call->argument_count; i++) {
        const char *argument = call->arguments[i];
        bool added = strcmp(argument, "-") == 0 ? read_ids(request)
                                                : add_id(request, argument, strlen(argument));

        if (!added)
            return false;
    }
    return true;
}

static enum result
edit(struct cli_session *session, void *argument, struct error *err)
{
    const struct request *request = argument;

    return customers_set_enabled(session->database, request->resolved_company,
                                 (const char *const *)request->ids, request->id_count,
                                 request->enabled, err);
}

static int
enable_or_disable(struct cli_call *call, struct cli_session *session, struct request *request)
{
    struct change change = {
        .make = edit,
        .argument = request,
        .counts = request->enabled,
        .yes = request->yes,
    };
    struct brought_over found;

    if (!collect_ids(call, request))
        return cli_usage_error(call, "the customers cannot be read, or are more than %d",
                               CUSTOMERS_MAX);
    if (request->id_count == 0)
        return cli_usage_error(call, "which customers? Give their IDs, or - to read them");

    int exit_code = cli_company(call, session, request->company, &request->resolved_company);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    change.company = request->resolved_company;
    change.customer_ids = (const char *const *)request->ids;
    change.customer_count = request->id_count;
    exit_code = bring_over(call, session, &change, &found);
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    if (request->json)
        (void)fprintf(call->out, "{\"customers\":%zu,\"orders\":%zu,\"at_least\":%s}\n",
                      request->id_count, found.orders, found.at_least ? "true" : "false");
    else if (request->enabled) {
        (void)fprintf(call->out, "%zu customer%s enabled.", request->id_count,
                      request->id_count == 1 ? "" : "s");
        bring_over_print(call->out, " That", &found);
    } else
        (void)fprintf(call->out,
                      "%zu customer%s disabled. What is in Magento stays there and follows.\n",
                      request->id_count, request->id_count == 1 ? "" : "s");
    return CLI_EXIT_DONE;
}

static int
list(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *customers = NULL;
    struct error err;
    enum result result = customers_list(session->database, request->company, &customers, &err);
    size_t index;
    json_t *customer;

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (request->json)
        return cli_print_json(call, customers);
    json_array_foreach(customers, index, customer)(void)
        fprintf(call->out, "%s  %s  %s  %s\n", json_object_text(customer, "company"),
                json_object_text(customer, "customer_id"),
                json_is_true(json_object_get(customer, "enabled")) ? "enabled " : "disabled",
                json_object_text(customer, "changed_at"));
    return CLI_EXIT_DONE;
}

static int
dispatch(struct cli_call *call, struct request *request)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    const char *verb = call->argument_count > 0 ? call->arguments[0] : "";
    bool is_list = strcmp(verb, "list") == 0 && call->argument_count == 1;

    request->enabled = strcmp(verb, "enable") == 0;
    if (!is_list && !request->enabled && strcmp(verb, "disable") != 0)
        return cli_usage_error(call, "write customer enable ID..., disable ID..., or list");

    int exit_code = cli_session_start(call, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    return is_list ? list(call, &session, request) : enable_or_disable(call, &session, request);
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(request_finish) struct request request = {0};
    const struct cli_option options[] = {
        {"company", &request.company, NULL},
        {"yes", NULL, &request.yes},
        {"json", NULL, &request.json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    return dispatch(call, &request);
}

const struct cli_command cli_customer = {
    .name = "customer",
    .summary = "enable or disable customers for sync, or list them",
    .help =
        "Usage: amsync customer enable ID... [--company C] [--yes] [--json]\n"
        "       amsync customer disable ID... [--company C] [--json]\n"
        "       amsync customer list [--company C] [--json]\n\n"
        "With - for an ID they are read from standard input, one a line. Enabling says how many\n"
        "orders it brings over to Magento; above 20 it asks.\n\n"
        "  --company C   the tenant of Acumatica, if amsync serves several\n"
        "  --yes         do not ask\n"
        "  --json        as JSON\n"
        "  --help        this text\n",
    .run = run,
};
