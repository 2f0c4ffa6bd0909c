#include "cli/order_unknown.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/order_remarks.h"
#include "store/arrivals.h"
#include "store/heartbeat.h"
#include "store/refusal_counts.h"
#include "sync/words.h"

#define TEXT_MAX_BYTES ((size_t)16384)

/* What is known in general, from which the explanation is made. */
struct facts {
    int64_t now_unix_ms;
    json_t *arrivals;
    int64_t refused_since_unix_ms;
    bool since_last_order; /* rather than in the last two days */
    json_t *refused;
    json_t *gaps;
    struct stored_notification *notification; /* that names the number; NULL: none does */
    json_t *remarks;                          /* of intake, on that */
};

static void
facts_finish(struct facts *facts)
{
    json_decref(facts->arrivals);
    json_decref(facts->refused);
    json_decref(facts->gaps);
    json_decref(facts->remarks);
    stored_notification_free(&facts->notification);
}

/* What was refused since the last order notification; if nothing was, in as many days as Acumatica
 * keeps what it could not send: the last one may have come after a fault that is over. */
static enum result
read_refused(struct database *database, struct facts *facts, struct error *err)
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
                  struct facts *facts, struct error *err)
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
read_facts(struct database *database, const struct unknown_number *unknown, struct facts *facts,
           struct error *err)
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

/* A time of a report in words; "" if it is none. */
static struct timestamp_buffer
moment(const struct facts *facts, const char *rfc3339)
{
    struct timestamp_buffer buffer = {0};
    int64_t unix_ms;

    if (rfc3339 != NULL && timestamp_parse_rfc3339(rfc3339, &unix_ms) == RESULT_OK)
        (void)moment_format(unix_ms, facts->now_unix_ms, &buffer);
    return buffer;
}

static void
say_arrival(struct buffer *reason, const struct facts *facts, const char *kind)
{
    const json_t *arrival = json_object_get(facts->arrivals, kind);

    if (json_is_object(arrival))
        buffer_append_format(reason, " Last %s notification: %s UTC (%s).", kind,
                             moment(facts, json_object_text(arrival, "at")).text,
                             json_object_text(arrival, "number"));
    else
        buffer_append_format(reason, " Last %s notification: none yet.", kind);
}

static void
say_refused(struct buffer *reason, const struct facts *facts)
{
    const json_t *count;
    size_t index;

    json_array_foreach(facts->refused, index, count)
    {
        const char *lead = index > 0                 ? ","
                           : facts->since_last_order ? " Since then"
                                                     : " In the last two days";

        buffer_append_format(reason, "%s %" JSON_INTEGER_FORMAT "%s with %" JSON_INTEGER_FORMAT,
                             lead, json_integer_value(json_object_get(count, "requests")),
                             index == 0 ? " refused" : "",
                             json_integer_value(json_object_get(count, "http_status")));
    }
    if (json_array_size(facts->refused) > 0)
        buffer_append_text(reason, ".");
}

static void
say_gaps(struct buffer *reason, const struct facts *facts)
{
    const json_t *gap;
    size_t index;

    json_array_foreach(facts->gaps, index, gap)
    {
        const char *to = json_object_text(gap, "to");

        if (to == NULL)
            buffer_append_format(reason, " amsync has not been accepting since %s UTC.",
                                 moment(facts, json_object_text(gap, "from")).text);
        else
            buffer_append_format(reason, " amsync was not accepting from %s to %s UTC.",
                                 moment(facts, json_object_text(gap, "from")).text,
                                 moment(facts, to).text);
    }
}

/* Nothing names it. Of which kind the number is cannot be known, unless the order's type is given
 * with it; "since then" is about orders. */
static void
say_not_arrived(struct buffer *reason, const struct facts *facts,
                const struct unknown_number *unknown)
{
    buffer_append_format(reason, "No notification for %s has arrived.",
                         words_value(unknown->number).text);
    say_arrival(reason, facts, "order");
    say_refused(reason, facts);
    if (unknown->order_type == NULL) {
        say_arrival(reason, facts, "shipment");
        say_arrival(reason, facts, "invoice");
    }
    say_gaps(reason, facts);
}

