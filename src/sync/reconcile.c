#include "sync/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "sync/messages.h"
#include "sync/observe.h"
#include "sync/perform.h"
#include "sync/plan.h"
#include "sync/remember.h"
#include "sync/run.h"
#include "sync/setbacks.h"

/* Plans follow each other when something was looked at or done; each does more than the last. */
#define MAX_ROUNDS 16

/* An action as it stands in `attempted`; NULL without memory. */
static json_t *
action_as_json(const struct action *action)
{
    /* A second ship of a document within one run would be a repetition, however it is worded. */
    bool many = action->kind == ACTION_TRACK || action->kind == ACTION_COMMENT;

    return json_pack("[i, I, O?]", (int)action->kind, (json_int_t)action->document,
                     many ? action->body : NULL);
}

/* Whether this run has tried the action already; if not, it has now. */
static enum result
attempt_once(struct run *run, const struct action *action, bool *ret_again)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *this_one = action_as_json(action);
    const json_t *other;
    size_t index;

    *ret_again = false;
    json_array_foreach(run->attempted, index, other) *ret_again =
        *ret_again || json_equal(this_one, other) != 0;
    if (this_one == NULL || json_array_append(run->attempted, this_one) != 0)
        return RESULT_FAILED;
    return RESULT_OK;
}

static enum result
note_done(struct run *run, const struct action *action, const struct performed *performed)
{
    struct progress *progress = &run->progress[action->document];
    bool is_order = run->order->documents[action->document].kind == DOCUMENT_ORDER;

    progress->touched = true;
    if (!is_order)
        progress->magento_entity_id = performed->magento_entity_id;
    remember_done(run, action, performed->magento_entity_id);
    return run_note(
        run, action->document, action_kind_name(action->kind), document_state_name(STATE_PUBLISHED),
        message_done(run->order, action, is_order ? run->order->magento_increment_id : NULL,
                     performed->magento_entity_id),
        progress->attempts + 1);
}

/* Whether nothing more may be done after this failure. */
static bool
ends_run(const struct run *run, const struct action *action)
{
    if (action->kind == ACTION_CREATE || action->kind == ACTION_LINK ||
        action->kind == ACTION_UNHOLD)
        return true;
    return run->answer.outcome != MAGENTO_REFUSED && run->answer.outcome != MAGENTO_UNAUTHORIZED;
}

/* Whether a crash right after the action would leave a hold of which nobody knows whose it is, or one
 * lifted for a shipment that nobody sets again. */
static bool
needs_announcement(const struct run *run, const struct action *action)
{
    if (action->kind == ACTION_HOLD)
        return !run->was_held;
    return action->kind == ACTION_UNHOLD &&
           run->order->documents[action->document].state == STATE_PUBLISHED;
}

/* The action is left to the next run; until then it is recorded that the order is not as it should
 * be yet and, of a hold, that it is ours. */
static void
announce(struct run *run, const struct action *action)
{
    struct progress *progress = &run->progress[action->document];

    progress->failed = true;
    progress->failed_state = STATE_PENDING;
    if (action->kind == ACTION_HOLD)
        run->order->held_by_amsync = true;
    run_come_back(run, 0);
}

/* Does one action and notes what came of it. */
static enum result
act(struct run *run, const struct action *action, bool *ret_done, bool *ret_ended)
{
    struct performed performed;
    enum magento_outcome outcome;

    *ret_done = false;
    *ret_ended = action->kind == ACTION_UNHOLD;
    if (needs_announcement(run, action)) {
        announce(run, action);
        return RESULT_OK;
    }
    outcome = perform(run->session, run->plan, action, run->order, &run->observation, &performed,
                      &run->answer);

    *ret_done = outcome == MAGENTO_DONE;
    *ret_ended = outcome != MAGENTO_DONE && ends_run(run, action);
    if (outcome == MAGENTO_DONE) {
        run->progress[action->document].open_actions--;
        if (performed.adopted && remember_adopted(run) != RESULT_OK)
            return RESULT_FAILED;
        return note_done(run, action, &performed);
    }
    run->outcome->forget_number = run->outcome->forget_number || performed.forget_number;
    if (setback_of_action(run, action, !performed.forget_number) != RESULT_OK)
        return RESULT_FAILED;
    return remember_not_done(run, action);
}

/* The shipment that the action comes after and that could not be made; NULL: there is none. */
static const struct claimed_document *
find_failed_before(const struct run *run, const struct action *action)
{
    for (size_t i = 0; i < action->after_count; i++)
        if (run->progress[action->after[i]].failed)
            return &run->order->documents[action->after[i]];
    return NULL;
}

/* Whether the plan's `sent` and lines hang on the action. */
static bool
is_telling(enum action_kind kind)
{
    return kind == ACTION_CREATE || kind == ACTION_LINK || kind == ACTION_COMMENT;
}

/* What the plan makes of which Magento tells only the id: its number, and an invoice's total, are to be
 * looked up. */
static unsigned
makes_documents(const struct plan *plan)
{
    unsigned needs = 0;

    for (size_t i = 0; i < plan->action_count; i++) {
        if (plan->actions[i].kind == ACTION_SHIP)
            needs |= NEED_SHIPMENTS;
        if (plan->actions[i].kind == ACTION_INVOICE)
            needs |= NEED_INVOICES;
    }
    return needs;
}

