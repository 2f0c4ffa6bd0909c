#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "sync/planner.h"
#include "sync/verdict.h"
#include "sync/words.h"

#define EXPLANATION_MAX_BYTES 1024

enum condition_index { CUSTOMER_ENABLED, SHIPMENT_CONFIRMED, UNPAID_BALANCE_ZERO };

static void
judge_customer(const struct planner *planner, struct condition *condition)
{
    const struct order_document *order = planner->document;
    bool enabled = planner->order->customer_enabled;

    if (order == NULL || order->customer_id[0] == '\0') {
        condition->holds = enabled;
        if (asprintf(&condition->detail, "its customer is not known%s",
                     enabled ? ", but enabled" : "") < 0)
            condition->detail = NULL;
        return;
    }
    condition->holds = enabled || order->customer_enabled == YES;
    if (asprintf(&condition->detail, "customer %s is %s", words_value(order->customer_id).text,
                 condition->holds ? "enabled" : "not enabled") < 0)
        condition->detail = NULL;
}

static void
judge_shipment(const struct planner *planner, struct condition *condition)
{
    const char *number = NULL;

    for (size_t i = 0; i < planner->order->document_count && number == NULL; i++) {
        const struct shipment_document *shipment = planner->documents[i].shipment;

        if (shipment != NULL && shipment->confirmed && shipment->line_count > 0)
            number = planner->documents[i].claimed->number;
    }
    condition->holds = number != NULL;

    int written = number != NULL ? asprintf(&condition->detail, "shipment %s is confirmed",
                                            words_value(number).text)
                                 : asprintf(&condition->detail, "no shipment is confirmed");

    if (written < 0)
        condition->detail = NULL;
}

static void
judge_balance(const struct planner *planner, struct condition *condition)
{
    const struct order_document *order = planner->document;
    int written;

    if (order == NULL || !order->unpaid_balance.known) {
        written = asprintf(&condition->detail, "its unpaid balance is not known");
    } else if (order->line_count == 0 && decimal_is_zero(order->order_total.value)) {
        written = asprintf(&condition->detail, "it has no lines yet, so nothing is paid");
    } else {
        struct words amount = words_amount(order->unpaid_balance.value, order->currency);

        condition->holds = decimal_sign(order->unpaid_balance.value) <= 0;
        written = asprintf(&condition->detail, "unpaid balance is %s", amount.text);
    }
    if (written < 0)
        condition->detail = NULL;
}

static size_t
count_of(const struct condition *conditions, bool only_those_that_hold)
{
    size_t count = 0;

    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (conditions[i].enabled && (conditions[i].holds || !only_those_that_hold))
            count++;
    return count;
}

void
conditions_judge(struct planner *planner)
{
    const struct preferences *preferences = planner->preferences;
    struct condition *conditions = planner->plan->conditions;

    conditions[CUSTOMER_ENABLED].name = "customer_enabled";
    conditions[CUSTOMER_ENABLED].enabled = preferences->condition_customer_enabled;
    conditions[SHIPMENT_CONFIRMED].name = "shipment_confirmed";
    conditions[SHIPMENT_CONFIRMED].enabled = preferences->condition_shipment_confirmed;
    conditions[UNPAID_BALANCE_ZERO].name = "unpaid_balance_zero";
    conditions[UNPAID_BALANCE_ZERO].enabled = preferences->condition_unpaid_balance_zero;
    judge_customer(planner, &conditions[CUSTOMER_ENABLED]);
    judge_shipment(planner, &conditions[SHIPMENT_CONFIRMED]);
    judge_balance(planner, &conditions[UNPAID_BALANCE_ZERO]);

    size_t enabled = count_of(conditions, false);
    size_t holding = count_of(conditions, true);

    planner->plan->conditions_hold =
        enabled == 0 ||
        (preferences->condition_match == MATCH_ALL ? holding == enabled : holding > 0);
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (conditions[i].detail == NULL)
            planner->out_of_memory = true;
}

static void
append_count(struct buffer *text, size_t enabled, size_t holding)
{
    if (enabled == 1)
        buffer_append_text(text, "the condition does not hold");
    else if (holding == 0)
        buffer_append_format(text, "none of the %zu conditions holds", enabled);
    else
        buffer_append_format(text, "only %zu of the %zu conditions hold%s, and all must", holding,
                             enabled, holding == 1 ? "s" : "");
}

static void
append_advice(struct buffer *advice, const char *between, const char *text)
{
    if (advice->length > 0)
        buffer_append_text(advice, between);
    buffer_append_text(advice, text);
}

/* What would make the conditions hold. Where one is enough, the two that an office can meet at once
 * are named; a shipment is only where nothing else would do. */
static void
build_advice(const struct planner *planner, struct buffer *advice)
{
    const struct condition *conditions = planner->plan->conditions;
    bool all = planner->preferences->condition_match == MATCH_ALL;
    const char *between = all ? ", and " : ", or ";
    const struct condition *balance = &conditions[UNPAID_BALANCE_ZERO];
    const struct condition *customer = &conditions[CUSTOMER_ENABLED];
    const struct condition *shipment = &conditions[SHIPMENT_CONFIRMED];
    const char *customer_id = planner->document->customer_id;

    if (balance->enabled && !balance->holds)
        append_advice(advice, between,
                      planner->document->unpaid_balance.known
                          ? "create a payment"
                          : "add the column UnpaidBalance to the inquiry");
    if (customer->enabled && !customer->holds && customer_id[0] != '\0') {
        append_advice(advice, between, "amsync customer enable ");
        buffer_append_text(advice, words_argument(customer_id).text);
    }
    if (shipment->enabled && !shipment->holds && (all || advice->length == 0))
        append_advice(advice, between, "confirm a shipment");
}

void
conditions_explain(struct planner *planner)
{
    const struct condition *conditions = planner->plan->conditions;
    AMSYNC_CLEANUP(buffer_free) struct buffer reason = BUFFER_INITIAL(EXPLANATION_MAX_BYTES);
    AMSYNC_CLEANUP(buffer_free) struct buffer advice = BUFFER_INITIAL(EXPLANATION_MAX_BYTES);
    const char *between = ": ";

    append_count(&reason, count_of(conditions, false), count_of(conditions, true));
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        if (!conditions[i].enabled)
            continue;
        buffer_append_text(&reason, between);
        buffer_append_text(&reason, conditions[i].detail != NULL ? conditions[i].detail : "");
        between = "; ";
    }
    build_advice(planner, &advice);
    if (buffer_result(&reason) == RESULT_FAILED)
        planner->out_of_memory = true;
    verdict_set(planner->verdict, STATE_SKIPPED, "%s", buffer_text(&reason));
    verdict_advise_buffer(planner->verdict, &advice);
}
