#include "cli/order_report.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/order_next.h"
#include "store/document_kind.h"
#include "store/lookup.h"
#include "store/rules.h"
#include "store/work.h"
#include "sync/model.h"
#include "sync/plan.h"

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

/* Whether it will never be synced: in that state it is not just not synced yet. */
static bool
is_for_good(const struct plan *plan, size_t i, enum document_state state)
{
    return i < plan->verdict_count && state == STATE_SKIPPED && plan->verdicts[i].for_good;
}

static json_t *
document_json(const struct claimed_order *order, const struct plan *plan, size_t i)
{
    const struct claimed_document *document = &order->documents[i];

    return json_pack("{s:s, s:s, s:b, s:s, s:o, s:o}", "number", document->number, "state",
                     document_state_name(document->state), "for_good",
                     is_for_good(plan, i, document->state), "reason",
                     document->reason != NULL ? document->reason : "", "settled",
                     settled_json(document), "magento",
                     magento_json(document->magento_entity_id, document->magento_increment_id));
}

static json_t *
documents_json(const struct claimed_order *order, const struct plan *plan, enum document_kind kind)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *list = json_array();

    for (size_t i = 0; i < order->document_count; i++) {
        if (order->documents[i].kind == kind &&
            json_array_append_new(list, document_json(order, plan, i)) != 0)
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

/* What Acumatica says of the order's status; NULL: nothing. */
static json_t *
status_json(const struct claimed_document *own)
{
    AMSYNC_CLEANUP(order_document_free) struct order_document *document = NULL;

    if (own == NULL || order_document_read(own->body, &document, NULL) != RESULT_OK ||
        document->status[0] == '\0')
        return json_null();
    return json_string(document->status);
}

static json_t *
updated_json(struct cli_session *session, const struct claimed_order *order)
{
    struct timestamp_buffer buffer;
    int64_t unix_ms;

    if (order_updated_read(session->database, order->sales_order_id, &unix_ms, NULL) != RESULT_OK)
        return json_null();
    return json_string(timestamp_format_rfc3339(unix_ms, &buffer));
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
    json_t *report = json_pack(
        "{s:b, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, "
        "s:o}",
        "known", 1, "company", order->company, "order_type", order->order_type, "order_nbr",
        order->order_nbr, "state", document_state_name(state), "for_good",
        own != NULL && is_for_good(plan, 0, state), "reason", reason, "acumatica_status",
        status_json(own), "updated_at", updated_json(session, order), "next",
        order_next_json(session, order, plan, state), "settled", settled_json(own), "magento",
        magento_json(order->magento_entity_id,
                     order->magento_entity_id != 0 ? order->magento_increment_id : NULL),
        "forced", (int)order->forced, "in_scope", !plan->out_of_scope, "conditions",
        conditions_json(plan), "shipments", documents_json(order, plan, DOCUMENT_SHIPMENT),
        "invoices", documents_json(order, plan, DOCUMENT_INVOICE));

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
    (void)fprintf(out, "%s%s%s",
                  json_is_true(json_object_get(object, "for_good")) ? "will not be synced"
                                                                    : document_state_words(state),
                  reason[0] != '\0' ? ": " : "", reason);
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

/* "In Acumatica: Open. Last updated: 00:52 UTC" */
static void
print_acumatica(const json_t *report, FILE *out)
{
    const char *status = json_object_text(report, "acumatica_status");
    const char *updated_at = json_object_text(report, "updated_at");
    struct timestamp_buffer buffer;
    int64_t unix_ms;

    if (status != NULL)
        (void)fprintf(out, "In Acumatica: %s\n", status);
    if (updated_at != NULL && timestamp_parse_rfc3339(updated_at, &unix_ms) == RESULT_OK)
        (void)fprintf(out, "Last updated: %s UTC\n",
                      moment_format(unix_ms, clock_unix_ms(), &buffer));
}

static void
print_lines(const json_t *lines, const char *first, const char *others, FILE *out)
{
    size_t index;
    json_t *line;

    json_array_foreach(lines, index, line)(void)
        fprintf(out, "%s%s\n", index == 0 ? first : others, json_string_value(line));
}

void
order_report_print(const json_t *report, FILE *out)
{
    const char *next = json_object_text(report, "next");
    const json_t *magento = json_object_get(report, "magento");

    if (!json_is_true(json_object_get(report, "known"))) {
        print_lines(json_object_get(report, "lines"), "", "", out);
        print_lines(json_object_get(report, "steps"), "Next: ", "      ", out);
        return;
    }
    (void)fprintf(out, "%s %s of %s: ", json_object_text(report, "order_type"),
                  json_object_text(report, "order_nbr"), json_object_text(report, "company"));
    print_state(report, out);
    print_acumatica(report, out);
    if (json_is_object(magento))
        (void)fprintf(out, "Magento order %s (id %lld)\n",
                      json_object_text(magento, "increment_id"),
                      (long long)json_integer_value(json_object_get(magento, "entity_id")));
    print_documents(json_object_get(report, "shipments"), "Shipment", out);
    print_documents(json_object_get(report, "invoices"), "Invoice", out);
    if (json_is_true(json_object_get(report, "in_scope")))
        print_conditions(json_object_get(report, "conditions"),
                         json_is_true(json_object_get(report, "forced")), out);
    if (next[0] != '\0')
        (void)fprintf(out, "Next: %s\n", next);
}
