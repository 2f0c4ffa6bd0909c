#include "sync/reconcile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "sync/changes.h"
#include "sync/journal.h"
#include "sync/messages.h"
#include "sync/observe.h"
#include "sync/perform.h"
#include "sync/plan.h"
#include "sync/retry.h"
#include "sync/words.h"

/* Plans follow each other when something was looked at or done; each does more than the last. */
#define MAX_ROUNDS 16
#define RECHECK_MS 3600000U
#define LOOK_AGAIN_MS 60000U

/* How far a document has come. */
struct progress {
    size_t open_actions; /* of the plan at hand, not done */
    bool touched;        /* something was done for it */
    bool failed;
    enum document_state failed_state;
    char *failed_reason; /* owned */
    int attempts;
    int64_t magento_entity_id; /* of what was made for it; 0: nothing */
};

struct run {
    struct session *session;
    const struct reconcile_settings *settings;
    const struct rules *rules;
    struct outcome *outcome;     /* owned */
    struct claimed_order *order; /* the outcome's */
    bool was_in_magento;
    struct observation observation;
    struct magento_answer answer;
    struct plan *plan;         /* owned; the last one, NULL when it could not be made whole */
    struct progress *progress; /* owned; one for each document */
    json_t *attempted;         /* owned; actions of this run, none of which is done twice */
};

static void
run_finish(struct run *run)
{
    for (size_t i = 0; run->progress != NULL && i < run->order->document_count; i++)
        free(run->progress[i].failed_reason);
    free(run->progress);
    json_decref(run->attempted);
    plan_free(&run->plan);
    observation_finish(&run->observation);
    magento_answer_finish(&run->answer);
    outcome_free(&run->outcome);
}

static uint32_t
random_number(void)
{
    uint32_t number = 0;

    /* Without entropy all delays are at their longest, which does no harm. */
    if (random_bytes(&number, sizeof(number)) != RESULT_OK)
        number = 0;
    return number;
}

/* The order is due again after `ms`, or earlier if something else asks for that. */
static void
come_back(struct run *run, unsigned ms)
{
    struct outcome *outcome = run->outcome;

    if (outcome->done || ms < outcome->again_in_ms)
        outcome->again_in_ms = ms;
    outcome->done = false;
}

static enum result
note(struct run *run, size_t document, const char *action, const char *status, char *message,
     int attempt)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = message;
    bool is_order = run->order->documents[document].kind == DOCUMENT_ORDER;
    struct journal_line line = {
        .document = document,
        .action = action,
        .status = status,
        .message = text,
        .magento_nbr = is_order && run->order->magento_entity_id != 0
                           ? run->order->magento_increment_id
                           : NULL,
        .attempt = attempt,
        .answer =
            run->answer.http_status != 0 || run->answer.duration_ms != 0 ? &run->answer : NULL,
    };

    return text != NULL ? journal_append(run->outcome, &line, run->settings->log_bodies)
                        : RESULT_FAILED;
}

/* Whether the last answer says that the same may work later, so that it counts as an attempt. */
static bool
is_counted(const struct run *run)
{
    return !run->session->held_back &&
           (run->answer.outcome == MAGENTO_AGAIN || run->answer.outcome == MAGENTO_UNKNOWN ||
            run->answer.outcome == MAGENTO_DEADLINE);
}

/* Whether another create can only have the number of this one. Magento refuses the second of a
 * number, so it need not wait until the first can no longer take effect. */
static bool
is_guarded_by_number(const struct run *run)
{
    const struct preferences *preferences = rules_preferences(run->rules, run->order->company);

    return !run->order->number_may_differ && preferences->numbering == NUMBERING_ACUMATICA;
}

/* How long after the failure that `answer` tells of the document is tried again. */
static unsigned
delay_after_failure(const struct run *run, const struct action *action, int attempts)
{
    const struct magento_answer *answer = &run->answer;
    unsigned delay_ms;

    if (!is_counted(run)) {
        unsigned wait_ms =
            answer->retry_after_ms > 0 ? answer->retry_after_ms : GATE_RIGHT_PROBE_MS;

        /* No earlier than the next probe, up to a third later. */
        return retry_jitter_ms(wait_ms + wait_ms / 3, random_number());
    }
    delay_ms = retry_delay_ms(attempts, run->settings->max_attempts, answer->retry_after_ms,
                              random_number());
    if (answer->outcome != MAGENTO_UNKNOWN)
        return delay_ms;
    if (action != NULL && action->kind == ACTION_CREATE && is_guarded_by_number(run))
        return delay_ms;
    run->outcome->quiet_for_ms = run->settings->quiet_ms;
    return delay_ms > run->settings->quiet_ms ? delay_ms : run->settings->quiet_ms;
}

