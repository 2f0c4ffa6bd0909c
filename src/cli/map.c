#include <string.h>

#include "base/json.h"
#include "cli/bring_over.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "store/rules_list.h"

struct request {
    enum mapping mapping;
    const char *from;
    const char *to;
    char *title;
    char *carrier;
    bool yes;
    bool json;
};

static enum result
make_set(struct cli_session *session, void *argument, struct error *err)
{
    const struct request *request = argument;
    struct database *database = session->database;

    if (request->mapping != MAPPING_SHIPPING)
        return code_mapping_set(database, request->mapping, request->from, request->to, err);

    AMSYNC_CLEANUP(cleanup_free) char *ship_via = strdup(request->from);
    AMSYNC_CLEANUP(cleanup_free) char *method = strdup(request->to);
    struct shipping_mapping mapping = {
        .ship_via = ship_via,
        .method = method,
        .title = request->title,
        .carrier = request->carrier,
    };

    if (ship_via == NULL || method == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    return shipping_mapping_set(database, &mapping, err);
}

static enum result
make_unset(struct database *database, void *argument, struct error *err)
{
    const struct request *request = argument;

    return mapping_unset(database, request->mapping, request->from, err);
}

/* No order waits for a warehouse's mapping. */
static int
set(struct cli_call *call, struct cli_session *session, struct request *request)
{
    const struct change change = {
        .make = make_set,
        .argument = request,
        .counts = request->mapping != MAPPING_WAREHOUSE,
        .waiting_only = true,
        .yes = request->yes,
    };
    struct brought_over found;
    int exit_code = bring_over(call, session, &change, &found);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    if (request->json)
        (void)fprintf(call->out, "{\"done\":true,\"orders\":%zu,\"at_least\":%s}\n", found.orders,
                      found.at_least ? "true" : "false");
    else if (change.counts)
        bring_over_print(call->out, "Done. It", &found);
    else
        (void)fputs("Done.\n", call->out);
    return CLI_EXIT_DONE;
}

static int
unset(struct cli_call *call, struct cli_session *session, struct request *request)
{
    struct error err;
    enum result result = database_transaction(session->database, make_unset, request, &err);

    if (result == RESULT_NONE)
        error_set(&err, "%s has no %s mapping", request->from, mapping_name(request->mapping));
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    (void)fputs(request->json ? "{\"done\":true}\n" : "Done.\n", call->out);
    return CLI_EXIT_DONE;
}

static void
print_mapping(struct cli_call *call, const json_t *entry)
{
    const char *to = json_object_text(entry, "to");
    const char *title = json_object_text(entry, "title");
    const char *carrier = json_object_text(entry, "carrier");
    json_int_t orders = json_integer_value(json_object_get(entry, "orders"));

    (void)fprintf(call->out, "%-16s  %-24s", json_object_text(entry, "from"),
                  to != NULL ? to : "(no mapping)");
    if (title != NULL)
        (void)fprintf(call->out, "  title %s", title);
    if (carrier != NULL)
        (void)fprintf(call->out, "  carrier %s", carrier);
    (void)fprintf(call->out, "  %lld order%s\n", (long long)orders, orders == 1 ? "" : "s");
}

static int
list(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *mappings = NULL;
    struct error err;
    enum result result = mappings_list(session->database, request->mapping, &mappings, &err);
    size_t index;
    json_t *entry;

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (request->json)
        return cli_print_json(call, mappings);
    json_array_foreach(mappings, index, entry) print_mapping(call, entry);
    return CLI_EXIT_DONE;
}

/* Each may only be given where it means something. */
static int
check_options(struct cli_call *call, const struct request *request, bool is_set)
{
    if ((request->title != NULL || request->carrier != NULL) &&
        !(is_set && request->mapping == MAPPING_SHIPPING))
        return cli_usage_error(call, "--title and --carrier go with map shipping set");
    if ((request->from != NULL && request->from[0] == '\0') ||
        (request->to != NULL && request->to[0] == '\0'))
        return cli_usage_error(call, "a mapping's sides cannot be empty");
    if (request->to != NULL && request->mapping == MAPPING_SHIPPING &&
        strchr(request->to, '_') == NULL)
        return cli_usage_error(call, "for METHOD write carrier_method of Magento, such as "
                                     "flatrate_flatrate");
    if (request->to != NULL && request->mapping == MAPPING_PAYMENT &&
        strcmp(request->to, "CODE") == 0)
        return cli_usage_error(call, "for CODE write Magento's payment code, such as checkmo");
    return CLI_EXIT_DONE;
}

static int
dispatch(struct cli_call *call, struct request *request)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    int count = call->argument_count;
    const char *verb = count > 1 ? call->arguments[1] : "";
    bool is_list = strcmp(verb, "list") == 0 && count == 2;
    bool is_set = strcmp(verb, "set") == 0 && count == 4;
    bool is_unset = strcmp(verb, "unset") == 0 && count == 3;

    if (count == 0 || mapping_from_name(call->arguments[0], &request->mapping) != RESULT_OK ||
        (!is_list && !is_set && !is_unset))
        return cli_usage_error(
            call, "write map shipping|payment|warehouse list, set FROM TO, or unset FROM");
    request->from = count > 2 ? call->arguments[2] : NULL;
    request->to = count > 3 ? call->arguments[3] : NULL;

    int exit_code = check_options(call, request, is_set);

    if (exit_code == CLI_EXIT_DONE)
        exit_code = cli_session_start(call, &session);
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    if (is_list)
        return list(call, &session, request);
    return is_set ? set(call, &session, request) : unset(call, &session, request);
}

static int
run(struct cli_call *call)
{
    static const struct option options[] = {
        {"title", required_argument, NULL, 't'},
        {"carrier", required_argument, NULL, 'c'},
        {"yes", no_argument, NULL, 'y'},
        {"json", no_argument, NULL, 'j'},
        CLI_OPTION_HELP,
        CLI_OPTIONS_LAST,
    };
    struct request request = {0};

    for (;;) {
        int option = cli_next_option(call, options);

        if (option == CLI_OPTIONS_END)
            break;
        if (option == CLI_OPTIONS_STOP)
            return call->exit_code;
        if (option == 't')
            request.title = optarg;
        else if (option == 'c')
            request.carrier = optarg;
        else if (option == 'y')
            request.yes = true;
        else
            request.json = true;
    }
    return dispatch(call, &request);
}

const struct cli_command cli_map = {
    .name = "map",
    .summary = "what ship vias, payment methods and warehouses are called in Magento",
    .help =
        "Usage: amsync map shipping set SHIP_VIA METHOD [--title T] [--carrier C] [--yes]\n"
        "       amsync map payment set METHOD CODE [--yes]\n"
        "       amsync map warehouse set WAREHOUSE SOURCE\n"
        "       amsync map shipping|payment|warehouse unset FROM\n"
        "       amsync map shipping|payment|warehouse list\n\n"
        "'*' stands for everything without a row of its own. A list also shows each value that\n"
        "orders name and that has no row. Orders that wait for a mapping go on within seconds; "
        "set\n"
        "says how many it brings over to Magento, and asks above 20.\n\n"
        "  METHOD        Magento's shipping method, carrier_method, such as flatrate_flatrate\n"
        "  CODE          Magento's payment code, such as checkmo or purchaseorder\n"
        "  SOURCE        Magento's inventory source code\n"
        "  --title T     what the shop shows; without it the ship via itself\n"
        "  --carrier C   Magento's carrier code for tracking numbers; without it custom\n"
        "  --yes         do not ask\n"
        "  --json        as JSON\n"
        "  --help        this text\n",
    .run = run,
};
