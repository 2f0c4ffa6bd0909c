#include "cli/bring_over.h"

#include <string.h>

#include "base/json.h"
#include "store/held_orders.h"
#include "store/order_reader.h"
#include "store/rules.h"
#include "store/rules_list.h"
#include "sync/plan.h"

/* Few seconds' worth: so many orders are looked at, and so many of them planned. */
#define STEPS_MAX 1000
#define PLANNED_MAX 20000

/* The rules of before and as the open transaction has them, and what is looked at with them. */
struct count {
    struct database *database;
    const struct rules *before;
    const struct rules *after;
    struct held_walk walk;
    size_t planned;
    struct brought_over found;
};

/* Whether nothing but Magento is between the order and the shop. */
static enum result
goes_over(const struct claimed_order *order, const struct rules *rules, bool *ret_goes,
          struct error *err)
{
    AMSYNC_CLEANUP(plan_free) struct plan *plan = NULL;
    static const struct observed nothing = {0};

    if (rules_preferences(rules, order->company)->publishing != PUBLISHING_ON) {
        *ret_goes = false;
        return RESULT_OK;
    }

    enum result result = plan_make(order, rules, &nothing, &plan, err);

    if (result == RESULT_OK)
        *ret_goes = plan->verdict_count > 0 && plan->verdicts[0].state == STATE_PENDING;
    return result;
}

/* Whether the rules of before keep it from Magento. One that waits may be ready but for Magento, which
 * lacks a product, say; whether a customer is enabled is part of the order, as it is now. */
static enum result
was_held(const struct claimed_order *order, const struct rules *before, bool *ret_held,
         struct error *err)
{
    bool went = false;
    enum result result = RESULT_OK;

    if (order->document_count == 0 || order->documents[0].state != STATE_SKIPPED)
        result = goes_over(order, before, &went, err);
    if (result == RESULT_OK)
        *ret_held = !went;
    return result;
}

/* What waits for something else, too, is not brought over; nor is an order that is gone or cannot be
 * read (NULL). */
static enum result
count_order(struct count *count, struct claimed_order *order, struct error *err)
{
    bool goes = false;
    bool held = false;

    if (order == NULL)
        return RESULT_OK;

    enum result result = goes_over(order, count->after, &goes, err);

    if (result == RESULT_OK && goes)
        result = was_held(order, count->before, &held, err);
    if (result == RESULT_OK && held)
        count->found.orders++;
    return result;
}

/* Plans those that the last step found. */
static enum result
count_step(struct count *count, struct error *err)
{
    struct claimed_order *orders[HELD_ORDERS_STEP] = {NULL};
    enum result result =
        orders_read(count->database, count->walk.ids, count->walk.count, orders, err);

    for (size_t i = 0; i < count->walk.count; i++) {
        if (result == RESULT_OK)
            result = count_order(count, orders[i], err);
        claimed_order_free(&orders[i]);
    }
    count->planned += count->walk.count;
    return result;
}

/* From the newest order on. Where there are very many, the rest is not looked at. */
static enum result
count_orders(struct count *count, struct error *err)
{
    size_t steps = 0;

    while (count->found.orders < BRING_OVER_COUNT_MAX && steps++ < STEPS_MAX &&
           count->planned < PLANNED_MAX) {
        enum result result = held_orders_step(count->database, &count->walk, err);

        if (result == RESULT_NONE)
            return RESULT_OK;
        if (result == RESULT_OK)
            result = count_step(count, err);
        if (result != RESULT_OK)
            return result;
    }
    count->found.at_least = true;
    return RESULT_OK;
}

/* Makes the change in the open transaction, and plans the orders as it has the rules then. */
static enum result
make_and_count(struct cli_session *session, const struct change *change,
               struct brought_over *ret_found, struct error *err)
{
    AMSYNC_CLEANUP(rules_unref) struct rules *before = NULL;
    AMSYNC_CLEANUP(rules_unref) struct rules *after = NULL;
    const char *company = change->company != NULL ? change->company : "";
    enum result result = rules_load(session->database, &before, err);

    if (result == RESULT_OK)
        result = change->make(session, change->argument, err);
    if (result == RESULT_OK)
        result = rules_load(session->database, &after, err);
    if (result != RESULT_OK)
        return result;

    struct count count = {
        .database = session->database,
        .before = before,
        .after = after,
        .walk = {.company = change->company,
                 .customer_ids = change->customer_ids,
                 .customer_count = change->customer_count,
                 .with_skipped = !change->waiting_only,
                 .with_pending = rules_preferences(before, company)->publishing != PUBLISHING_ON,
                 .before_id = INT64_MAX},
    };

    result = count_orders(&count, err);
    count.found.publishing = rules_preferences(after, company)->publishing;
    if (result == RESULT_OK)
        *ret_found = count.found;
    return result;
}

/* What the change would bring over; it is not made. */
static enum result
look_ahead(struct cli_session *session, const struct change *change, struct brought_over *ret_found,
           struct error *err)
{
    enum result result = database_begin(session->database, err);

    if (result != RESULT_OK)
        return result;
    result = make_and_count(session, change, ret_found, err);
    database_rollback(session->database);
    return result;
}

/* No transaction is open meanwhile: a person may take as long as they like. */
static bool
ask(struct cli_call *call, const struct brought_over *found)
{
    char answer[8] = "";

    if (isatty(STDIN_FILENO) == 0)
        return false;
    (void)fprintf(call->err, "This brings over %s%zu order%s to Magento. Go on? [y/N] ",
                  found->at_least ? "at least " : "", found->orders, found->orders == 1 ? "" : "s");
    (void)fflush(call->err);
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum result
make(struct cli_session *session, const struct change *change, struct error *err)
{
    enum result result = database_begin(session->database, err);

    if (result != RESULT_OK)
        return result;
    result = change->make(session, change->argument, err);
    if (result == RESULT_OK)
        return database_commit(session->database, err);
    database_rollback(session->database);
    return result;
}

int
bring_over(struct cli_call *call, struct cli_session *session, const struct change *change,
           struct brought_over *ret_found)
{
    struct error err;
    struct brought_over found = {0};
    enum result result = RESULT_OK;

    if (change->counts)
        result = look_ahead(session, change, &found, &err);
    if (result == RESULT_OK && (found.orders > BRING_OVER_UNASKED_MAX || found.at_least) &&
        !change->yes && !ask(call, &found)) {
        error_set(&err, "nothing changed: it would bring over %s%zu order%s%s; confirm with --yes",
                  found.at_least ? "at least " : "", found.orders, found.orders == 1 ? "" : "s",
                  found.at_least && found.orders < BRING_OVER_COUNT_MAX
                      ? ", and there are more than can be looked at"
                      : "");
        return cli_fail(call, RESULT_NONE, &err);
    }
    if (result == RESULT_OK)
        result = make(session, change, &err);
    if (result != RESULT_OK) {
        int exit_code = cli_fail(call, result, &err);

        return result == RESULT_REJECTED ? CLI_EXIT_USAGE : exit_code;
    }
    *ret_found = found;
    return CLI_EXIT_DONE;
}

void
bring_over_print(FILE *out, const char *what, const struct brought_over *found)
{
    if (found->publishing == PUBLISHING_ON || found->orders > 0)
        (void)fprintf(out, "%s brings over %s%zu order%s.\n", what,
                      found->at_least ? "at least " : "", found->orders,
                      found->orders == 1 ? "" : "s");
    else
        (void)fprintf(out, "%s brings over nothing while publishing is %s.\n", what,
                      found->publishing == PUBLISHING_OBSERVE ? "observe" : "paused");
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
