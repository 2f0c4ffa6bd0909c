#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "store/document_kind.h"
#include "store/log_reader.h"
#include "store/rules_list.h"
#include "sync/words.h"

#define STATUSES_MAX 16
#define LIMIT_DEFAULT 100
#define LIMIT_MAX 100000
#define FOLLOW_PAUSE_MS 500

struct request {
    const char *statuses[STATUSES_MAX];
    const char *number;
    const char *order_nbrs[FOUND_ORDERS_MAX];
    struct log_filter filter;
    bool follow;
    bool json;
    bool shows_company; /* for tenants may have orders of the same number */
};

static bool
is_status(const char *name)
{
    static const char *const others[] = {"received", "duplicate", "superseded", "unchanged",
                                         "refused"};
    enum document_state state;

    if (document_state_from_name(name, &state) == RESULT_OK)
        return true;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(name, others[i]) == 0)
            return true;
    }
    return false;
}

static bool
is_entity(const char *name)
{
    enum document_kind kind;

    return document_kind_from_name(name, &kind) == RESULT_OK || strcmp(name, "notification") == 0 ||
           strcmp(name, "service") == 0;
}

static int
read_option(struct cli_call *call, int option, struct request *request)
{
    int64_t limit;

    switch (option) {
    case 's':
        if (!is_status(optarg))
            return cli_usage_error(call, "there is no status %s", optarg);
        if (request->filter.status_count == STATUSES_MAX)
            return cli_usage_error(call, "at most %d statuses", STATUSES_MAX);
        request->statuses[request->filter.status_count++] = optarg;
        return CLI_EXIT_DONE;
    case 'e':
        if (!is_entity(optarg))
            return cli_usage_error(call, "there is no entity %s", optarg);
        request->filter.entity = optarg;
        return CLI_EXIT_DONE;
    case 'o':
        request->number = optarg;
        return CLI_EXIT_DONE;
    case 'c':
        request->filter.company = optarg;
        return CLI_EXIT_DONE;
    case 't':
        if (!cli_read_since(optarg, &request->filter.since_unix_ms))
            return cli_usage_error(
                call, "--since %s: write 2026-01-31T08:00:00Z, or 90s, 15m, 2h, 7d", optarg);
        return CLI_EXIT_DONE;
    case 'n':
        if (parse_int64(optarg, 1, LIMIT_MAX, &limit) != RESULT_OK)
            return cli_usage_error(call, "--limit %s: write a number from 1 to %d", optarg,
                                   LIMIT_MAX);
        request->filter.limit = (int32_t)limit;
        return CLI_EXIT_DONE;
    case 'b':
        request->filter.bodies = true;
        return CLI_EXIT_DONE;
    case 'f':
        request->follow = true;
        return CLI_EXIT_DONE;
    default:
        request->json = true;
        return CLI_EXIT_DONE;
    }
}

static int
read_options(struct cli_call *call, struct request *request)
{
    static const struct option options[] = {
        {"status", required_argument, NULL, 's'},
        {"entity", required_argument, NULL, 'e'},
        {"order", required_argument, NULL, 'o'},
        {"company", required_argument, NULL, 'c'},
        {"since", required_argument, NULL, 't'},
        {"limit", required_argument, NULL, 'n'},
        {"bodies", no_argument, NULL, 'b'},
        {"follow", no_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},
        CLI_OPTION_HELP,
        CLI_OPTIONS_LAST,
    };

    for (;;) {
        int option = cli_next_option(call, options);

        if (option == CLI_OPTIONS_END)
            return cli_refuse_arguments(call);
        if (option == CLI_OPTIONS_STOP)
            return CLI_OPTIONS_STOP;

        int exit_code = read_option(call, option, request);

        if (exit_code != CLI_EXIT_DONE)
            return exit_code;
    }
}

static void
print_body(FILE *out, const char *what, const json_t *line, const char *member)
{
    const char *body = json_object_text(line, member);

    if (body != NULL)
        (void)fprintf(out, "    %s: %s\n", what, body);
}

static void
print_line(FILE *out, const json_t *line, bool shows_company)
{
    const char *company = shows_company ? json_object_text(line, "company") : NULL;

    (void)fprintf(out, "%s  %-10s  ", json_object_text(line, "at"),
                  json_object_text(line, "status"));
    if (company != NULL)
        (void)fprintf(out, "%s: ", words_value(company).text);
    (void)fprintf(out, "%s\n", json_object_text(line, "message"));
    print_body(out, "sent", line, "request_body");
    print_body(out, "answer", line, "answer_body");
}

