#include "cli/order_next.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/connector_log.h"
#include "store/lookup.h"
#include "sync/words.h"

/* The document of the order that this is about. */
struct subject {
    const struct claimed_order *order;
    const struct claimed_document *document;
};

/* What stands behind the first of the marks; NULL: none is there. */
static const char *
behind(const char *message, const char *const *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = strstr(message, marks[i]);

        if (found != NULL)
            return found + strlen(marks[i]);
    }
    return NULL;
}

/* What to do about what waits or failed for what was seen in Magento stands only in the log, behind the
 * reason. NULL: nothing does. */
static char *
logged_advice(struct cli_session *session, struct subject subject)
{
    static const char *const MARKS[] = {". Next: ", ". Add: "};
    AMSYNC_CLEANUP(cleanup_free) char *message = NULL;
    const struct claimed_document *document = subject.document;
    const struct order_message_key key = {
        .sales_order_id = subject.order->sales_order_id,
        .order_nbr = subject.order->order_nbr,
        .kind = document->kind,
        .document_nbr = document->kind == DOCUMENT_ORDER ? NULL : document->number,
        .state = document->state,
    };

    if (document->reason == NULL || document->reason[0] == '\0' ||
        order_message_read(session->database, &key, &message, NULL) != RESULT_OK)
        return NULL;

    const char *reason = strstr(message, document->reason);
    const char *advice =
        reason != NULL ? behind(reason, MARKS, sizeof(MARKS) / sizeof(MARKS[0])) : NULL;

    return advice != NULL ? strdup(advice) : NULL;
}

/* The order itself, or the first of its shipments and invoices, in that state; NULL: none is. */
static const struct claimed_document *
first_in(const struct claimed_order *order, enum document_state state)
{
    for (size_t i = 0; i < order->document_count; i++) {
        if (order->documents[i].state == state)
            return &order->documents[i];
    }
    return NULL;
}

/* What the next look is for: the order, if it is not as it should be, else the first of its shipments and
 * invoices that is not; NULL: all are. */
static const struct claimed_document *
first_in_trouble(const struct claimed_order *order, enum document_state order_state)
{
    static const enum document_state TROUBLES[] = {STATE_RETRYING, STATE_WAITING, STATE_FAILED};
    const struct claimed_document *found = NULL;

    if (order->document_count == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(TROUBLES) / sizeof(TROUBLES[0]); i++) {
        if (order_state == TROUBLES[i])
            return &order->documents[0];
        if (found == NULL)
            found = first_in(order, TROUBLES[i]);
    }
    return found;
}

/* What the plan advises for the order; while that has not come, for the first of its documents. "" for
 * nothing, also where things stand otherwise than it was last recorded. */
static const char *
planned_advice(const struct claimed_order *order, const struct plan *plan)
{
    bool has_own = order->document_count > 0 && order->documents[0].kind == DOCUMENT_ORDER;
    size_t count = has_own ? 1 : order->document_count;

    for (size_t i = 0; i < count && i < plan->verdict_count; i++) {
        if (plan->verdicts[i].state == order->documents[i].state &&
            plan->verdicts[i].next[0] != '\0')
            return plan->verdicts[i].next;
    }
    return "";
}

static json_t *
retry_or_leave_out(const struct claimed_order *order, const struct claimed_document *failed)
{
    static const char *const OPTIONS[] = {"", " --shipment ", " --invoice "};
    const struct words number = words_argument(order->order_nbr);

    return json_sprintf("once that is mended, amsync retry %s; or leave it out: amsync resolve "
                        "%s%s%s --as ignored --note TEXT",
                        number.text, number.text, OPTIONS[failed->kind],
                        failed->kind == DOCUMENT_ORDER ? "" : words_argument(failed->number).text);
}

