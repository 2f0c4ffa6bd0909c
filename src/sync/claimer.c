/* The claimer: keeps the workers supplied with orders that are due. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/failure_point.h"
#include "base/log.h"
#include "magento/orders.h"
#include "store/connector_log.h"
#include "store/database_keep.h"
#include "store/document_kind.h"
#include "store/magento_identity.h"
#include "sync/crew.h"
#include "sync/links.h"
#include "sync/plan.h"

#define CLAIM_TIMEOUT_MS 10000U
/* How long it waits after a failure, for room, and for news when nothing is due. */
#define PAUSE_MS 1000U
#define ALONE_CHECK_MS 5000
/* Each so many claims one takes what has been due for longest. */
#define CLAIMS_A_ROUND 4

struct claimer {
    struct crew *crew;
    struct session session;
    struct database *database; /* NULL until the first connection */
    struct rules *rules;       /* NULL until they are read */
    unsigned claims;           /* made so far */
    int64_t alone_checked_ms;
    bool alone_waits;   /* an order that crashed waits until nothing else is worked on */
    bool alone_in_work; /* ... and is worked on now */
    bool store_known;
    struct magento_store store;
    struct error trouble; /* what was last said to be in the way; "" for nothing */
    bool told_is_known;   /* told_stopped has been read */
    bool told_stopped;    /* the connector log says that nothing goes to Magento */
};

/* Says what is in the way, once. */
static void
say_trouble(struct claimer *claimer, const char *event, const char *what, const char *why)
{
    if (strncmp(claimer->trouble.text, why, sizeof(claimer->trouble.text) - 1) != 0)
        log_warning(event, "%s: %s", what, why);
    error_set(&claimer->trouble, "%s", why);
}

static enum result
reach_database(struct claimer *claimer, struct error *err)
{
    const struct database_keep keep = {
        .url = claimer->crew->settings->database_url,
        .application_name = "amsync claimer",
        .timeout_ms = CLAIM_TIMEOUT_MS,
        .reconnects = &claimer->crew->metrics->claimer_reconnects,
    };

    return database_keep(&keep, &claimer->database, err);
}

/* What was last said of the service, be it by a program before this one. Orders do not wait for it. */
static void
read_told(struct claimer *claimer)
{
    AMSYNC_CLEANUP(cleanup_free) char *message = NULL;
    struct error err = {0};

    if (claimer->told_is_known)
        return;

    enum result result = connector_log_read_stop(claimer->database, &message, &err);

    if (result == RESULT_OK || result == RESULT_NONE)
        claimer->told_stopped = result == RESULT_OK;
    else
        say_trouble(claimer, "sync.log_unread", "The connector log cannot be read", err.text);
    claimer->told_is_known = true;
}

/* Says in the connector log that orders go to Magento, or, with `why`, that they wait; once. What
 * cannot be written is written at the next step. */
static void
tell_stopped(struct claimer *claimer, const char *why)
{
    char message[MAGENTO_MESSAGE_BYTES + 256] = "Orders go to Magento again";
    struct error err = {0};
    bool stopped = why != NULL;

    if (claimer->told_stopped == stopped)
        return;
    if (stopped)
        (void)snprintf(message, sizeof(message),
                       "Nothing goes to Magento for now: %s; amsync check says what to do. Orders "
                       "wait and go on by themselves",
                       why);

    struct log_line line = {
        .entity = "service",
        .action = "decide",
        .status = document_state_name(stopped ? STATE_RETRYING : STATE_PENDING),
        .message = message,
    };

    if (connector_log_append(claimer->database, &line, 1, &err) == RESULT_OK)
        claimer->told_stopped = stopped;
    else
        say_trouble(claimer, "sync.log_waits", "The connector log cannot be written", err.text);
}

/* While everything is stopped: probes when that is due. True: Magento may be asked. */
static bool
prepare_gate(struct claimer *claimer, unsigned *ret_wait_ms)
{
    AMSYNC_CLEANUP(magento_answer_finish) struct magento_answer answer = {0};
    struct gate *gate = claimer->crew->gate;

    if (!gate_is_stopped(gate, clock_boottime_ms(), ret_wait_ms))
        return true;
    if (!claimer->told_stopped && !gate_enter(gate, CALL_READ_ORDERS, clock_boottime_ms(), &answer))
        tell_stopped(claimer, answer.message);
    if (*ret_wait_ms > 0 || !gate_enter_probe(gate, clock_boottime_ms()))
        return false;
    (void)magento_orders_probe(claimer->session.client, &answer);
    (void)session_done(&claimer->session, CALL_READ_ORDERS, &answer);
    return !gate_is_stopped(gate, clock_boottime_ms(), ret_wait_ms);
}