static int
print_lines(struct cli_call *call, const json_t *lines, const struct request *request)
{
    size_t index;
    json_t *line;

    json_array_foreach(lines, index, line)
    {
        if (request->json) {
            int exit_code = cli_print_json(call, line);

            if (exit_code != CLI_EXIT_DONE)
                return exit_code;
        } else {
            print_line(call->out, line, request->shows_company);
        }
    }
    return fflush(call->out) == 0 ? CLI_EXIT_DONE : CLI_EXIT_NO;
}

/* Until the reader of the output goes away or the process is ended. A database that is away for a
 * while ends it, too: what follows would have a gap. */
static int
follow(struct cli_call *call, struct cli_session *session, const struct request *request,
       const json_t *seen)
{
    AMSYNC_CLEANUP(log_follower_free) struct log_follower *follower = NULL;
    struct error err;
    enum result result = log_follower_new(seen, &follower, &err);

    while (result == RESULT_OK) {
        AMSYNC_CLEANUP(cleanup_json) json_t *lines = NULL;
        struct timespec pause = {.tv_nsec = FOLLOW_PAUSE_MS * 1000000L};

        (void)nanosleep(&pause, NULL);
        result = log_follow(session->database, follower, &request->filter, &lines, &err);
        if (result == RESULT_OK && print_lines(call, lines, request) != CLI_EXIT_DONE)
            return CLI_EXIT_NO;
    }
    return cli_fail(call, result, &err);
}

/* --order takes any number of the order; the log's lines have the order's own. */
static enum result
resolve_number(struct cli_session *session, struct request *request,
               struct found_order **ret_orders, size_t *ret_count, struct error *err)
{
    enum result result = orders_find(session->database, request->filter.company, NULL,
                                     request->number, ret_orders, ret_count, err);

    request->filter.order_nbrs = request->order_nbrs;
    if (result == RESULT_NONE) {
        request->order_nbrs[0] = request->number;
        request->filter.order_nbr_count = 1;
        return RESULT_OK;
    }
    if (result != RESULT_OK)
        return result;
    for (size_t i = 0; i < *ret_count; i++)
        request->order_nbrs[i] = (*ret_orders)[i].order_nbr;
    request->filter.order_nbr_count = *ret_count;
    return RESULT_OK;
}

static enum result
count_companies(struct cli_session *session, struct request *request, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *companies = NULL;
    enum result result = RESULT_OK;

    if (request->json || request->filter.company != NULL)
        return RESULT_OK;
    result = companies_list(session->database, &companies, err);
    request->shows_company = json_array_size(companies) > 1;
    return result;
}

static int
show(struct cli_call *call, struct cli_session *session, struct request *request)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *lines = NULL;
    struct found_order *orders = NULL;
    size_t order_count = 0;
    struct error err;
    enum result result = RESULT_OK;
    int exit_code;

    if (request->number != NULL)
        result = resolve_number(session, request, &orders, &order_count, &err);
    if (result == RESULT_OK)
        result = count_companies(session, request, &err);
    if (result == RESULT_OK)
        result = log_read(session->database, &request->filter, &lines, &err);
    if (result != RESULT_OK)
        exit_code = cli_fail(call, result, &err);
    else
        exit_code = print_lines(call, lines, request);
    if (exit_code == CLI_EXIT_DONE && request->follow)
        exit_code = follow(call, session, request, lines);
    found_orders_free(&orders, order_count);
    return exit_code;
}

static int
run(struct cli_call *call)
{
    AMSYNC_CLEANUP(cli_session_finish) struct cli_session session = {0};
    struct request request = {.filter = {.limit = LIMIT_DEFAULT}};
    int exit_code = read_options(call, &request);

    if (exit_code == CLI_OPTIONS_STOP)
        return call->exit_code;
    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    request.filter.statuses = request.statuses;
    exit_code = cli_session_start(call, &session);
    return exit_code == CLI_EXIT_DONE ? show(call, &session, &request) : exit_code;
}

const struct cli_command cli_log = {
    .name = "log",
    .summary = "show the connector log",
    .help =
        "Usage: amsync log [OPTION]...\n\n"
        "Shows the newest lines of the connector log, oldest first.\n\n"
        "  --status S    only this status; may be repeated: pending, published, skipped, waiting,\n"
        "                retrying, failed, received, duplicate, superseded, unchanged, refused\n"
        "  --entity E    only order, shipment, invoice, notification or service\n"
        "  --order NBR   only one order, by any of its numbers\n"
        "  --company C   only one tenant of Acumatica\n"
        "  --since T     from 2026-01-31T08:00:00Z on, or the last 90s, 15m, 2h, 7d\n"
        "  --limit N     the newest N lines (100)\n"
        "  --bodies      with what was sent to Magento and what it answered, as far as\n"
        "                AMSYNC_LOG_BODIES kept it\n"
        "  --follow      go on with what comes, until interrupted\n"
        "  --json        a JSON object a line\n"
        "  --help        this text\n",
    .run = run,
};
