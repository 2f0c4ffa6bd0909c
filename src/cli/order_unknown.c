#include "cli/order_unknown.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/order_unknown_facts.h"
#include "cli/refusal_text.h"
#include "store/arrivals.h"
#include "sync/words.h"

#define TEXT_MAX_BYTES ((size_t)16384)

/* A shorter time in which nobody accepted is not told when it is over: Acumatica tries five times. */
#define GAP_TOLD_MS 60000

/* A time of a report in words; "" if it is none. */
static struct timestamp_buffer
moment(const struct unknown_facts *facts, const char *rfc3339)
{
    struct timestamp_buffer buffer = {0};
    int64_t unix_ms;

    if (rfc3339 != NULL && timestamp_parse_rfc3339(rfc3339, &unix_ms) == RESULT_OK)
        (void)moment_format(unix_ms, facts->now_unix_ms, &buffer);
    return buffer;
}

/* Appends a line; an answer without memory for it is none. */
static void AMSYNC_PRINTF(2, 3) say(json_t *lines, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (json_array_append_new(lines, json_vsprintf(format, arguments)) != 0)
        (void)json_array_clear(lines);
    va_end(arguments);
}

static void
append_arrival(struct buffer *line, const struct unknown_facts *facts, const char *kind)
{
    const json_t *arrival = json_object_get(facts->arrivals, kind);
    const char *space = buffer_text(line)[0] != '\0' ? " " : "";

    if (json_is_object(arrival))
        buffer_append_format(line, "%sLast %s notification: %s UTC (%s).", space, kind,
                             moment(facts, json_object_text(arrival, "at")).text,
                             json_object_text(arrival, "number"));
    else
        buffer_append_format(line, "%sLast %s notification: none yet.", space, kind);
}

/* Of which kind the number is cannot be known, unless the order's type is given with it. */
static void
say_arrivals(const struct unknown_facts *facts, const struct unknown_number *unknown, json_t *lines)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer line = BUFFER_INITIAL(TEXT_MAX_BYTES);

    append_arrival(&line, facts, "order");
    if (unknown->order_type == NULL) {
        append_arrival(&line, facts, "shipment");
        append_arrival(&line, facts, "invoice");
    }
    say(lines, "%s", buffer_text(&line));
}

/* Whether what was refused may be why: no order was accepted after it. */
static bool
refusals_stand(const struct unknown_facts *facts)
{
    return facts->since_last_order || !json_is_object(json_object_get(facts->arrivals, "order"));
}

/* A line each of what may be the cause; of what is over only how much there was. */
static void
say_refused(const struct unknown_facts *facts, json_t *lines)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer over = BUFFER_INITIAL(TEXT_MAX_BYTES);
    const char *when =
        facts->since_last_order ? "Since the last order notification" : "In the last two days";
    const json_t *count;
    size_t index;

    json_array_foreach(facts->refused, index, count)
    {
        json_int_t requests = json_integer_value(json_object_get(count, "requests"));
        json_int_t status = json_integer_value(json_object_get(count, "http_status"));

        const char *message = json_object_text(count, "last_message");

        if (refusals_stand(facts))
            say(lines,
                "%s %" JSON_INTEGER_FORMAT " refused with %" JSON_INTEGER_FORMAT
                ", last at %s UTC: %.*s.",
                when, requests, status, moment(facts, json_object_text(count, "last_at")).text,
                refusal_reason_length(message), message);
        else
            buffer_append_format(&over, "%s%" JSON_INTEGER_FORMAT "%s with %" JSON_INTEGER_FORMAT,
                                 index > 0 ? ", " : "", requests, index > 0 ? "" : " refused",
                                 status);
    }
    if (buffer_text(&over)[0] != '\0')
        say(lines, "%s %s; orders have been accepted since.", when, buffer_text(&over));
}

/* How long nobody accepted; INT64_MAX: it still goes on. */
static int64_t
gap_length_ms(const json_t *gap)
{
    const char *to = json_object_text(gap, "to");
    int64_t from_ms;
    int64_t to_ms;

    if (to == NULL || timestamp_parse_rfc3339(to, &to_ms) != RESULT_OK ||
        timestamp_parse_rfc3339(json_object_text(gap, "from"), &from_ms) != RESULT_OK)
        return INT64_MAX;
    return to_ms - from_ms;
}

static void
say_gaps(const struct unknown_facts *facts, json_t *lines)
{
    const json_t *gap;
    size_t index;

    json_array_foreach(facts->gaps, index, gap)
    {
        int64_t length_ms = gap_length_ms(gap);

        if (length_ms == INT64_MAX)
            say(lines, "amsync has not been accepting since %s UTC.",
                moment(facts, json_object_text(gap, "from")).text);
        else if (length_ms >= GAP_TOLD_MS)
            say(lines, "amsync was not accepting from %s to %s UTC.",
                moment(facts, json_object_text(gap, "from")).text,
                moment(facts, json_object_text(gap, "to")).text);
    }
}

