#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "sync/journal.h"
#include "sync/messages.h"

void
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

uint32_t
run_random_number(void)
{
    uint32_t number = 0;

    if (random_bytes(&number, sizeof(number)) != RESULT_OK)
        number = 0;
    return number;
}

void
run_come_back(struct run *run, unsigned ms)
{
    struct outcome *outcome = run->outcome;

    if (outcome->done || ms < outcome->again_in_ms)
        outcome->again_in_ms = ms;
    outcome->done = false;
}

enum result
run_note(struct run *run, size_t document, const char *action, const char *status, char *message,
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

/* Whether it was published before: a newer version of it that asks for nothing is no news. */
static bool
is_known_in_magento(const struct run *run, size_t i)
{
    const struct claimed_document *document = &run->order->documents[i];

    return document->kind == DOCUMENT_ORDER
               ? run->was_in_magento
               : document->magento_entity_id != 0 && !run->progress[i].touched;
}

enum result
run_note_verdict(struct run *run, size_t i, const struct verdict *verdict)
{
    const struct claimed_document *document = &run->order->documents[i];
    const char *former = document->reason != NULL ? document->reason : "";

    if (document->state == verdict->state && strcmp(former, verdict->reason) == 0)
        return RESULT_OK;
    magento_answer_finish(&run->answer);
    return run_note(run, i, "decide",
                    is_known_in_magento(run, i) && verdict->state == STATE_PUBLISHED
                        ? "unchanged"
                        : document_state_name(verdict->state),
                    message_verdict(run->order, i, verdict), 0);
}
