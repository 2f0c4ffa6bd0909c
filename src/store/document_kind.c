#include "store/document_kind.h"

#include <stddef.h>
#include <string.h>

static const char *const kind_names[] = {
    [DOCUMENT_ORDER] = "order",
    [DOCUMENT_SHIPMENT] = "shipment",
    [DOCUMENT_INVOICE] = "invoice",
};

struct state_text {
    const char *name;
    const char *words;
};

static const struct state_text state_texts[] = {
    [STATE_PENDING] = {"pending", "queued"},
    [STATE_PUBLISHED] = {"published", "published"},
    [STATE_SKIPPED] = {"skipped", "not synced yet"},
    [STATE_WAITING] = {"waiting", "waiting for you"},
    [STATE_RETRYING] = {"retrying", "will retry"},
    [STATE_FAILED] = {"failed", "failed"},
};

#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))
#define STATE_COUNT (sizeof(state_texts) / sizeof(state_texts[0]))

const char *
document_kind_name(enum document_kind kind)
{
    return kind_names[kind];
}

enum result
document_kind_from_name(const char *name, enum document_kind *ret_kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            *ret_kind = (enum document_kind)i;
            return RESULT_OK;
        }
    }
    return RESULT_REJECTED;
}

const char *
document_state_name(enum document_state state)
{
    return state_texts[state].name;
}

enum result
document_state_from_name(const char *name, enum document_state *ret_state)
{
    for (size_t i = 0; i < STATE_COUNT; i++) {
        if (strcmp(name, state_texts[i].name) == 0) {
            *ret_state = (enum document_state)i;
            return RESULT_OK;
        }
    }
    return RESULT_REJECTED;
}

const char *
document_state_words(enum document_state state)
{
    return state_texts[state].words;
}