static bool
makes_known(const struct plan *plan)
{
    return plan->action_count > 0 &&
           (plan->actions[0].kind == ACTION_CREATE || plan->actions[0].kind == ACTION_LINK);
}

/* Forgets how the order stood before the plan's actions; what a create or a link has shown stands.
 * Returns what is to be looked at whatever the next plan needs. */
static unsigned
forget_after_actions(struct run *run)
{
    if (makes_known(run->plan))
        return 0;
    observation_forget(&run->observation, NEED_ORDER | NEED_SHIPMENTS | NEED_INVOICES);
    return makes_documents(run->plan);
}

/* Does what the plan says; `ret_again`: plan once more. */
static enum result
do_actions(struct run *run, bool *ret_again)
{
    const struct plan *plan = run->plan;
    bool told = true;
    bool done_any = false;
    bool tried_any = false;
    bool ended = false;

    for (size_t i = 0; i < plan->action_count; i++)
        run->progress[plan->actions[i].document].open_actions++;
    for (size_t i = 0; i < plan->action_count && !ended; i++) {
        const struct action *action = &plan->actions[i];
        const struct claimed_document *missing = find_failed_before(run, action);
        bool repeated;
        bool done = false;

        if (missing != NULL) {
            if (setback_of_shipment(run, action, missing) != RESULT_OK)
                return RESULT_FAILED;
            continue;
        }
        if (attempt_once(run, action, &repeated) != RESULT_OK)
            return RESULT_FAILED;
        if (repeated)
            run->progress[action->document].open_actions--;
        else if (act(run, action, &done, &ended) != RESULT_OK)
            return RESULT_FAILED;
        done_any = done_any || done;
        tried_any = tried_any || !repeated;
        told = told && (done || !is_telling(action->kind));
    }
    /* What was left for the next plan is due also where all that came before it has failed. */
    *ret_again = !ended && ((plan->again && tried_any) ||
                            (done_any && (makes_documents(plan) != 0 || makes_known(plan))));
    return told && !ended ? remember_plan(run) : RESULT_OK;
}

/* One plan, and what it asks for; `ret_again`: plan once more. */
static enum result
round_of(struct run *run, bool *ret_again, struct error *err)
{
    unsigned needs;
    enum result result;

    *ret_again = false;
    plan_free(&run->plan);
    result = plan_make(run->order, run->rules, &run->observation.seen, &run->plan, err);
    if (result != RESULT_OK)
        return result;
    for (size_t i = 0; i < run->order->document_count; i++)
        run->progress[i].open_actions = 0;
    needs = run->plan->needs;
    if (needs == 0) {
        result = do_actions(run, ret_again);
        needs = result == RESULT_OK && *ret_again ? forget_after_actions(run) : 0;
        if (needs == 0)
            return result;
    }
    if ((needs & ~(unsigned)NEED_NUMBER) != 0) {
        (void)observe(run->session, run->order, needs, &run->observation, &run->answer);
        *ret_again = run->answer.outcome == MAGENTO_DONE;
    } else {
        /* The claimer fixes numbers; it has not found out that this order needs one. */
        magento_answer_finish(&run->answer);
        run->session->held_back = false;
        run->answer.outcome = MAGENTO_AGAIN;
        magento_answer_say(&run->answer, "its Magento number is not fixed yet");
    }
    if (*ret_again)
        return RESULT_OK;
    plan_free(&run->plan);
    return setback_of_look(run);
}

static enum result
go(struct run *run, struct error *err)
{
    bool again = true;
    enum result result = RESULT_OK;

    for (int round = 0; again && result == RESULT_OK; round++) {
        if (round == MAX_ROUNDS)
            return error_result(err, RESULT_FAILED, "the plan for %s %s %s does not end",
                                run->order->company, run->order->order_type, run->order->order_nbr);
        result = round_of(run, &again, err);
    }
    return result == RESULT_OK ? run_conclude(run) : result;
}

enum result
reconcile(struct session *session, const struct reconcile_settings *settings,
          const struct rules *rules, struct claimed_order *order, struct outcome **ret_outcome,
          struct error *err)
{
    struct run run = {
        .session = session,
        .settings = settings,
        .rules = rules,
        .outcome = outcome_new(order),
        .order = order,
        .was_in_magento = order->magento_entity_id != 0,
        .was_held = order->held_by_amsync,
    };
    enum result result = RESULT_FAILED;

    error_set(err, "out of memory");
    if (run.outcome == NULL) {
        claimed_order_free(&order);
        return RESULT_FAILED;
    }
    run.outcome->done = true;
    run.progress = calloc(order->document_count + 1, sizeof(*run.progress));
    run.attempted = json_array();
    for (size_t i = 0; run.progress != NULL && i < order->document_count; i++)
        run.progress[i].attempts = order->documents[i].attempts;
    magento_client_set_deadline(session->client, order->deadline_boottime_ms);
    if (run.progress != NULL && run.attempted != NULL)
        result = go(&run, err);
    if (result == RESULT_OK)
        *ret_outcome = TAKE_PTR(run.outcome);
    run_finish(&run);
    return result == RESULT_OK ? RESULT_OK : RESULT_FAILED;
}
