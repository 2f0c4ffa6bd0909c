#include "base/json.h"
#include "cli/commands.h"
#include "cli/order_report.h"
#include "cli/order_unknown.h"

struct request {
    const char *company;
    const char *order_type;
    const char *number;
    bool json;
};

static int
print(struct cli_call *call, const json_t *report, bool json)
{
    if (json)
        return cli_print_json(call, report);
    order_report_print(report, call->out);
    return CLI_EXIT_DONE;
}

/* An order that never arrived is the question that is asked most. */
static int
explain_unknown(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *report = NULL;
    const struct unknown_number unknown = {
        .company = request->company,
        .order_type = request->order_type,
        .number = request->number,
    };
    struct error err;
    enum result result = order_unknown_report(session, &unknown, &report, &err);

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);

    int exit_code = print(call, report, request->json);

    return exit_code == CLI_EXIT_DONE ? CLI_EXIT_NO : exit_code;
}

static int
show(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *report = NULL;
    struct found_order *order = NULL;
    bool unknown = false;
    int exit_code = cli_find_order(call, session, request->company, request->order_type,
                                   request->number, &order, &unknown);

    if (unknown)
        return explain_unknown(call, session, request);
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    struct error err;
    enum result result = order_report_read(session, order->sales_order_id, &report, &err);

    found_orders_free(&order, 1);
    return result == RESULT_OK ? print(call, report, request->json) : cli_fail(call, result, &err);
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    struct request request = {0};
    const struct cli_option options[] = {
        {"company", &request.company, NULL},
        {"json", NULL, &request.json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;

    int exit_code = cli_order_arguments(call, &request.order_type, &request.number);

    if (exit_code == CLI_EXIT_DONE)
        exit_code = cli_session_start(call, &session);
    return exit_code == CLI_EXIT_DONE ? show(call, &session, &request) : exit_code;
}

const struct cli_command cli_order = {
    .name = "order",
    .summary = "show one order: both numbers, its state, and what comes next",
    .help = "Usage: amsync order [TYPE] NBR [OPTION]...\n\n"
            "NBR is the order's number in Acumatica or in Magento, or the number of one of its\n"
            "shipments or invoices in Acumatica or, as far as it was read, in Magento. Exits 1 if\n"
            "nothing is known of it, and says what has arrived, what was refused, and where to\n"
            "look in Acumatica.\n\n"
            "  --company C   the tenant of Acumatica, where several have that number\n"
            "  --json        as one JSON object\n"
            "  --help        this text\n",
    .run = run,
};