/* Asks Magento which store view orders go to. */
static bool
ask_store(struct claimer *claimer)
{
    AMSYNC_CLEANUP(magento_answer_finish) struct magento_answer answer = {0};
    AMSYNC_CLEANUP(magento_answer_finish) struct magento_answer orders = {0};
    struct session *session = &claimer->session;

    if (session_may(session, CALL_READ_STORE, &answer)) {
        answer.outcome = magento_shop_store(session->shop, session->client, clock_boottime_ms(),
                                            &claimer->store, &answer);
        if (session_done(session, CALL_READ_STORE, &answer) == MAGENTO_DONE)
            return true;
    }
    say_trouble(claimer, "sync.store_unknown",
                "Orders wait until Magento tells which store view AMSYNC_MAGENTO_STORE is",
                answer.message);

    /* Where orders may not be read either, it is not that one right. */
    bool all_refused =
        answer.outcome == MAGENTO_UNAUTHORIZED &&
        !gate_enter(claimer->crew->gate, CALL_READ_ORDERS, clock_boottime_ms(), &orders);

    tell_stopped(claimer, all_refused ? orders.message : answer.message);
    return false;
}

/* Before anything is done it must be known which store view orders go to, and that the numbers in
 * the database are that shop's. */
static bool
prepare_store(struct claimer *claimer, unsigned *ret_wait_ms)
{
    const struct settings *settings = claimer->crew->settings;
    struct error err = {0};

    if (claimer->store_known)
        return true;
    *ret_wait_ms = PAUSE_MS;
    if (!ask_store(claimer))
        return false;
    if (magento_identity_remember(claimer->database, settings->magento_url, settings->magento_store,
                                  claimer->store.id, &err) != RESULT_OK) {
        say_trouble(claimer, "sync.store_not_ours", "No orders are taken up", err.text);
        return false;
    }
    claimer->store_known = true;
    log_info("sync.store", "Orders go to store view %s (id %d, %s)", settings->magento_store,
             claimer->store.id, claimer->store.base_currency_code);
    return true;
}

static enum result
check_alone(struct claimer *claimer, struct error *err)
{
    int64_t now_ms = clock_boottime_ms();

    if (now_ms - claimer->alone_checked_ms < ALONE_CHECK_MS)
        return RESULT_OK;
    claimer->alone_checked_ms = now_ms;
    return work_alone_is_due(claimer->database, &claimer->alone_waits, err);
}

/* Which of the orders are to be created and have no number yet. `numbered` and `increment_ids` have
 * room for all; the latter are owned, NULL for one that is drawn. */
static size_t
find_unnumbered(const struct claimer *claimer, struct claimed_order *const *orders, size_t count,
                struct claimed_order **unnumbered, char **increment_ids)
{
    struct observed nothing = {0};
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        AMSYNC_CLEANUP(plan_free) struct plan *plan = NULL;

        /* What fails here, for want of memory, fails again in the worker, which says so. */
        if (plan_make(orders[i], claimer->rules, &nothing, &plan, NULL) != RESULT_OK ||
            (plan->needs & NEED_NUMBER) == 0)
            continue;

        enum result result =
            plan_increment_id(orders[i], claimer->rules, &increment_ids[found], NULL);

        if (result == RESULT_OK || result == RESULT_NONE)
            unnumbered[found++] = orders[i];
    }
    return found;
}

/* One that PostgreSQL refuses must not keep the others from theirs; it goes on without a number,
 * which the worker reports. */
static enum result
fix_one_by_one(struct claimer *claimer, struct claimed_order *const *orders,
               const char *const *increment_ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};
        enum result result = work_fix_numbers(claimer->database, &orders[i], &increment_ids[i], 1,
                                              claimer->store.id, &err);

        if (result == RESULT_REJECTED)
            log_error("sync.number_rejected", "The Magento number of %s %s %s: %s",
                      orders[i]->company, orders[i]->order_type, orders[i]->order_nbr, err.text);
        else if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum result
fix_numbers(struct claimer *claimer, struct claimed_order *const *orders, size_t count,
            struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free)
    struct claimed_order **unnumbered = calloc(count, sizeof(struct claimed_order *));
    AMSYNC_CLEANUP(cleanup_free) char **increment_ids = calloc(count, sizeof(char *));
    AMSYNC_CLEANUP(cleanup_free) const char **borrowed = calloc(count, sizeof(char *));
    enum result result = RESULT_OK;

    if (unnumbered == NULL || increment_ids == NULL || borrowed == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");

    size_t found = find_unnumbered(claimer, orders, count, unnumbered, increment_ids);

    for (size_t i = 0; i < found; i++)
        borrowed[i] = increment_ids[i];
    if (found > 0)
        result = work_fix_numbers(claimer->database, unnumbered, borrowed, found, claimer->store.id,
                                  err);
    if (result == RESULT_REJECTED)
        result = fix_one_by_one(claimer, unnumbered, borrowed, found);
    for (size_t i = 0; i < found; i++)
        free(increment_ids[i]);
    return result;
}