static void
advise_refused(const struct unknown_facts *facts, json_t *steps)
{
    const json_t *count;
    size_t index;

    if (!refusals_stand(facts))
        return;
    json_array_foreach(facts->refused, index, count)
    {
        json_int_t status = json_integer_value(json_object_get(count, "http_status"));

        const char *advice = refusal_advice(json_object_text(count, "last_message"));

        if (status == 401)
            say(steps, "If that is Acumatica, give its destination (SM302000) the secret of "
                       "AMSYNC_WEBHOOK_SECRET.");
        else if (status == 403)
            say(steps, "If that CompanyId is yours, add it to AMSYNC_COMPANIES and start amsync "
                       "serve anew.");
        else if (advice != NULL)
            say(steps, "So that it is accepted, %s.", advice);
    }
}

static void
say_not_arrived(const struct unknown_facts *facts, const struct unknown_number *unknown,
                json_t *lines, json_t *steps)
{
    say(lines, "No notification for %s has arrived.", words_value(unknown->number).text);
    if (facts->nobody_serves) {
        say(lines, "amsync serve is not running.");
        say(steps, "Start amsync serve.");
    }
    say_arrivals(facts, unknown, lines);
    say_refused(facts, lines);
    say_gaps(facts, lines);
    advise_refused(facts, steps);
    say(steps, "Look at Process Push Notifications (SM502000): Acumatica keeps there for two days "
               "what it could not send, and Send All sends it again.");
    say(steps, "If it is not there, change something in Acumatica and save.");
}

/* Another type has that number. */
static void
say_elsewhere(const struct unknown_facts *facts, const struct unknown_number *unknown,
              json_t *lines, json_t *steps)
{
    for (size_t i = 0; i < facts->elsewhere_count; i++) {
        const struct found_order *order = &facts->elsewhere[i];
        const struct words type = words_argument(order->order_type);

        say(lines, "%s %s is not known, but %s %s is.", words_value(unknown->order_type).text,
            words_value(unknown->number).text, words_value(order->order_type).text,
            words_value(order->order_nbr).text);
        say(steps, "amsync order %s %s", type.text, words_argument(order->order_nbr).text);
    }
}

/* A notification names it, but no order came of it. */
static void
say_notification(const struct unknown_facts *facts, const struct unknown_number *unknown,
                 json_t *lines, json_t *steps)
{
    const struct stored_notification *notification = facts->notification;
    struct timestamp_buffer at;
    const json_t *remark;
    size_t index;

    say(lines, "Notification %" PRId64 " of %s UTC (%s) names %s%s", notification->id,
        moment_format(notification->received_unix_ms, facts->now_unix_ms, &at), notification->query,
        words_value(unknown->number).text,
        notification->waits ? " and is stored, but not taken in yet."
                            : ", but no order came of it.");
    if (notification->waits) {
        say(steps, facts->nobody_serves ? "Start amsync serve, which takes it in."
                                        : "It is taken in while amsync serve runs; amsync check "
                                          "says whether it does.");
        return;
    }
    json_array_foreach(facts->remarks, index, remark) say(lines, "%s.", json_string_value(remark));
    if (json_array_size(facts->remarks) == 0)
        say(steps, "It is no order's, shipment's or invoice's number there: see that the inquiry's "
                   "captions are those that amsync reads.");
    else
        say(steps,
            "When that is mended in the inquiry, save the document again in Acumatica; after a "
            "change in amsync: amsync replay --notification %" PRId64 ".",
            notification->id);
}

/* All lines in one; "" for none. NULL without memory. */
static json_t *
joined(const json_t *lines)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(TEXT_MAX_BYTES);
    const json_t *line;
    size_t index;

    json_array_foreach(lines, index, line)
        buffer_append_format(&text, "%s%s", index > 0 ? " " : "", json_string_value(line));
    return buffer_result(&text) == RESULT_OK ? json_string(buffer_text(&text)) : NULL;
}

static json_t *
notification_json(const struct unknown_facts *facts)
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
build(const struct unknown_facts *facts, const struct unknown_number *unknown, json_t **ret_report,
      struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *lines = json_array();
    AMSYNC_CLEANUP(cleanup_json) json_t *steps = json_array();
    struct timestamp_buffer since;

    if (facts->elsewhere_count > 0)
        say_elsewhere(facts, unknown, lines, steps);
    else if (facts->notification != NULL)
        say_notification(facts, unknown, lines, steps);
    else
        say_not_arrived(facts, unknown, lines, steps);
    if (json_array_size(lines) == 0 || json_array_size(steps) == 0)
        return error_result(err, RESULT_FAILED, "out of memory");

    json_t *report = json_pack(
        "{s:b, s:s, s:o, s:O, s:o, s:O, s:O, s:{s:s, s:O}, s:O, s:o}", "known", 0, "order_nbr",
        unknown->number, "reason", joined(lines), "lines", lines, "next", joined(steps), "steps",
        steps, "last_notifications", facts->arrivals, "refused", "since",
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
    AMSYNC_CLEANUP(unknown_facts_finish) struct unknown_facts facts = {0};
    enum result result = unknown_facts_read(session, unknown, &facts, err);

    return result == RESULT_OK ? build(&facts, unknown, ret_report, err) : result;
}