static enum result
refuse(struct run *run, const struct action *action, bool is_magentos_word)
{
    const struct magento_answer *answer = &run->answer;
    struct progress *progress = &run->progress[action->document];

    progress->failed = true;
    progress->failed_state = STATE_FAILED;
    progress->attempts++;
    free(progress->failed_reason);
    if (asprintf(&progress->failed_reason, "%s%s", is_magentos_word ? "Magento refused it: " : "",
                 answer->message) < 0) {
        progress->failed_reason = NULL;
        return RESULT_FAILED;
    }
    return note(run, action->document, action_kind_name(action->kind),
                document_state_name(STATE_FAILED),
                message_refused(run->order, action, answer->message), progress->attempts);
}

/* The document is tried again later. `action` is what could not be done for it; NULL: it could not
 * even be looked at. */
static enum result
put_off(struct run *run, size_t i, const struct action *action)
{
    const struct claimed_document *document = &run->order->documents[i];
    const char *why = run->answer.message;
    struct progress *progress = &run->progress[i];
    bool counted = is_counted(run);
    bool same_reason = document->state == STATE_RETRYING && document->reason != NULL &&
                       strcmp(document->reason, why) == 0;

    progress->failed = true;
    progress->failed_state = STATE_RETRYING;
    progress->attempts += counted ? 1 : 0;
    free(progress->failed_reason);
    progress->failed_reason = strdup(why);
    if (progress->failed_reason == NULL)
        return RESULT_FAILED;

    unsigned again_in_ms = delay_after_failure(run, action, progress->attempts);

    come_back(run, again_in_ms);
    if (!counted && same_reason)
        return RESULT_OK;
    return note(run, i, action != NULL ? action_kind_name(action->kind) : "decide",
                document_state_name(STATE_RETRYING),
                action != NULL ? message_retrying(run->order, action, why, again_in_ms)
                               : message_not_compared(run->order, i, why, again_in_ms),
                counted ? progress->attempts : 0);
}

/* The last answer says that `action` is not done. */
static enum result
fail(struct run *run, const struct action *action, bool is_magentos_word)
{
    switch (run->answer.outcome) {
    case MAGENTO_REFUSED:
        return refuse(run, action, is_magentos_word);
    case MAGENTO_AGAIN:
    case MAGENTO_UNKNOWN:
    case MAGENTO_UNAUTHORIZED:
    case MAGENTO_DEADLINE:
        return put_off(run, action->document, action);
    case MAGENTO_ABORTED:
        come_back(run, 0);
        return RESULT_OK;
    case MAGENTO_DONE:
        break;
    }
    return RESULT_OK;
}

/* What stands to be done for a document that Magento has not; false for one that it has. */
static bool
stands_to_be_done(const struct run *run, const struct claimed_document *document,
                  enum action_kind *ret_kind)
{
    if (document->kind == DOCUMENT_ORDER)
        *ret_kind = ACTION_CREATE;
    else
        *ret_kind = document->kind == DOCUMENT_SHIPMENT ? ACTION_SHIP : ACTION_INVOICE;
    return document->kind == DOCUMENT_ORDER ? run->order->magento_entity_id == 0
                                            : document->magento_entity_id == 0;
}

