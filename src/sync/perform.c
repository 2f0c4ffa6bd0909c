#include "sync/perform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/failure_point.h"
#include "magento/fulfilment.h"
#include "magento/orders.h"

/* The kind of call that an action is; ACTION_LINK needs none and counts as reading orders. */
static enum magento_call
action_call(enum action_kind kind)
{
    switch (kind) {
    case ACTION_CREATE:
        return CALL_CREATE;
    case ACTION_LINK:
        return CALL_READ_ORDERS;
    case ACTION_UNHOLD:
        return CALL_UNHOLD;
    case ACTION_SHIP:
        return CALL_SHIP;
    case ACTION_TRACK:
        return CALL_TRACK;
    case ACTION_INVOICE:
        return CALL_INVOICE;
    case ACTION_COMMENT:
        return CALL_COMMENT;
    case ACTION_HOLD:
        return CALL_HOLD;
    case ACTION_CANCEL:
        return CALL_CANCEL;
    }
    return CALL_READ_ORDERS;
}

static enum magento_outcome
again_for_memory(struct magento_answer *answer)
{
    answer->outcome = MAGENTO_AGAIN;
    magento_answer_say(answer, "out of memory");
    return MAGENTO_AGAIN;
}

/* Makes `magento` what is known of the order; takes it over. Without memory nothing has changed. */
static bool
take_order(struct claimed_order *order, struct observation *observation, unsigned looked,
           struct magento_order **magento)
{
    /* An answer without a number must not take ours. */
    bool told = (*magento)->increment_id[0] != '\0';
    const char *known = told ? (*magento)->increment_id : order->magento_increment_id;
    char *number = strdup(known != NULL ? known : "");

    if (number == NULL)
        return false;
    observation_forget(observation, looked);
    free(order->magento_increment_id);
    order->magento_increment_id = number;
    order->magento_entity_id = (*magento)->entity_id;
    observation->seen.order = TAKE_PTR(*magento);
    observation->seen.looked |= looked;
    return true;
}

/* A create was refused: is that because Magento has the number already? Then the order is adopted
 * if it is ours, by its ext_order_id to the letter. Magento words its refusal in the store's
 * language, so the number is looked for whatever it says. `refusal` is kept unless it was that. */
static enum magento_outcome
adopt(struct session *session, const struct claimed_order *order, struct magento_order **ret_order,
      struct performed *performed, struct magento_answer *refusal)
{
    AMSYNC_CLEANUP(magento_answer_finish) struct magento_answer answer = {0};
    AMSYNC_CLEANUP(magento_order_free) struct magento_order *found = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *ours = plan_ext_order_id(order);
    enum magento_outcome outcome = magento_order_find_by_number(
        session->client, order->magento_increment_id, order->magento_store_id, &found, &answer);

    if (outcome != MAGENTO_DONE || ours == NULL) {
        refusal->outcome = outcome == MAGENTO_ABORTED ? MAGENTO_ABORTED : MAGENTO_AGAIN;
        memcpy(refusal->message, answer.message, sizeof(refusal->message));
        return refusal->outcome;
    }
    if (found == NULL)
        return MAGENTO_REFUSED;
    if (found->ext_order_id != NULL && strcmp(found->ext_order_id, ours) == 0) {
        performed->adopted = true;
        *ret_order = TAKE_PTR(found);
        refusal->outcome = MAGENTO_DONE;
        return MAGENTO_DONE;
    }
    performed->forget_number = true;
    magento_answer_say(refusal,
                       "Magento already has %.64s and it is not this order; set another "
                       "increment_prefix, then amsync retry",
                       order->magento_increment_id);
    return MAGENTO_REFUSED;
}

static enum magento_outcome
create(struct session *session, const struct action *action, struct claimed_order *order,
       struct observation *observation, struct performed *performed, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(magento_order_free) struct magento_order *made = NULL;
    unsigned looked = NEED_ORDER | NEED_SHIPMENTS | NEED_INVOICES;
    enum magento_outcome outcome =
        magento_order_create(session->client, action->body, &made, answer);

    if (outcome == MAGENTO_REFUSED && answer->http_status == 400) {
        outcome = adopt(session, order, &made, performed, answer);
        looked = NEED_ORDER;
    }
    if (outcome != MAGENTO_DONE)
        return outcome;
    performed->magento_entity_id = made->entity_id;
    if (!take_order(order, observation, looked, &made))
        return again_for_memory(answer);
    return MAGENTO_DONE;
}

static enum magento_outcome
link_order(const struct plan *plan, struct claimed_order *order, struct observation *observation,
           struct performed *performed, struct magento_answer *answer)
{
    struct magento_order **by_number = &observation->seen.order_by_number;
    struct magento_order **by_ext_id = &observation->seen.order_by_ext_id;
    bool is_by_number = *by_number != NULL && (*by_number)->entity_id == plan->adopt_entity_id;
    struct magento_order **found = is_by_number ? by_number : by_ext_id;

    magento_answer_finish(answer);
    if (*found == NULL || !take_order(order, observation, NEED_ORDER, found))
        return again_for_memory(answer);
    performed->magento_entity_id = plan->adopt_entity_id;
    observation_forget(observation, is_by_number ? NEED_ORDER_BY_NUMBER : NEED_ORDER_BY_EXT_ID);
    return MAGENTO_DONE;
}

static enum magento_outcome
call(struct session *session, const struct action *action, struct claimed_order *order,
     struct observation *observation, struct performed *performed, struct magento_answer *answer)
{
    struct magento_client *client = session->client;
    int64_t id = order->magento_entity_id;
    int64_t track_id;

    switch (action->kind) {
    case ACTION_CREATE:
        return create(session, action, order, observation, performed, answer);
    case ACTION_UNHOLD:
        return magento_order_unhold(client, id, answer);
    case ACTION_SHIP:
        return magento_ship(client, id, action->body, &performed->magento_entity_id, answer);
    case ACTION_TRACK:
        performed->magento_entity_id = action->shipment_id;
        return magento_track(client, action->body, &track_id, answer);
    case ACTION_INVOICE:
        return magento_invoice(client, id, action->body, &performed->magento_entity_id, answer);
    case ACTION_COMMENT:
        return magento_order_comment(client, id, action->body, answer);
    case ACTION_HOLD:
        return magento_order_hold(client, id, answer);
    case ACTION_CANCEL:
        return magento_order_cancel(client, id, answer);
    case ACTION_LINK:
        break;
    }
    return MAGENTO_DONE;
}

enum magento_outcome
perform(struct session *session, const struct plan *plan, const struct action *action,
        struct claimed_order *order, struct observation *observation, struct performed *performed,
        struct magento_answer *answer)
{
    enum magento_call kind = action_call(action->kind);

    *performed = (struct performed){0};
    session->held_back = false;
    if (action->kind == ACTION_LINK)
        return link_order(plan, order, observation, performed, answer);
    if (!session_may(session, kind, answer))
        return answer->outcome;
    failure_point_reach(FAILURE_POINT_WRITE_BEFORE_SENDING, action_kind_name(action->kind));
    (void)call(session, action, order, observation, performed, answer);
    failure_point_reach(FAILURE_POINT_WRITE_AFTER_ANSWER, action_kind_name(action->kind));

    enum magento_outcome outcome = session_done(session, kind, answer);

    if (outcome == MAGENTO_DONE && action->kind == ACTION_HOLD)
        order->held_by_amsync = true;
    else if (outcome == MAGENTO_DONE && action->kind == ACTION_UNHOLD)
        order->held_by_amsync = false;
    return outcome;
}
