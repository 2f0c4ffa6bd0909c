#include "cli/commands.h"
#include "cli/session.h"
#include "store/order_retry.h"
#include "store/order_sync.h"

struct request {
    const char *company;
    const char *order_type;
    const char *number; /* NULL: all in `state` */
    enum document_state state;
    int states; /* how many were named */
    bool json;
};

static int
report(struct cli_call *call, size_t orders, bool json)
{
    if (json)
        (void)fprintf(call->out, "{\"orders\":%zu}\n", orders);
    else
        (void)fprintf(call->out, "%zu order%s tried again.\n", orders,
                      orders == 1 ? " is" : "s are");
    return CLI_EXIT_DONE;
}

static int
retry_all(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    struct retry_walk walk = {.state = request->state, .company = request->company};
    enum result result;
    struct error err;

    do
        result = orders_retry_some(session->database, &walk, &err);
    while (result == RESULT_OK);
    if (result != RESULT_NONE)
        return cli_fail(call, result, &err);
    return report(call, walk.made_due, request->json);
}

static int
retry_one(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    struct found_order *order = NULL;
    bool unknown = false;
    struct error err;
    int exit_code = cli_find_order(call, session, request->company, request->order_type,
                                   request->number, &order, &unknown);

    if (unknown) {
        error_set(&err, "nothing is known of %s; amsync order %s says more", request->number,
                  request->number);
        return cli_fail(call, RESULT_NONE, &err);
    }
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;

    enum result result = order_sync_now(session->database, order->sales_order_id, false, &err);

    if (result == RESULT_NONE)
        error_set(&err, "%s is gone", request->number);
    found_orders_free(&order, 1);
    return result == RESULT_OK ? report(call, 1, request->json) : cli_fail(call, result, &err);
}

static int
check_request(struct cli_call *call, struct request *request)
{
    if (request->states > 1 || (request->states == 1 && call->argument_count > 0))
        return cli_usage_error(call, "give --failed, --waiting, --retrying or a number, one of "
                                     "them");
    if (request->states == 1)
        return CLI_EXIT_DONE;
    if (call->argument_count == 0)
        return cli_usage_error(call, "give --failed, --waiting, --retrying or a number");
    return cli_order_arguments(call, &request->order_type, &request->number);
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    struct request request = {0};
    bool failed = false;
    bool waiting = false;
    bool retrying = false;
    const struct cli_option options[] = {
        {"failed", NULL, &failed},     {"waiting", NULL, &waiting},
        {"retrying", NULL, &retrying}, {"company", &request.company, NULL},
        {"json", NULL, &request.json}, {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    request.states = failed + waiting + retrying;
    request.state = failed ? STATE_FAILED : waiting ? STATE_WAITING : STATE_RETRYING;

    int exit_code = check_request(call, &request);

    if (exit_code == CLI_EXIT_DONE)
        exit_code = cli_session_start(call, &session);
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    return request.number != NULL ? retry_one(call, &session, &request)
                                  : retry_all(call, &session, &request);
}

const struct cli_command cli_retry = {
    .name = "retry",
    .summary = "try again what failed, waits, or is to be tried later",
    .help = "Usage: amsync retry --failed | --waiting | --retrying [OPTION]...\n"
            "       amsync retry [TYPE] NBR [OPTION]...\n\n"
            "Makes the orders due at once that have a document in that state (the order itself, a\n"
            "shipment or an invoice), or the one order named, and says how many. Attempts are\n"
            "counted anew. An order whose number Magento refused gets one with the\n"
            "increment_prefix of now. A product that was missing is looked for again after five\n"
            "seconds at the earliest.\n\n"
            "  --failed      what Magento refused, or what was set aside\n"
            "  --waiting     what waits for a person or for something else\n"
            "  --retrying    what is to be tried again later\n"
            "  --company C   of one tenant of Acumatica only\n"
            "  --json        {\"orders\": N}\n"
            "  --help        this text\n",
    .run = run,
};
