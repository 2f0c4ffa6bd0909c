#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/order_report.h"
#include "store/order_sync.h"

#define WAIT_MS 30000
#define LOOK_EVERY_MS 200

struct request {
    const char *company;
    const char *order_type;
    const char *number;
    bool force;
    bool no_wait;
    bool json;
};

/* Until the order was looked at, or WAIT_MS are over: then *ret_seen is false. */
static enum result
wait_for_outcome(struct cli_session *session, int64_t sales_order_id, bool *ret_seen,
                 struct error *err)
{
    int64_t end_ms = clock_boottime_ms() + WAIT_MS;

    while (clock_boottime_ms() < end_ms) {
        struct next_look look;
        enum result result = next_look_read(session->database, sales_order_id, &look, err);

        if (result == RESULT_NONE || (result == RESULT_OK && !look.working && look.in_ms > 0)) {
            *ret_seen = true;
            return RESULT_OK;
        }
        if (result != RESULT_OK)
            return result;

        struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};

        (void)nanosleep(&pause, NULL);
    }
    *ret_seen = false;
    return RESULT_OK;
}

static int
report(struct cli_call *call, struct cli_session *session, int64_t sales_order_id, bool json)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *report = NULL;
    struct error err;
    enum result result = order_report_read(session, sales_order_id, &report, &err);

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (json) {
        int exit_code = cli_print_json(call, report);

        if (exit_code != CLI_EXIT_DONE)
            return exit_code;
    } else {
        order_report_print(report, call->out);
    }
    return strcmp(json_object_text(report, "state"), "published") == 0 ? CLI_EXIT_DONE
                                                                       : CLI_EXIT_NO;
}

static int
sync_order(struct cli_call *call, struct cli_session *session, const struct request *request,
           int64_t sales_order_id)
{
    struct error err;
    enum result result = order_sync_now(session->database, sales_order_id, request->force, &err);
    bool seen = false;

    if (result == RESULT_OK && request->no_wait) {
        (void)fputs(request->json ? "{\"queued\":true}\n" : "Queued.\n", call->out);
        return CLI_EXIT_DONE;
    }
    if (result == RESULT_OK && cli_nobody_serves(session)) {
        error_set(&err, "it is queued, but amsync serve is not running: start it");
        return cli_fail(call, RESULT_NONE, &err);
    }
    if (result == RESULT_OK)
        result = wait_for_outcome(session, sales_order_id, &seen, &err);
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (!seen) {
        error_set(&err, "it is queued, but was not looked at within %d s; amsync order says why",
                  WAIT_MS / 1000);
        return cli_fail(call, RESULT_NONE, &err);
    }
    return report(call, session, sales_order_id, request->json);
}

static int
find_and_sync(struct cli_call *call, struct cli_session *session, const struct request *request)
{
    struct found_order *order = NULL;
    bool unknown = false;
    int exit_code = cli_find_order(call, session, request->company, request->order_type,
                                   request->number, &order, &unknown);

    if (unknown) {
        struct error err;

        error_set(&err, "nothing is known of %s; amsync order %s says more", request->number,
                  request->number);
        return cli_fail(call, RESULT_NONE, &err);
    }
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    exit_code = sync_order(call, session, request, order->sales_order_id);
    found_orders_free(&order, 1);
    return exit_code;
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    struct request request = {0};
    const struct cli_option options[] = {
        {"company", &request.company, NULL},
        {"force", NULL, &request.force},
        {"no-wait", NULL, &request.no_wait},
        {"json", NULL, &request.json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;

    int exit_code = cli_order_arguments(call, &request.order_type, &request.number);

    if (exit_code == CLI_EXIT_DONE)
        exit_code = cli_session_start(call, &session);
    return exit_code == CLI_EXIT_DONE ? find_and_sync(call, &session, &request) : exit_code;
}

const struct cli_command cli_sync = {
    .name = "sync",
    .summary = "look at one order now: the \"Sync order\" button",
    .help =
        "Usage: amsync sync [TYPE] NBR [OPTION]...\n\n"
        "Makes the order due at once and waits up to 30 s for what comes of it. Exits 0 if it is\n"
        "in Magento then, 1 if not; the reason is shown.\n\n"
        "  --force       pass the conditions by (not the order type, not a hold); remembered\n"
        "  --no-wait     do not wait\n"
        "  --company C   the tenant of Acumatica, where several have that number\n"
        "  --json        as one JSON object\n"
        "  --help        this text\n",
    .run = run,
};
