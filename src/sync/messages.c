#include "sync/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "sync/words.h"

#define MESSAGE_MAX_BYTES 8192
#define MESSAGE_CHARACTERS 2000

/* A message is cut rather than lost. */
static char *
take_message(struct buffer *message)
{
    if (buffer_result(message) == RESULT_FAILED)
        return NULL;
    return text_cut_copy(buffer_text(message), MESSAGE_CHARACTERS);
}

static const char *
introduction(const struct verdict *verdict)
{
    switch (verdict->state) {
    case STATE_PENDING:
        return "is queued";
    case STATE_PUBLISHED:
        return "is in Magento";
    case STATE_SKIPPED:
        return verdict->for_good ? "will not be synced" : "not synced yet";
    case STATE_WAITING:
        /* Without anything to do for a person it waits for something else. */
        return verdict->next[0] != '\0' ? "waits for you" : "waits";
    case STATE_RETRYING:
        return "will be tried again";
    case STATE_FAILED:
        return "failed";
    }
    return "";
}

char *
message_verdict(const struct claimed_order *order, size_t document, const struct verdict *verdict)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(MESSAGE_MAX_BYTES);

    buffer_append_format(&message, "%s %s", words_document(order, document).text,
                         introduction(verdict));
    if (verdict->reason[0] != '\0')
        buffer_append_format(&message, ": %s", verdict->reason);
    if (verdict->next[0] != '\0')
        buffer_append_format(&message, ". %s: %s",
                             text_starts_with(verdict->next, "amsync map ") ? "Add" : "Next",
                             verdict->next);
    return take_message(&message);
}

static const char *
magento_order_nbr(const struct claimed_order *order)
{
    return order->magento_increment_id != NULL ? order->magento_increment_id : "";
}

/* "order ACU-SO-SO005555 (id 345)"; Magento answers a shipment with its id only. */
static void
append_magento(struct buffer *message, const char *what, const char *magento_nbr, int64_t id)
{
    buffer_append_text(message, what);
    if (magento_nbr != NULL && magento_nbr[0] != '\0')
        buffer_append_format(message, " %s", magento_nbr);
    if (id != 0)
        buffer_append_format(message, " (id %lld)", (long long)id);
}

static const char *
tracking_nbr_of(const struct action *action)
{
    const char *number =
        json_string_value(json_object_get(json_object_get(action->body, "entity"), "track_number"));

    return number != NULL ? number : "";
}

static const char *
comment_of(const struct action *action)
{
    const char *comment = json_string_value(
        json_object_get(json_object_get(action->body, "statusHistory"), "comment"));

    return comment != NULL ? comment : "";
}

char *
message_done(const struct claimed_order *order, const struct action *action,
             const char *magento_nbr, int64_t magento_entity_id)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(MESSAGE_MAX_BYTES);
    const char *nbr = magento_nbr != NULL ? magento_nbr : magento_order_nbr(order);

    buffer_append_format(&message, "%s ", words_document(order, action->document).text);
    switch (action->kind) {
    case ACTION_CREATE:
        append_magento(&message, "published as Magento order", nbr, magento_entity_id);
        break;
    case ACTION_LINK:
        append_magento(&message, "linked to Magento order", nbr, magento_entity_id);
        break;
    case ACTION_UNHOLD:
        append_magento(&message, "released from hold: Magento order", nbr, 0);
        break;
    case ACTION_SHIP:
        append_magento(&message, "published as Magento shipment", magento_nbr, magento_entity_id);
        break;
    case ACTION_TRACK:
        buffer_append_format(&message, "has a new tracking number in Magento: %s",
                             words_value(tracking_nbr_of(action)).text);
        break;
    case ACTION_INVOICE:
        append_magento(&message, "published as Magento invoice", magento_nbr, magento_entity_id);
        break;
    case ACTION_COMMENT:
        append_magento(&message, "commented on in Magento order", nbr, 0);
        buffer_append_format(&message, ": %s", comment_of(action));
        break;
    case ACTION_HOLD:
        append_magento(&message, "put on hold: Magento order", nbr, 0);
        break;
    case ACTION_CANCEL:
        append_magento(&message, "canceled what was open of Magento order", nbr, 0);
        break;
    }
    return take_message(&message);
}

/* "could not be published" */
static const char *
undone(enum action_kind kind)
{
    switch (kind) {
    case ACTION_CREATE:
    case ACTION_SHIP:
    case ACTION_INVOICE:
        return "published";
    case ACTION_LINK:
        return "linked";
    case ACTION_UNHOLD:
        return "released from hold in Magento";
    case ACTION_TRACK:
        return "given its new tracking number in Magento";
    case ACTION_COMMENT:
        return "commented on in Magento";
    case ACTION_HOLD:
        return "put on hold in Magento";
    case ACTION_CANCEL:
        return "canceled in Magento";
    }
    return "published";
}

/* "4 s", "2 min", "1 h" */
static void
append_duration(struct buffer *message, unsigned duration_ms)
{
    unsigned seconds = duration_ms / 1000 + (duration_ms % 1000 != 0 ? 1 : 0);

    if (seconds < 120)
        buffer_append_format(message, "%u s", seconds);
    else if (seconds < 7200)
        buffer_append_format(message, "%u min", (seconds + 30) / 60);
    else
        buffer_append_format(message, "%u h", (seconds + 1800) / 3600);
}

char *
message_retrying(const struct claimed_order *order, const struct action *action, const char *why,
                 unsigned again_in_ms)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(MESSAGE_MAX_BYTES);

    buffer_append_format(&message, "%s could not be %s yet: %s. Next try in ",
                         words_document(order, action->document).text, undone(action->kind), why);
    append_duration(&message, again_in_ms);
    return take_message(&message);
}

char *
message_not_compared(const struct claimed_order *order, size_t document, const char *why,
                     unsigned again_in_ms)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(MESSAGE_MAX_BYTES);

    buffer_append_format(&message, "%s could not be compared with Magento yet: %s. Next try in ",
                         words_document(order, document).text, why);
    append_duration(&message, again_in_ms);
    return take_message(&message);
}

static const char *
refused_what(enum action_kind kind)
{
    switch (kind) {
    case ACTION_CREATE:
    case ACTION_LINK:
        return "the order";
    case ACTION_UNHOLD:
        return "to release the order from hold";
    case ACTION_SHIP:
        return "the shipment";
    case ACTION_TRACK:
        return "the tracking number";
    case ACTION_INVOICE:
        return "the invoice";
    case ACTION_COMMENT:
        return "the comment";
    case ACTION_HOLD:
        return "to hold the order";
    case ACTION_CANCEL:
        return "to cancel the order";
    }
    return "it";
}

char *
message_refused(const struct claimed_order *order, const struct action *action, const char *why)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(MESSAGE_MAX_BYTES);

    buffer_append_format(&message, "%s failed: Magento refused %s: %s",
                         words_document(order, action->document).text, refused_what(action->kind),
                         why);
    return take_message(&message);
}
