#include "cli/order_report.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/document_kind.h"
#include "store/rules.h"
#include "store/work.h"
#include "sync/plan.h"
#include "sync/words.h"

/* {"entity_id": , "increment_id": }, or null when Magento has none. */
static json_t *
magento_json(int64_t entity_id, const char *increment_id)
{
    if (entity_id == 0 && increment_id == NULL)
        return json_null();

    json_t *number = increment_id != NULL ? json_string(increment_id) : json_null();

    if (entity_id == 0)
        return json_pack("{s:n, s:o}", "entity_id", "increment_id", number);
    return json_pack("{s:I, s:o}", "entity_id", (json_int_t)entity_id, "increment_id", number);
}

/* {"as": , "note": }, or null where no person has settled it. */
static json_t *
settled_json(const struct claimed_document *document)
{
    if (document == NULL || document->settled == NULL)
        return json_null();
    return json_pack("{s:s, s:s}", "as", document->settled, "note",
                     document->settled_note != NULL ? document->settled_note : "");
}

static json_t *
document_json(const struct claimed_document *document)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "number", document->number, "state",
                     document_state_name(document->state), "reason",
                     document->reason != NULL ? document->reason : "", "settled",
                     settled_json(document), "magento",
                     magento_json(document->magento_entity_id, document->magento_increment_id));
}

static json_t *
documents_json(const struct claimed_order *order, enum document_kind kind)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *list = json_array();

    for (size_t i = 0; i < order->document_count; i++) {
        if (order->documents[i].kind == kind &&
            json_array_append_new(list, document_json(&order->documents[i])) != 0)
            return NULL;
    }
    return TAKE_PTR(list);
}

static json_t *
conditions_json(const struct plan *plan)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *list = json_array();

    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        const struct condition *condition = &plan->conditions[i];

        if (json_array_append_new(
                list, json_pack("{s:s, s:b, s:b, s:s}", "name", condition->name, "enabled",
                                condition->enabled, "holds", condition->holds, "detail",
                                condition->detail != NULL ? condition->detail : "")) != 0)
            return NULL;
    }
    return TAKE_PTR(list);
}

/* The order's own entry; NULL while only its shipments or invoices have come. */
static const struct claimed_document *
own_document(const struct claimed_order *order)
{
    if (order->document_count > 0 && order->documents[0].kind == DOCUMENT_ORDER)
        return &order->documents[0];
    return NULL;
}

/* What to do about an order that waits or failed for what was seen in Magento stands only in the log,
 * behind the reason. NULL: nothing does. */
static char *
logged_advice(struct cli_session *session, const struct claimed_order *order,
              enum document_state state)
{
    static const char MARK[] = ". Next: ";
    AMSYNC_CLEANUP(cleanup_free) char *message = NULL;
    const struct order_message_key key = {
        .sales_order_id = order->sales_order_id,
        .order_nbr = order->order_nbr,
        .state = state,
    };

    if (order_message_read(session->database, &key, &message, NULL) != RESULT_OK)
        return NULL;

    const char *advice = strstr(message, MARK);

    return advice != NULL ? strdup(advice + strlen(MARK)) : NULL;
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

    if (state == STATE_RETRYING)
        return json_sprintf("it is looked at in %lld %s; should it stay so, amsync check says "
                            "what is wrong with Magento",
                            count, unit);
    if (state != STATE_WAITING && state != STATE_FAILED)
        return json_sprintf("it is looked at in %lld %s", count, unit);
    advice = logged_advice(session, order, state);
    if (advice != NULL)
        return json_sprintf("%s; it is looked at in %lld %s, or at once by amsync retry %s", advice,
                            count, unit, words_argument(number).text);
    return json_sprintf("amsync log --order %s says what to do; it is looked at in %lld %s",
                        words_argument(number).text, count, unit);
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

/* Nothing more happens by itself: what a person can do about that which is not in Magento. */
static json_t *
what_a_person_can_do(const struct claimed_order *order)
{
    static const char *const OPTIONS[] = {"", " --shipment ", " --invoice "};
    const struct words number = words_argument(order->order_nbr);
    const struct claimed_document *failed = first_in(order, STATE_FAILED);

    if (failed != NULL)
        return json_sprintf("once that is mended, amsync retry %s; or leave it out: amsync resolve "
                            "%s%s%s --as ignored --note TEXT",
                            number.text, number.text, OPTIONS[failed->kind],
                            failed->kind == DOCUMENT_ORDER ? ""
                                                           : words_argument(failed->number).text);
    if (first_in(order, STATE_WAITING) != NULL)
        return json_sprintf("amsync log --order %s says what to do", number.text);
    return json_string("");
}

static json_t *
next_json(struct cli_session *session, const struct claimed_order *order, const struct plan *plan,
          enum document_state state)
{
    struct next_look look;
    enum result result = next_look_read(session->database, order->sales_order_id, &look, NULL);

