#include "sync/setbacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/messages.h"
#include "sync/retry.h"
#include "sync/words.h"

/* After a claim whose time was up before its calls were made: they were too slow for it, which hurts
 * nobody but keeps a worker. */
#define DEADLINE_AGAIN_MS 10000U

/* Whether the last answer says that the same may work later, so that it counts as an attempt. */
static bool
is_counted(const struct run *run)
{
    return !run->session->held_back &&
           (run->answer.outcome == MAGENTO_AGAIN || run->answer.outcome == MAGENTO_UNKNOWN);
}

/* Whether another create can only have the number of this one. Magento refuses the second of a
 * number, so it need not wait until the first can no longer take effect. */
static bool
is_guarded_by_number(const struct run *run)
{
    const struct preferences *preferences = rules_preferences(run->rules, run->order->company);

    return !run->order->number_may_differ && preferences->numbering == NUMBERING_ACUMATICA;
}

/* How long after the failure that the last answer tells of the document is tried again. */
static unsigned
delay_after_failure(const struct run *run, const struct action *action, int attempts)
{
    const struct magento_answer *answer = &run->answer;
    unsigned delay_ms;

    if (answer->outcome == MAGENTO_DEADLINE)
        return retry_jitter_ms(DEADLINE_AGAIN_MS, run_random_number());
    if (!is_counted(run)) {
        unsigned wait_ms =
            answer->retry_after_ms > 0 ? answer->retry_after_ms : GATE_RIGHT_PROBE_MS;

        /* No earlier than the next probe, up to a third later. */
        return retry_jitter_ms(wait_ms + wait_ms / 3, run_random_number());
    }
    delay_ms = retry_delay_ms(attempts, run->settings->max_attempts, answer->retry_after_ms,
                              run_random_number());
    if (run->outcome->retry_after_ms < answer->retry_after_ms)
        run->outcome->retry_after_ms = answer->retry_after_ms;
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
    return run_note(run, action->document, action_kind_name(action->kind),
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

    run_come_back(run, again_in_ms);
    if (!counted && same_reason)
        return RESULT_OK;
    return run_note(run, i, action != NULL ? action_kind_name(action->kind) : "decide",
                    document_state_name(STATE_RETRYING),
                    action != NULL ? message_retrying(run->order, action, why, again_in_ms)
                                   : message_not_compared(run->order, i, why, again_in_ms),
                    counted ? progress->attempts : 0);
}

enum result
setback_of_action(struct run *run, const struct action *action, bool is_magentos_word)
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
        run_come_back(run, 0);
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

enum result
setback_of_look(struct run *run)
{
    bool put_off_any = false;

    if (run->answer.outcome == MAGENTO_ABORTED) {
        run_come_back(run, 0);
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
        run_come_back(run, retry_jitter_ms(RUN_LOOK_AGAIN_MS, run_random_number()));
    return RESULT_OK;
}

enum result
setback_of_shipment(struct run *run, const struct action *action,
                    const struct claimed_document *shipment)
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
    return run_note_verdict(run, action->document, &verdict);
}