/* Nothing more happens by itself: what a person can do about that which is not in Magento. */
static json_t *
what_a_person_can_do(struct cli_session *session, const struct claimed_order *order)
{
    static const enum document_state STATES[] = {STATE_WAITING, STATE_PENDING};
    const struct claimed_document *failed = first_in(order, STATE_FAILED);

    if (failed != NULL)
        return retry_or_leave_out(order, failed);
    for (size_t i = 0; i < sizeof(STATES) / sizeof(STATES[0]); i++) {
        const struct claimed_document *document = first_in(order, STATES[i]);
        AMSYNC_CLEANUP(cleanup_free) char *advice = NULL;

        if (document == NULL)
            continue;
        advice = logged_advice(session, (struct subject){order, document});
        if (advice != NULL)
            return json_string(advice);
        if (STATES[i] == STATE_WAITING)
            return json_sprintf("amsync log --order %s says what to do",
                                words_argument(order->order_nbr).text);
    }
    return json_string("");
}

static json_t *
next_look_json(struct cli_session *session, const struct claimed_order *order,
               enum document_state state, int64_t in_ms)
{
    AMSYNC_CLEANUP(cleanup_free) char *advice = NULL;
    bool minutes = in_ms > 120000;
    long long count = minutes ? in_ms / 60000 : (in_ms + 999) / 1000;
    const char *unit = minutes ? "min" : "s";
    const char *number = order->order_nbr;
    const struct claimed_document *trouble = first_in_trouble(order, state);

    if (state == STATE_RETRYING || (trouble != NULL && trouble->state == STATE_RETRYING))
        return json_sprintf("it is looked at in %lld %s; should it stay so, amsync check says "
                            "what is wrong with Magento",
                            count, unit);
    if (trouble == NULL)
        return json_sprintf("it is looked at in %lld %s", count, unit);
    advice = logged_advice(session, (struct subject){order, trouble});
    if (advice != NULL)
        return json_sprintf("%s; it is looked at in %lld %s, or at once by amsync retry %s", advice,
                            count, unit, words_argument(number).text);
    return json_sprintf("amsync log --order %s says what to do; it is looked at in %lld %s",
                        words_argument(number).text, count, unit);
}

/* Why nothing goes to Magento at present, as the connector log says it; NULL: orders do. */
static json_t *
stop_json(struct cli_session *session)
{
    static const char *const ENDS[] = {"; amsync check", ". Orders wait"};
    AMSYNC_CLEANUP(cleanup_free) char *message = NULL;

    if (connector_log_read_stop(session->database, &message, NULL) != RESULT_OK)
        return NULL;

    const char *colon = strstr(message, ": ");
    char *why = message + (colon != NULL ? colon + 2 - message : 0);

    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        char *end = strstr(why, ENDS[i]);

        if (end != NULL)
            *end = '\0';
    }
    return json_sprintf("nothing goes to Magento at present: %s; amsync check says what to do",
                        why);
}

json_t *
order_next_json(struct cli_session *session, const struct claimed_order *order,
                const struct plan *plan, enum document_state state)
{
    struct next_look look;
    enum result result = next_look_read(session->database, order->sales_order_id, &look, NULL);
    const char *advice = planned_advice(order, plan);
    json_t *stop = NULL;

    if (result == RESULT_OK && cli_nobody_serves(session))
        return json_sprintf("amsync serve is not running: start it%s%s",
                            advice[0] != '\0' ? ". Then: " : "", advice);
    if (result == RESULT_OK && look.working)
        return json_string("it is being worked on right now");
    if (advice[0] != '\0')
        return json_string(advice);
    if (result != RESULT_OK)
        return what_a_person_can_do(session, order);
    if (look.in_ms == 0 || state == STATE_PENDING || state == STATE_RETRYING)
        stop = stop_json(session);
    if (stop != NULL)
        return stop;
    if (look.in_ms == 0)
        return json_string("it is next in the queue; should it stay there, amsync check says why");
    return next_look_json(session, order, state, look.in_ms);
}
