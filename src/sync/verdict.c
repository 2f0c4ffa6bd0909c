#include "sync/verdict.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void text_set(char **text, const char *format, va_list arguments) AMSYNC_PRINTF(2, 0);
static void text_add(char **text, const char *format, va_list arguments) AMSYNC_PRINTF(2, 0);

/* Replaces *text by the formatted one; NULL without memory. */
static void
text_set(char **text, const char *format, va_list arguments)
{
    free(*text);
    *text = NULL;
    if (vasprintf(text, format, arguments) < 0)
        *text = NULL;
}

/* Whether the last of the texts that stand there is this one. */
static bool
ends_with(const char *text, const char *last)
{
    size_t text_length = strlen(text);
    size_t last_length = strlen(last);

    if (text_length < last_length || strcmp(text + text_length - last_length, last) != 0)
        return false;
    return text_length == last_length ||
           (text_length > last_length + 1 && text[text_length - last_length - 1] == ' ' &&
            text[text_length - last_length - 2] == ';');
}

/* Says it once: two addresses may lack the same. */
static void
text_add(char **text, const char *format, va_list arguments)
{
    AMSYNC_CLEANUP(cleanup_free) char *before = TAKE_PTR(*text);
    AMSYNC_CLEANUP(cleanup_free) char *more = NULL;

    if (before == NULL)
        return;
    if (vasprintf(&more, format, arguments) < 0) {
        more = NULL;
        return;
    }
    if (before[0] == '\0')
        *text = TAKE_PTR(more);
    else if (ends_with(before, more))
        *text = TAKE_PTR(before);
    else if (asprintf(text, "%s; %s", before, more) < 0)
        *text = NULL;
}

void
verdict_set(struct verdict *verdict, enum document_state state, const char *format, ...)
{
    va_list arguments;

    verdict->state = state;
    verdict->for_good = false;
    va_start(arguments, format);
    text_set(&verdict->reason, format, arguments);
    va_end(arguments);
    free(verdict->next);
    verdict->next = strdup("");
}

void
verdict_leave_out(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;

    verdict_set(verdict, STATE_SKIPPED, "%s", "");
    verdict->for_good = true;
    va_start(arguments, format);
    text_set(&verdict->reason, format, arguments);
    va_end(arguments);
}

void
verdict_advise(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_set(&verdict->next, format, arguments);
    va_end(arguments);
}

void
verdict_advise_buffer(struct verdict *verdict, const struct buffer *advice)
{
    free(verdict->next);
    verdict->next = buffer_result(advice) == RESULT_FAILED ? NULL : strdup(buffer_text(advice));
}

void
verdict_wait_for(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;

    if (verdict->state != STATE_WAITING)
        verdict_set(verdict, STATE_WAITING, "%s", "");
    va_start(arguments, format);
    text_add(&verdict->reason, format, arguments);
    va_end(arguments);
}

void
verdict_advise_also(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_add(&verdict->next, format, arguments);
    va_end(arguments);
}

void
verdict_clear(struct verdict *verdict)
{
    free(verdict->reason);
    free(verdict->next);
    free(verdict->magento_increment_id);
    *verdict = (struct verdict){.state = STATE_PENDING};
}
