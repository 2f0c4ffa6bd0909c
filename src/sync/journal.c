#include "sync/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "store/connector_log.h"
#include "store/document_kind.h"

/* Copies `text`, if there is one, to be owned by the line. */
static enum result
keep(const char **field, const char *text)
{
    if (text == NULL)
        return RESULT_OK;
    *field = strdup(text);
    return *field != NULL ? RESULT_OK : RESULT_FAILED;
}

/* The beginning of a long one. */
static enum result
keep_body(const char **field, const char *text)
{
    if (text == NULL)
        return RESULT_OK;
    *field = strndup(text, text_prefix_bytes(text, JOURNAL_BODY_CHARACTERS));
    return *field != NULL ? RESULT_OK : RESULT_FAILED;
}

static enum result
keep_answer(struct log_line *to, const struct magento_answer *answer, enum log_bodies log_bodies)
{
    if (answer == NULL)
        return RESULT_OK;
    to->http_status = answer->http_status;
    to->duration_ms = answer->duration_ms;
    if (log_bodies == LOG_BODIES_NONE ||
        (log_bodies == LOG_BODIES_ERRORS && answer->outcome == MAGENTO_DONE))
        return RESULT_OK;
    if (keep_body(&to->request_body, answer->request_text) != RESULT_OK)
        return RESULT_FAILED;
    return keep_body(&to->answer_body, answer->answer_text);
}

static enum result
keep_texts(struct log_line *to, const struct claimed_order *order, const struct journal_line *line)
{
    const struct claimed_document *document = &order->documents[line->document];
    const char *document_nbr = document->kind == DOCUMENT_ORDER ? NULL : document->number;

    if (keep(&to->company, order->company) != RESULT_OK ||
        keep(&to->entity, document_kind_name(document->kind)) != RESULT_OK ||
        keep(&to->action, line->action) != RESULT_OK ||
        keep(&to->status, line->status) != RESULT_OK ||
        keep(&to->order_type, order->order_type) != RESULT_OK ||
        keep(&to->order_nbr, order->order_nbr) != RESULT_OK ||
        keep(&to->document_nbr, document_nbr) != RESULT_OK ||
        keep(&to->magento_nbr, line->magento_nbr) != RESULT_OK ||
        keep(&to->message, line->message) != RESULT_OK)
        return RESULT_FAILED;
    return RESULT_OK;
}

enum result
journal_append(struct outcome *outcome, const struct journal_line *line, enum log_bodies log_bodies)
{
    struct log_line *log = reallocarray(outcome->log, outcome->log_count + 1, sizeof(*log));

    if (log == NULL)
        return RESULT_FAILED;
    outcome->log = log;
    log = &log[outcome->log_count++];
    *log = (struct log_line){
        .sales_order_id = outcome->order->sales_order_id,
        .attempt = line->attempt,
    };
    if (keep_texts(log, outcome->order, line) != RESULT_OK)
        return RESULT_FAILED;
    return keep_answer(log, line->answer, log_bodies);
}