    if (result == RESULT_OK && look.working)
        return json_string("it is being worked on right now");
    if (result == RESULT_OK && look.in_ms == 0)
        return json_string("it is next in the queue; should it stay there, amsync check says why");
    if (own_document(order) != NULL && plan->verdict_count > 0 &&
        plan->verdicts[0].state == state && plan->verdicts[0].next[0] != '\0')
        return json_string(plan->verdicts[0].next);
    return result == RESULT_OK ? next_look_json(session, order, state, look.in_ms)
                               : what_a_person_can_do(order);
}

static enum result
build(struct cli_session *session, const struct claimed_order *order, const struct plan *plan,
      json_t **ret_report, struct error *err)
{
    const struct claimed_document *own = own_document(order);
    enum document_state state = own != NULL ? own->state : STATE_WAITING;
    const char *reason = own == NULL           ? "the order itself has not come from Acumatica yet"
                         : own->reason != NULL ? own->reason
                                               : "";
    json_t *report =
        json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "known", 1,
                  "company", order->company, "order_type", order->order_type, "order_nbr",
                  order->order_nbr, "state", document_state_name(state), "reason", reason, "next",
                  next_json(session, order, plan, state), "settled", settled_json(own), "magento",
                  magento_json(order->magento_entity_id,
                               order->magento_entity_id != 0 ? order->magento_increment_id : NULL),
                  "forced", (int)order->forced, "conditions", conditions_json(plan), "shipments",
                  documents_json(order, DOCUMENT_SHIPMENT), "invoices",
                  documents_json(order, DOCUMENT_INVOICE));

    if (report == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_report = report;
    return RESULT_OK;
}

enum result
order_report_read(struct cli_session *session, int64_t sales_order_id, json_t **ret_report,
                  struct error *err)
{
    AMSYNC_CLEANUP(claimed_order_free) struct claimed_order *order = NULL;
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = NULL;
    AMSYNC_CLEANUP(plan_free) struct plan *plan = NULL;
    static const struct observed nothing = {0};
    enum result result = work_read(session->database, sales_order_id, &order, err);

    if (result == RESULT_OK)
        result = rules_load(session->database, &rules, err);
    if (result == RESULT_OK)
        result = plan_make(order, rules, &nothing, &plan, err);
    return result == RESULT_OK ? build(session, order, plan, ret_report, err) : result;
}

static void
print_state(const json_t *object, FILE *out)
{
    const char *reason = json_object_text(object, "reason");
    const json_t *settled = json_object_get(object, "settled");
    enum document_state state;

    if (document_state_from_name(json_object_text(object, "state"), &state) != RESULT_OK)
        return;
    (void)fprintf(out, "%s%s%s", document_state_words(state), reason[0] != '\0' ? ": " : "",
                  reason);
    if (json_is_object(settled))
        (void)fprintf(out, " (settled as %s: %s)", json_object_text(settled, "as"),
                      json_object_text(settled, "note"));
    (void)fputc('\n', out);
}

/* Its number there, or the id as long as the number has not been read. */
static void
print_magento_number(const json_t *magento, FILE *out)
{
    const char *increment_id = json_object_text(magento, "increment_id");

    if (increment_id != NULL)
        (void)fprintf(out, " (%s in Magento)", increment_id);
    else if (json_is_object(magento))
        (void)fprintf(out, " (id %lld in Magento)",
                      (long long)json_integer_value(json_object_get(magento, "entity_id")));
}

static void
print_documents(const json_t *documents, const char *what, FILE *out)
{
    size_t index;
    json_t *document;

    json_array_foreach(documents, index, document)
    {
        (void)fprintf(out, "%s %s", what, json_object_text(document, "number"));
        print_magento_number(json_object_get(document, "magento"), out);
        (void)fputs(": ", out);
        print_state(document, out);
    }
}

static void
print_conditions(const json_t *conditions, bool forced, FILE *out)
{
    size_t index;
    json_t *condition;

    (void)fprintf(out, "Conditions%s:\n", forced ? " (passed by: amsync sync --force)" : "");
    json_array_foreach(conditions, index, condition)
    {
        const char *holds = !json_is_true(json_object_get(condition, "enabled")) ? "off"
                            : json_is_true(json_object_get(condition, "holds"))  ? "yes"
                                                                                 : "no";

        (void)fprintf(out, "  %-3s  %-20s  %s\n", holds, json_object_text(condition, "name"),
                      json_object_text(condition, "detail"));
    }
}

void
order_report_print(const json_t *report, FILE *out)
{
    const char *next = json_object_text(report, "next");
    const json_t *magento = json_object_get(report, "magento");

    if (!json_is_true(json_object_get(report, "known"))) {
        (void)fprintf(out, "%s %s\n", json_object_text(report, "reason"), next);
        return;
    }
    (void)fprintf(out, "%s %s of %s: ", json_object_text(report, "order_type"),
                  json_object_text(report, "order_nbr"), json_object_text(report, "company"));
    print_state(report, out);
    if (json_is_object(magento))
        (void)fprintf(out, "Magento order %s (id %lld)\n",
                      json_object_text(magento, "increment_id"),
                      (long long)json_integer_value(json_object_get(magento, "entity_id")));
    print_documents(json_object_get(report, "shipments"), "Shipment", out);
    print_documents(json_object_get(report, "invoices"), "Invoice", out);
    print_conditions(json_object_get(report, "conditions"),
                     json_is_true(json_object_get(report, "forced")), out);
    if (next[0] != '\0')
        (void)fprintf(out, "Next: %s\n", next);
}
