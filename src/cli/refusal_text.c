#include "cli/refusal_text.h"

#include <string.h>

static const char MARK[] = ". Next: ";

int
refusal_reason_length(const char *message)
{
    const char *mark = strstr(message, MARK);

    return (int)(mark != NULL ? (size_t)(mark - message) : strlen(message));
}

const char *
refusal_advice(const char *message)
{
    const char *mark = strstr(message, MARK);

    return mark != NULL ? mark + strlen(MARK) : NULL;
}
