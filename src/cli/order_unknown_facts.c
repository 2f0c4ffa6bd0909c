#include "cli/order_unknown_facts.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/order_remarks.h"
#include "store/arrivals.h"
#include "store/heartbeat.h"
#include "store/refusal_counts.h"

void
unknown_facts_finish(struct unknown_facts *facts)
{
    json_decref(facts->arrivals);
    json_decref(facts->refused);
    json_decref(facts->gaps);
    json_decref(facts->remarks);
    stored_notification_free(&facts->notification);
    found_orders_free(&facts->elsewhere, facts->elsewhere_count);
}

/* What was refused since the last order notification; if nothing was, in as many days as Acumatica
 * keeps what it could not send: the last one may have come after a fault that is over. */
static enum result
read_refused(struct database *database, struct unknown_facts *facts, struct error *err)
{
    const char *last_at = json_object_text(json_object_get(facts->arrivals, "order"), "at");
    int64_t keeps_since_ms = facts->now_unix_ms - ACUMATICA_KEEPS_MS;
    enum result result = RESULT_OK;

    facts->since_last_order =
        last_at != NULL &&
        timestamp_parse_rfc3339(last_at, &facts->refused_since_unix_ms) == RESULT_OK;
    if (facts->since_last_order)
        result = refusal_counts_since(database, facts->refused_since_unix_ms, &facts->refused, err);
    if (result != RESULT_OK || json_array_size(facts->refused) > 0)
        return result;
    json_decref(facts->refused);
    facts->refused = NULL;
    facts->since_last_order = false;
    facts->refused_since_unix_ms = keeps_since_ms;
    return refusal_counts_since(database, keeps_since_ms, &facts->refused, err);
}

static enum result
read_notification(struct database *database, const struct unknown_number *unknown,
                  struct unknown_facts *facts, struct error *err)
{
    enum result result = stored_notification_find(database, unknown->company, unknown->number,
                                                  &facts->notification, err);

    if (result == RESULT_NONE)
        return RESULT_OK;
    if (result != RESULT_OK || facts->notification->waits)
        return result;
    return order_remarks_read(database, facts->notification, &facts->remarks, err);
}

static enum result
read_stored(struct database *database, const struct unknown_number *unknown,
            struct unknown_facts *facts, struct error *err)
{
    enum result result = last_arrivals(database, &facts->arrivals, err);

    facts->now_unix_ms = clock_unix_ms();
    if (result == RESULT_OK)
        result = read_refused(database, facts, err);
    if (result == RESULT_OK)
        result =
            accepting_gaps(database, facts->now_unix_ms - ACUMATICA_KEEPS_MS, &facts->gaps, err);
    return result == RESULT_OK ? read_notification(database, unknown, facts, err) : result;
}

/* Does another type have the number? */
static enum result
read_elsewhere(struct cli_session *session, const struct unknown_number *unknown,
               struct unknown_facts *facts, struct error *err)
{
    if (unknown->order_type == NULL)
        return RESULT_OK;

    enum result result = cli_orders_find(session, unknown->company, NULL, unknown->number,
                                         &facts->elsewhere, &facts->elsewhere_count, err);

    return result == RESULT_NONE ? RESULT_OK : result;
}

enum result
unknown_facts_read(struct cli_session *session, const struct unknown_number *unknown,
                   struct unknown_facts *facts, struct error *err)
{
    enum result result = read_stored(session->database, unknown, facts, err);

    facts->nobody_serves = cli_nobody_serves(session);
    return result == RESULT_OK ? read_elsewhere(session, unknown, facts, err) : result;
}