/* A look failed: whatever has something to do is put off. */
static enum result
fail_look(struct run *run)
{
    bool put_off_any = false;

    if (run->answer.outcome == MAGENTO_ABORTED) {
        come_back(run, 0);
        return RESULT_OK;
    }
    for (size_t i = 0; i < run->order->document_count; i++) {
        const struct claimed_document *document = &run->order->documents[i];
        struct action action = {.document = i};
        bool stands = stands_to_be_done(run, document, &action.kind);

        if (run->progress[i].touched || run->progress[i].failed ||
            (document->state != STATE_PENDING && document->state != STATE_RETRYING))
            continue;
        put_off_any = true;
        if (put_off(run, i, stands ? &action : NULL) != RESULT_OK)
            return RESULT_FAILED;
    }
    if (!put_off_any)
        come_back(run, retry_jitter_ms(LOOK_AGAIN_MS, random_number()));
    return RESULT_OK;
}

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
    return note(run, action->document, action_kind_name(action->kind),
                document_state_name(STATE_PUBLISHED),
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

/* What Magento holds may be of an earlier attempt: the plan that follows tells it what has changed
 * since. Of an attempt that was not recorded only Magento's total is known. */
static enum result
correct_what_was_sent(struct run *run)
{
    struct plan *plan = run->plan;

    if (run->order->sent != NULL) {
        json_decref(plan->sent);
        plan->sent = NULL;
        return RESULT_OK;
    }
    return changes_set_total(plan->sent, run->observation.seen.order->grand_total);
}

/* A call that may have taken effect has, until a look shows otherwise: a hold is ours, and the order
 * is as it was sent. */
static void
assume_done(struct run *run, const struct action *action)
{
    if (action->kind == ACTION_HOLD)
        run->order->held_by_amsync = true;
    if (action->kind == ACTION_CREATE && run->order->sent == NULL && run->plan->sent != NULL)
        run->outcome->sent = json_incref(run->plan->sent);
}

/* Does one action and notes what came of it. */
static enum result
act(struct run *run, const struct action *action, bool *ret_done, bool *ret_ended)
{
    struct performed performed;
    enum magento_outcome outcome = perform(run->session, run->plan, action, run->order,
                                           &run->observation, &performed, &run->answer);

    *ret_done = outcome == MAGENTO_DONE;
    *ret_ended = outcome != MAGENTO_DONE && ends_run(run, action);
    if (outcome == MAGENTO_DONE) {
        run->progress[action->document].open_actions--;
        if (performed.adopted && correct_what_was_sent(run) != RESULT_OK)
            return RESULT_FAILED;
        return note_done(run, action, &performed);
    }
    if (outcome == MAGENTO_UNKNOWN)
        assume_done(run, action);
    run->outcome->forget_number = run->outcome->forget_number || performed.forget_number;
    return fail(run, action, !performed.forget_number);
}

static enum result
take_lines(struct run *run)
{
    const struct plan *plan = run->plan;
    struct claimed_line **copies[] = {&run->outcome->lines, &run->order->lines};

    if (plan->line_count == 0)
        return RESULT_OK;
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
        struct claimed_line *lines = calloc(plan->line_count, sizeof(*lines));

        if (lines == NULL)
            return RESULT_FAILED;
        memcpy(lines, plan->lines, plan->line_count * sizeof(*lines));
        free(*copies[i]);
        *copies[i] = lines;
    }
    run->outcome->line_count = plan->line_count;
    run->order->line_count = plan->line_count;
    return RESULT_OK;
}

/* What the plan says apart from its actions holds once they are done. */
static enum result
take_results(struct run *run)
{
    const struct plan *plan = run->plan;

    if (plan->hold_lifted)
        run->order->held_by_amsync = false;
    if (plan->sent != NULL) {
        json_decref(run->order->sent);
        run->order->sent = json_incref(plan->sent);
        json_decref(run->outcome->sent);
        run->outcome->sent = json_incref(plan->sent);
    }
    return take_lines(run);
}

/* Whether it was published before: a newer version of it that asks for nothing is no news. */
static bool
is_known_in_magento(const struct run *run, const struct claimed_document *document)
{
    return document->kind == DOCUMENT_ORDER ? run->was_in_magento
                                            : document->magento_entity_id != 0;
}