/* Hands the orders to the workers; what there is no memory for goes with its claim. */
static void
dispatch(struct claimer *claimer, struct claimed_order **orders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        failure_point_reach(FAILURE_POINT_NUMBER_AFTER_COMMIT, orders[i]->order_nbr);
    for (size_t i = 0; i < count; i++) {
        struct job *job = calloc(1, sizeof(*job));

        if (job == NULL) {
            claimed_order_free(&orders[i]);
            crew_forget(claimer->crew, 1);
            continue;
        }
        job->order = orders[i];
        job->rules = rules_ref(claimer->rules);
        crew_add_job(claimer->crew, job);
    }
}

static void
give_back(struct claimer *claimer, struct claimed_order **orders, size_t count)
{
    struct error err = {0};

    if (claims_give_back(claimer->database, orders, count, &err) != RESULT_OK)
        log_warning("sync.give_back",
                    "claimed orders that wait for their claims to run out: %zu; %s", count,
                    err.text);
    for (size_t i = 0; i < count; i++)
        claimed_order_free(&orders[i]);
    crew_forget(claimer->crew, count);
}

/* Claims what there is room for; `ret_wait_ms`: until something is due, 0 when there may be more. */
static enum result
claim(struct claimer *claimer, size_t room, unsigned *ret_wait_ms, struct error *err)
{
    const struct settings *settings = claimer->crew->settings;
    AMSYNC_CLEANUP(cleanup_free) struct claimed_order **orders = NULL;
    size_t count = 0;
    bool idle = crew_outstanding(claimer->crew) == 0;
    /* Half of the room for each lane; the odd one goes to new orders. */
    struct claim_request request = {
        .max_new = (room + 1) / 2,
        .max_known = room / 2 > 0 || !idle ? room / 2 : 1,
        .lease_ms = 2 * (unsigned)settings->magento_timeout_ms +
                    (unsigned)settings->magento_quiet_ms + CREW_LEASE_MARGIN_MS,
        .alone_allowed = idle,
        .longest_due_first = ++claimer->claims % CLAIMS_A_ROUND == 0,
    };
    enum result result;

    if (idle) {
        claimer->alone_waits = false;
        claimer->alone_in_work = false;
    }
    result = work_claim(claimer->database, &request, &orders, &count, ret_wait_ms, err);
    if (result != RESULT_OK)
        return result;
    *ret_wait_ms = 0;
    crew_count_claimed(claimer->crew, count);
    claimer->alone_in_work = orders[0]->alone;
    for (size_t i = 0; i < count; i++)
        failure_point_reach(FAILURE_POINT_CLAIM_AFTER_COMMIT, orders[i]->order_nbr);
    /* After the claim: whatever made these orders due is in the rules then. */
    result = rules_refresh(claimer->database, &claimer->rules, err);
    if (result == RESULT_OK)
        result = links_take(claimer->database, orders, count, err);
    if (result == RESULT_OK)
        result = fix_numbers(claimer, orders, count, err);
    if (result == RESULT_OK)
        dispatch(claimer, orders, count);
    else
        give_back(claimer, orders, count);
    return result;
}

static void
step(struct claimer *claimer)
{
    struct error err = {0};
    unsigned wait_ms = PAUSE_MS;
    enum result result = reach_database(claimer, &err);

    if (result == RESULT_OK)
        read_told(claimer);
    if (result == RESULT_OK &&
        (!prepare_gate(claimer, &wait_ms) || !prepare_store(claimer, &wait_ms))) {
        crew_wait_for_news(claimer->crew, wait_ms < PAUSE_MS ? wait_ms : PAUSE_MS);
        return;
    }
    if (result == RESULT_OK)
        tell_stopped(claimer, NULL);
    if (result == RESULT_OK)
        result = check_alone(claimer, &err);
    if (result == RESULT_OK) {
        bool alone = claimer->alone_waits || claimer->alone_in_work;
        size_t room =
            crew_wait_for_room(claimer->crew, alone ? CREW_ROOM_ALL : CREW_ROOM_SOME, PAUSE_MS);

        if (room == 0 || crew_is_stopping(claimer->crew))
            return;
        result = claim(claimer, room, &wait_ms, &err);
    }
    if (result == RESULT_OK || result == RESULT_NONE) {
        claimer->trouble.text[0] = '\0';
    } else {
        say_trouble(claimer, "sync.claim_waits", "No orders are taken up for now", err.text);
        wait_ms = PAUSE_MS;
    }
    if (wait_ms > 0)
        crew_wait_for_news(claimer->crew, wait_ms);
}

void *
claimer_main(void *context)
{
    struct claimer claimer = {.crew = context};

    if (crew_session(claimer.crew, &claimer.session) != RESULT_OK) {
        log_error("sync.claimer_failed", "The claimer could not start: out of memory");
        crew_thread_ended(claimer.crew);
        return NULL;
    }
    while (!crew_is_stopping(claimer.crew))
        step(&claimer);
    rules_unref(&claimer.rules);
    database_close(&claimer.database);
    magento_client_free(&claimer.session.client);
    crew_thread_ended(claimer.crew);
    return NULL;
}
