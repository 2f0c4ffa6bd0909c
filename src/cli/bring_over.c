#include "cli/bring_over.h"

#include <string.h>

#include "base/json.h"
#include "store/rules.h"
#include "store/rules_list.h"
#include "store/work.h"
#include "sync/plan.h"

#define PAGE_ORDERS 200

/* Whether it was kept from Magento by the rules of before: skipped, or all is held back. */
static bool
was_held(const struct claimed_order *order, const struct rules *before)
{
    return rules_preferences(before, order->company)->publishing != PUBLISHING_ON ||
           (order->document_count > 0 && order->documents[0].state == STATE_SKIPPED);
}

static enum result
is_brought_over(struct cli_session *session, const struct rules *before, const struct rules *after,
                int64_t sales_order_id, bool *ret_brought_over, struct error *err)
{
    AMSYNC_CLEANUP(claimed_order_free) struct claimed_order *order = NULL;
    AMSYNC_CLEANUP(plan_free) struct plan *plan = NULL;
    static const struct observed nothing = {0};
    enum result result = work_read(session->database, sales_order_id, &order, err);

    if (result == RESULT_OK)
        result = plan_make(order, after, &nothing, &plan, err);
    if (result != RESULT_OK)
        return result;
    *ret_brought_over = was_held(order, before) &&
                        rules_preferences(after, order->company)->publishing == PUBLISHING_ON &&
                        plan->verdict_count > 0 && plan->verdicts[0].state != STATE_SKIPPED;
    return RESULT_OK;
}

static enum result
count_page(struct cli_session *session, const struct rules *before, const struct rules *after,
           const json_t *ids, size_t *orders, struct error *err)
{
    size_t index;
    json_t *id;

    json_array_foreach(ids, index, id)
    {
        bool brought_over = false;
        enum result result = is_brought_over(session, before, after,
                                             (int64_t)json_integer_value(id), &brought_over, err);

        if (result != RESULT_OK && result != RESULT_NONE)
            return result;
        if (brought_over && ++*orders == BRING_OVER_COUNT_MAX)
            return RESULT_OK;
    }
    return RESULT_OK;
}

/* Plans each order that may have been held back under the rules as the open transaction has them. */
static enum result
count_orders(struct cli_session *session, const struct change *change, const struct rules *before,
             size_t *ret_orders, struct error *err)
{
    AMSYNC_CLEANUP(rules_unref) struct rules *after = NULL;
    enum result result = rules_load(session->database, &after, err);
    const char *company = change->company != NULL ? change->company : "";
    bool with_pending = rules_preferences(before, company)->publishing != PUBLISHING_ON;
    int64_t after_id = 0;
    size_t orders = 0;

    while (result == RESULT_OK && orders < BRING_OVER_COUNT_MAX) {
        AMSYNC_CLEANUP(cleanup_json) json_t *ids = NULL;

        result = held_orders_list(session->database, change->company, change->customer_id,
                                  with_pending, after_id, PAGE_ORDERS, &ids, err);
        if (result != RESULT_OK || json_array_size(ids) == 0)
            break;
        after_id = (int64_t)json_integer_value(json_array_get(ids, json_array_size(ids) - 1));
        result = count_page(session, before, after, ids, &orders, err);
    }
    if (result == RESULT_OK)
        *ret_orders = orders;
    return result;
}

static bool
ask(struct cli_call *call, size_t orders)
{
    char answer[8] = "";

    if (isatty(STDIN_FILENO) == 0)
        return false;
    (void)fprintf(call->err, "This brings over %s%zu orders to Magento. Go on? [y/N] ",
                  orders == BRING_OVER_COUNT_MAX ? "at least " : "", orders);
    (void)fflush(call->err);
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int
make_and_count(struct cli_call *call, struct cli_session *session, const struct change *change,
               size_t *ret_orders)
{
    AMSYNC_CLEANUP(rules_unref) struct rules *before = NULL;
    struct error err;
    size_t orders = 0;
    enum result result = rules_load(session->database, &before, &err);

    if (result == RESULT_OK)
        result = change->make(session, change->argument, &err);
    if (result == RESULT_OK && change->counts)
        result = count_orders(session, change, before, &orders, &err);
    if (result == RESULT_REJECTED) {
        (void)cli_fail(call, result, &err);
        return CLI_EXIT_USAGE;
    }
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    if (orders > BRING_OVER_UNASKED_MAX && !change->yes && !ask(call, orders)) {
        error_set(&err, "nothing changed: it would bring over %s%zu orders; confirm with --yes",
                  orders == BRING_OVER_COUNT_MAX ? "at least " : "", orders);
        return cli_fail(call, RESULT_NONE, &err);
    }
    *ret_orders = orders;
    return CLI_EXIT_DONE;
}

int
bring_over(struct cli_call *call, struct cli_session *session, const struct change *change,
           size_t *ret_orders)
{
    struct error err;
    size_t orders = 0;
    enum result result = database_begin(session->database, &err);

    if (result != RESULT_OK)
        return cli_fail(call, result, &err);

    int exit_code = make_and_count(call, session, change, &orders);

    if (exit_code != CLI_EXIT_DONE) {
        database_rollback(session->database);
        return exit_code;
    }
    result = database_commit(session->database, &err);
    if (result != RESULT_OK)
        return cli_fail(call, result, &err);
    *ret_orders = orders;
    return CLI_EXIT_DONE;
}

int
cli_company(struct cli_call *call, struct cli_session *session, const char *given,
            char **ret_company)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *seen = NULL;
    const char *configured = getenv("AMSYNC_COMPANIES");
    const char *company = given;
    struct error err;

    if (company == NULL && configured != NULL && configured[0] != '\0' &&
        strcmp(configured, "*") != 0 && strchr(configured, ',') == NULL)
        company = configured;
    if (company == NULL) {
        enum result result = companies_list(session->database, &seen, &err);

        if (result != RESULT_OK)
            return cli_fail(call, result, &err);
        if (json_array_size(seen) != 1)
            return cli_usage_error(call, "name the tenant with --company, as CompanyId in its "
                                         "notifications");
        company = json_string_value(json_array_get(seen, 0));
    }
    *ret_company = strdup(company);
    if (*ret_company != NULL)
        return CLI_EXIT_DONE;
    error_set(&err, "out of memory");
    return cli_fail(call, RESULT_FAILED, &err);
}