/* What is to be said of a document that nothing was done for. */
static enum result
note_verdict(struct run *run, size_t i, const struct verdict *verdict)
{
    const struct claimed_document *document = &run->order->documents[i];
    const char *former = document->reason != NULL ? document->reason : "";

    if (document->state == verdict->state && strcmp(former, verdict->reason) == 0)
        return RESULT_OK;
    magento_answer_finish(&run->answer);
    return note(run, i, "decide",
                is_known_in_magento(run, document) && verdict->state == STATE_PUBLISHED
                    ? "unchanged"
                    : document_state_name(verdict->state),
                message_verdict(run->order, i, verdict), 0);
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

/* As the next plan would say it of an invoice whose shipment is not there. */
static enum result
wait_for(struct run *run, const struct action *action, const struct claimed_document *shipment)
{
    struct progress *progress = &run->progress[action->document];
    char no_advice[] = "";
    struct verdict verdict = {.state = STATE_WAITING, .next = no_advice};

    progress->failed = true;
    progress->failed_state = STATE_WAITING;
    free(progress->failed_reason);
    if (asprintf(&progress->failed_reason, "its shipment %s is not in Magento yet",
                 words_value(shipment->number).text) < 0) {
        progress->failed_reason = NULL;
        return RESULT_FAILED;
    }
    verdict.reason = progress->failed_reason;
    return note_verdict(run, action->document, &verdict);
}

/* Whether the plan's `sent` and lines hang on the action. */
static bool
is_telling(enum action_kind kind)
{
    return kind == ACTION_CREATE || kind == ACTION_LINK || kind == ACTION_COMMENT;
}

/* Whether what was seen of the order is of no more use once the actions are done: something depends
 * on it, or Magento has made an invoice, of which it tells no more than the id, while its total is to
 * be compared. */
static bool
makes_a_look_necessary(const struct plan *plan)
{
    bool invoices = false;

    for (size_t i = 0; i < plan->action_count; i++)
        invoices = invoices || plan->actions[i].kind == ACTION_INVOICE;
    return plan->again || invoices;
}

/* Does what the plan says; `ret_again`: plan once more. */
static enum result
do_actions(struct run *run, bool *ret_again)
{
    const struct plan *plan = run->plan;
    bool told = true;
    bool done_any = false;
    bool ended = false;

    for (size_t i = 0; i < plan->action_count; i++)
        run->progress[plan->actions[i].document].open_actions++;
    for (size_t i = 0; i < plan->action_count && !ended; i++) {
        const struct action *action = &plan->actions[i];
        const struct claimed_document *missing = find_failed_before(run, action);
        bool repeated;
        bool done = false;

        if (missing != NULL) {
            if (wait_for(run, action, missing) != RESULT_OK)
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
        told = told && (done || !is_telling(action->kind));
    }
    *ret_again = done_any && !ended &&
                 (makes_a_look_necessary(plan) || plan->actions[0].kind == ACTION_CREATE ||
                  plan->actions[0].kind == ACTION_LINK);
    return told && !ended ? take_results(run) : RESULT_OK;
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
        bool look_anew;

        result = do_actions(run, ret_again);
        look_anew = *ret_again && makes_a_look_necessary(run->plan);
        if (look_anew)
            observation_forget(&run->observation, NEED_ORDER | NEED_SHIPMENTS | NEED_INVOICES);
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
    return fail_look(run);
}

static enum result
copy_text(const char *text, char **ret_copy)
{
    if (text == NULL)
        return RESULT_OK;
    *ret_copy = strdup(text);
    return *ret_copy != NULL ? RESULT_OK : RESULT_FAILED;
}

/* The state of document `i`, from what was done, what failed, or else the verdict. */
static enum result
conclude_document(struct run *run, size_t i)
{
    const struct claimed_document *document = &run->order->documents[i];
    const struct progress *progress = &run->progress[i];
    const struct verdict *verdict = run->plan != NULL ? &run->plan->verdicts[i] : NULL;
    struct document_outcome *to = &run->outcome->documents[run->outcome->document_count];

    *to = (struct document_outcome){
        .document_id = document->id,
        .version = document->version,
        .attempts = progress->failed ? progress->attempts : 0,
        .magento_entity_id = progress->magento_entity_id,
    };
    if (progress->failed) {
        to->state = progress->failed_state;
        run->outcome->document_count++;
        return copy_text(progress->failed_reason, &to->reason);
    }
    if (progress->open_actions > 0) {
        /* What came before was refused, and nobody may ever mend it in a way that is noticed. */
        come_back(run, retry_jitter_ms(RECHECK_MS, random_number()));
        return RESULT_OK;
    }
    if (verdict == NULL && !progress->touched)
        return RESULT_OK;
    run->outcome->document_count++;
    to->state = STATE_PUBLISHED;
    if (verdict == NULL)
        return RESULT_OK;
    if (!progress->touched || verdict->state != STATE_PENDING)
        to->state = verdict->state;
    if (verdict->magento_entity_id != 0)
        to->magento_entity_id = verdict->magento_entity_id;
    if (verdict->recheck_hourly)
        come_back(run, retry_jitter_ms(RECHECK_MS, random_number()));
    if (copy_text(verdict->reason, &to->reason) != RESULT_OK ||
        copy_text(verdict->magento_increment_id, &to->magento_increment_id) != RESULT_OK)
        return RESULT_FAILED;
    if (progress->touched && to->state == STATE_PUBLISHED && verdict->reason[0] == '\0')
        return RESULT_OK;
    return note_verdict(run, i, verdict);
}

static enum result
conclude(struct run *run)
{
    struct outcome *outcome = run->outcome;
    const struct claimed_order *order = run->order;

    outcome->documents = calloc(order->document_count + 1, sizeof(*outcome->documents));
    if (outcome->documents == NULL)
        return RESULT_FAILED;
    for (size_t i = 0; i < order->document_count; i++) {
        if (conclude_document(run, i) != RESULT_OK)
            return RESULT_FAILED;
    }
    if (run->plan != NULL && run->plan->look_again_ms > 0)
        come_back(run, run->plan->look_again_ms);
    outcome->held_by_amsync = order->held_by_amsync ? 1 : 0;
    if (run->was_in_magento || order->magento_entity_id == 0)
        return RESULT_OK;
    outcome->magento_entity_id = order->magento_entity_id;
    return copy_text(order->magento_increment_id, &outcome->magento_increment_id);
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
    return result == RESULT_OK ? conclude(run) : result;
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