static void
advise_refused(struct buffer *next, const struct facts *facts)
{
    const json_t *count;
    size_t index;

    json_array_foreach(facts->refused, index, count)
    {
        json_int_t status = json_integer_value(json_object_get(count, "http_status"));
        const char *message = json_object_text(count, "last_message");

        buffer_append_format(next, "%" JSON_INTEGER_FORMAT ", last at %s UTC: %s", status,
                             moment(facts, json_object_text(count, "last_at")).text, message);
        if (status == 401)
            buffer_append_text(next, "; if that is Acumatica, give its destination (SM302000) the "
                                     "secret of AMSYNC_WEBHOOK_SECRET");
        else if (status == 403)
            buffer_append_text(next, "; if it is yours, add it and start amsync serve anew");
        buffer_append_text(next, ". ");
    }
}

static void
advise_not_arrived(struct buffer *next, const struct facts *facts)
{
    const json_t *last = json_array_get(facts->gaps, json_array_size(facts->gaps) - 1);

    advise_refused(next, facts);
    if (json_is_object(last) && json_object_text(last, "to") == NULL)
        buffer_append_text(next, "Start amsync serve. ");
    buffer_append_text(next,
                       "Look at Process Push Notifications (SM502000): Acumatica keeps there for "
                       "two days what it could not send, and Send All sends it again. If it is not "
                       "there, change something in Acumatica and save.");
}

/* A notification names it, but no order came of it. */
static void
say_notification(struct buffer *reason, struct buffer *next, const struct facts *facts,
                 const struct unknown_number *unknown)
{
    const struct stored_notification *notification = facts->notification;
    struct timestamp_buffer at;
    const json_t *remark;
    size_t index;

    buffer_append_format(reason, "Notification %" PRId64 " of %s UTC (%s) names %s",
                         notification->id,
                         moment_format(notification->received_unix_ms, facts->now_unix_ms, &at),
                         notification->query, words_value(unknown->number).text);
    if (notification->waits) {
        buffer_append_text(reason, " and is stored, but not taken in yet.");
        buffer_append_text(next, "It is taken in while amsync serve runs; amsync check says "
                                 "whether it does.");
        return;
    }
    buffer_append_text(reason, ", but no order came of it.");
    json_array_foreach(facts->remarks, index, remark)
        buffer_append_format(reason, " %s.", json_string_value(remark));
    if (json_array_size(facts->remarks) == 0)
        buffer_append_text(next, "It is no order's, shipment's or invoice's number there: see "
                                 "that the inquiry's captions are those that amsync reads.");
    else
        buffer_append_format(next,
                             "When that is mended in the inquiry, save the document again in "
                             "Acumatica; after a change in amsync: amsync replay --notification "
                             "%" PRId64 ".",
                             notification->id);
}

static json_t *
notification_json(const struct facts *facts)
{
    const struct stored_notification *notification = facts->notification;
    struct timestamp_buffer at;

    if (notification == NULL)
        return json_null();
    return json_pack("{s:I, s:s, s:s, s:b, s:O?}", "id", (json_int_t)notification->id, "at",
                     timestamp_format_rfc3339(notification->received_unix_ms, &at), "query",
                     notification->query, "taken_in", !notification->waits, "remarks",
                     facts->remarks);
}

static enum result
build(const struct facts *facts, const struct unknown_number *unknown, json_t **ret_report,
      struct error *err)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer reason = BUFFER_INITIAL(TEXT_MAX_BYTES);
    AMSYNC_CLEANUP(buffer_free) struct buffer next = BUFFER_INITIAL(TEXT_MAX_BYTES);
    struct timestamp_buffer since;

    if (facts->notification != NULL) {
        say_notification(&reason, &next, facts, unknown);
    } else {
        say_not_arrived(&reason, facts, unknown);
        advise_not_arrived(&next, facts);
    }
    if (buffer_result(&reason) != RESULT_OK || buffer_result(&next) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "out of memory");

    json_t *report = json_pack(
        "{s:b, s:s, s:s, s:s, s:O, s:{s:s, s:O}, s:O, s:o}", "known", 0, "order_nbr",
        unknown->number, "reason", buffer_text(&reason), "next", buffer_text(&next),
        "last_notifications", facts->arrivals, "refused", "since",
        timestamp_format_rfc3339(facts->refused_since_unix_ms, &since), "counts", facts->refused,
        "not_accepting", facts->gaps, "notification", notification_json(facts));

    if (report == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_report = report;
    return RESULT_OK;
}

enum result
order_unknown_report(struct cli_session *session, const struct unknown_number *unknown,
                     json_t **ret_report, struct error *err)
{
    AMSYNC_CLEANUP(facts_finish) struct facts facts = {0};
    enum result result = read_facts(session->database, unknown, &facts, err);

    return result == RESULT_OK ? build(&facts, unknown, ret_report, err) : result;
}
