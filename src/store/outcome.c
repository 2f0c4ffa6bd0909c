#include "store/outcome.h"

#include <stdlib.h>

static void
free_text(const char *text)
{
    union {
        const char *borrowed;
        char *owned;
    } pointer = {.borrowed = text};

    free(pointer.owned);
}

struct outcome *
outcome_new(struct claimed_order *order_to_own)
{
    struct outcome *outcome = calloc(1, sizeof(*outcome));

    if (outcome == NULL)
        return NULL;
    outcome->order = order_to_own;
    outcome->held_by_amsync = -1;
    return outcome;
}

/* A log line borrows its texts as a rule; an outcome's lines own them. */
static void
log_line_free(const struct log_line *line)
{
    const char *const texts[] = {
        line->company,    line->entity,       line->action,       line->status,
        line->order_type, line->order_nbr,    line->document_nbr, line->magento_nbr,
        line->message,    line->request_body, line->answer_body,
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free_text(texts[i]);
}

void
outcome_free(struct outcome **outcome)
{
    struct outcome *gone = *outcome;

    if (gone == NULL)
        return;
    claimed_order_free(&gone->order);
    free(gone->magento_increment_id);
    json_decref(gone->sent);
    for (size_t i = 0; i < gone->document_count; i++) {
        free(gone->documents[i].reason);
        free(gone->documents[i].magento_increment_id);
    }
    free(gone->documents);
    free(gone->lines);
    for (size_t i = 0; i < gone->log_count; i++)
        log_line_free(&gone->log[i]);
    free(gone->log);
    free(gone);
    *outcome = NULL;
}
