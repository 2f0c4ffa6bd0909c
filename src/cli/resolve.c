#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "store/settle.h"

#define NOTE_MAX_BYTES 1000

struct request {
    const char *company;
    const char *order_type;
    const char *order_nbr;
    const char *shipment;
    const char *invoice;
    const char *as;
    const char *note;
    enum settlement settlement;
    bool json;
};

static int
settle(struct cli_call *call, struct cli_session *session, const struct request *request,
       const struct found_order *order)
{
    struct settling settling = {
        .sales_order_id = order->sales_order_id,
        .kind = DOCUMENT_ORDER,
        .number = order->order_nbr,
        .settlement = request->settlement,
        .note = request->note,
    };
    struct error err;

    if (request->shipment != NULL || request->invoice != NULL) {
        settling.kind = request->shipment != NULL ? DOCUMENT_SHIPMENT : DOCUMENT_INVOICE;
        settling.number = request->shipment != NULL ? request->shipment : request->invoice;
    } else if (!text_equals_ignore_case(order->order_nbr, request->order_nbr)) {
        return cli_usage_error(call,
                               "%s is a number of order %s %s: name the order by its own number, "
                               "and one of its documents with --shipment or --invoice",
                               request->order_nbr, order->order_type, order->order_nbr);
    }

    enum result result = document_settle(session->database, &settling, &err);

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    (void)fputs(request->json ? "{\"done\":true}\n" : "Done. The order is looked at again.\n",
                call->out);
    return CLI_EXIT_DONE;
}

static int
find_and_settle(struct cli_call *call, const struct request *request)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    struct found_order *order = NULL;
    bool unknown = false;
    int exit_code = cli_session_start(call, &session);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    exit_code = cli_find_order(call, &session, request->company, request->order_type,
                               request->order_nbr, &order, &unknown);
    if (unknown) {
        struct error err;

        error_set(&err, "nothing is known of %s; amsync order %s says more", request->order_nbr,
                  request->order_nbr);
        return cli_fail(call, RESULT_NONE, &err);
    }
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    exit_code = settle(call, &session, request, order);
    found_orders_free(&order, 1);
    return exit_code;
}

static int
check_request(struct cli_call *call, struct request *request)
{
    if (cli_order_arguments(call, &request->order_type, &request->order_nbr) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;
    if (request->shipment != NULL && request->invoice != NULL)
        return cli_usage_error(call, "give --shipment or --invoice, one of them");
    if (request->as == NULL || settlement_from_name(request->as, &request->settlement) != RESULT_OK)
        return cli_usage_error(call, "say how it is settled: --as done, ignored or open");
    if (text_is_blank(request->note))
        return cli_usage_error(call, "say why, with --note TEXT");
    if (strlen(request->note) > NOTE_MAX_BYTES)
        return cli_usage_error(call, "the note may have %d bytes", NOTE_MAX_BYTES);
    return CLI_EXIT_DONE;
}

static int
run(struct cli_call *call)
{
    struct request request = {0};
    const struct cli_option options[] = {
        {"shipment", &request.shipment, NULL},
        {"invoice", &request.invoice, NULL},
        {"as", &request.as, NULL},
        {"note", &request.note, NULL},
        {"company", &request.company, NULL},
        {"json", NULL, &request.json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;

    int exit_code = check_request(call, &request);

    return exit_code == CLI_EXIT_DONE ? find_and_settle(call, &request) : exit_code;
}

const struct cli_command cli_resolve = {
    .name = "resolve",
    .summary = "settle what an order, a shipment or an invoice waits for",
    .help =
        "Usage: amsync resolve [TYPE] NBR [--shipment N | --invoice N]\n"
        "                      --as done|ignored|open --note TEXT [OPTION]...\n\n"
        "For what waits, failed, or is tried again and again: says what a person has decided. It\n"
        "holds, whatever is changed in Acumatica afterwards, until it is opened again. The note\n"
        "stands in the connector log. Exits 1 if there is nothing to settle.\n\n"
        "  --shipment N    a shipment of the order, by its number in Acumatica\n"
        "  --invoice N     an invoice of the order\n"
        "  --as done       a person has seen to it in Magento\n"
        "  --as ignored    it is left out\n"
        "  --as open       takes such a decision back: it is decided anew\n"
        "  --note TEXT     why\n"
        "  --company C     the tenant of Acumatica, where several have that number\n"
        "  --json          as JSON\n"
        "  --help          this text\n",
    .run = run,
};
