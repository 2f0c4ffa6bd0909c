#include "sync/session.h"

#include "base/clock.h"
#include "magento/orders.h"

bool
session_may(struct session *session, enum magento_call call, struct magento_answer *answer)
{
    bool may = gate_enter(session->gate, call, clock_boottime_ms(), answer);

    session->held_back = !may;
    return may;
}

static void
ask_whether_orders_may_be_read(struct session *session)
{
    struct magento_answer answer = {0};

    (void)magento_orders_probe(session->client, &answer);
    gate_leave(session->gate, CALL_READ_ORDERS, clock_boottime_ms(), &answer);
    magento_answer_finish(&answer);
}

enum magento_outcome
session_done(struct session *session, enum magento_call call, struct magento_answer *answer)
{
    if (answer->outcome == MAGENTO_REFUSED && call < CALL_CREATE)
        answer->outcome = MAGENTO_AGAIN;
    /* What was remembered, so that nobody was asked, says nothing of Magento. */
    if (answer->outcome != MAGENTO_DONE || answer->http_status != 0)
        gate_leave(session->gate, call, clock_boottime_ms(), answer);
    if (answer->outcome == MAGENTO_UNAUTHORIZED && call != CALL_READ_ORDERS)
        ask_whether_orders_may_be_read(session);
    return answer->outcome;
}
