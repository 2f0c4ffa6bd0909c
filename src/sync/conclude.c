#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "sync/retry.h"

static enum result
copy_text(const char *text, char **ret_copy)
{
    if (text == NULL)
        return RESULT_OK;
    *ret_copy = strdup(text);
    return *ret_copy != NULL ? RESULT_OK : RESULT_FAILED;
}

/* Whether more may be to do for it than this run has come to: it could not be looked at after what was
 * done, or the last plan has left what the order itself asks for to one that was not made. */
static bool
is_unfinished(const struct run *run, size_t i)
{
    if (run->plan == NULL)
        return run->progress[i].touched;
    return run->plan->again && run->order->documents[i].kind == DOCUMENT_ORDER;
}

/* It is looked at again, at the latest, when what has failed is tried again. */
static void
conclude_unfinished(struct run *run, size_t i)
{
    struct document_outcome *to = &run->outcome->documents[run->outcome->document_count];

    if (run->outcome->done)
        run_come_back(run, retry_jitter_ms(RUN_LOOK_AGAIN_MS, run_random_number()));
    /* What Magento has refused of it stays so. */
    if (run->order->documents[i].state == STATE_FAILED)
        return;
    to->state = STATE_PENDING;
    run->outcome->document_count++;
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
        run_come_back(run, retry_jitter_ms(RUN_RECHECK_MS, run_random_number()));
        return RESULT_OK;
    }
    if (is_unfinished(run, i)) {
        conclude_unfinished(run, i);
        return RESULT_OK;
    }
    if (verdict == NULL)
        return RESULT_OK;
    run->outcome->document_count++;
    to->state = STATE_PUBLISHED;
    if (!progress->touched || verdict->state != STATE_PENDING)
        to->state = verdict->state;
    if (verdict->magento_entity_id != 0)
        to->magento_entity_id = verdict->magento_entity_id;
    if (verdict->recheck_hourly)
        run_come_back(run, retry_jitter_ms(RUN_RECHECK_MS, run_random_number()));
    if (copy_text(verdict->reason, &to->reason) != RESULT_OK ||
        copy_text(verdict->magento_increment_id, &to->magento_increment_id) != RESULT_OK)
        return RESULT_FAILED;
    if (progress->touched && to->state == STATE_PUBLISHED && verdict->reason[0] == '\0')
        return RESULT_OK;
    return run_note_verdict(run, i, verdict);
}

enum result
run_conclude(struct run *run)
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
        run_come_back(run, run->plan->look_again_ms);
    if (run->plan != NULL && run->plan->await_save)
        run_come_back(run, run->settings->late_save_ms); /* and is looked for then, too */
    else if (run->plan != NULL && run->plan->look_after_quiet)
        run_come_back(run, run->settings->quiet_ms);
    outcome->held_by_amsync = order->held_by_amsync ? 1 : 0;
    if (run->was_in_magento || order->magento_entity_id == 0)
        return RESULT_OK;
    outcome->magento_entity_id = order->magento_entity_id;
    return copy_text(order->magento_increment_id, &outcome->magento_increment_id);
}
