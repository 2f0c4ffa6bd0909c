#include "sync/gate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sync/breaker.h"

struct gate {
    pthread_mutex_t mutex;
    struct breaker all;
    char why_all[MAGENTO_MESSAGE_BYTES];
    size_t orders_at_once; /* SIZE_MAX: Magento is not coming back from a stop */
    struct breaker rights[MAGENTO_CALL_COUNT];
    char resources[MAGENTO_CALL_COUNT][MAGENTO_RESOURCE_BYTES];
};

enum result
gate_new(struct gate **ret_gate)
{
    struct gate *gate = calloc(1, sizeof(*gate));

    if (gate == NULL || pthread_mutex_init(&gate->mutex, NULL) != 0) {
        free(gate);
        return RESULT_FAILED;
    }
    gate->orders_at_once = SIZE_MAX;
    breaker_init(&gate->all, GATE_FAILURES, GATE_FIRST_PROBE_MS, GATE_MAX_PROBE_MS);
    for (size_t i = 0; i < MAGENTO_CALL_COUNT; i++)
        breaker_init(&gate->rights[i], 1, GATE_RIGHT_PROBE_MS, GATE_RIGHT_PROBE_MS);
    *ret_gate = gate;
    return RESULT_OK;
}

void
gate_free(struct gate **gate)
{
    if (*gate == NULL)
        return;
    (void)pthread_mutex_destroy(&(*gate)->mutex);
    free(*gate);
    *gate = NULL;
}

/* "Magento's integration lacks Magento_Sales::ship", as the refused call said it. */
static void
say_missing_right(const struct gate *gate, enum magento_call call, struct magento_answer *answer)
{
    if (gate->resources[call][0] == '\0')
        magento_answer_say(answer, "Magento does not accept amsync's credentials (401)");
    else
        magento_answer_say(answer, "Magento's integration lacks %s", gate->resources[call]);
    memcpy(answer->resource, gate->resources[call], sizeof(answer->resource));
}

bool
gate_enter(struct gate *gate, enum magento_call call, int64_t now_ms, struct magento_answer *answer)
{
    bool may = true;

    magento_answer_finish(answer);
    (void)pthread_mutex_lock(&gate->mutex);
    if (gate->all.open) {
        may = false;
        answer->outcome = MAGENTO_AGAIN;
        answer->retry_after_ms = breaker_wait_ms(&gate->all, now_ms);
        memcpy(answer->message, gate->why_all, sizeof(answer->message));
    } else if (!breaker_enter(&gate->rights[call], now_ms)) {
        may = false;
        answer->outcome = MAGENTO_UNAUTHORIZED;
        answer->retry_after_ms = breaker_wait_ms(&gate->rights[call], now_ms);
        say_missing_right(gate, call, answer);
    }
    (void)pthread_mutex_unlock(&gate->mutex);
    return may;
}

static bool
any_right_is_missing(const struct gate *gate)
{
    for (size_t i = 0; i < MAGENTO_CALL_COUNT; i++)
        if (gate->rights[i].open)
            return true;
    return false;
}

/* Magento answers to a wrong token as to one whose integration lacks the right; but that two are
 * lacking at once, one of them to read orders, is not likely. */
static void
say_not_accepted(struct gate *gate, const struct magento_answer *answer)
{
    if (any_right_is_missing(gate))
        (void)snprintf(gate->why_all, sizeof(gate->why_all),
                       "Magento does not accept amsync's credentials (401)");
    else if (answer->resource[0] != '\0')
        (void)snprintf(gate->why_all, sizeof(gate->why_all),
                       "Magento does not accept amsync's credentials, or its integration lacks %s",
                       answer->resource);
    else
        memcpy(gate->why_all, answer->message, sizeof(gate->why_all));
}

static void
leave_unauthorized(struct gate *gate, enum magento_call call, int64_t now_ms,
                   const struct magento_answer *answer)
{
    if (call == CALL_READ_ORDERS) {
        /* Without this right nothing can be done, and a wrong token looks the same. */
        gate->all.failures = gate->all.threshold;
        say_not_accepted(gate, answer);
        if (breaker_failed(&gate->all, now_ms, GATE_RIGHT_PROBE_MS))
            log_error("magento.stopped",
                      "Nothing is sent to Magento: %s; amsync check says what to do",
                      gate->why_all);
        return;
    }
    memcpy(gate->resources[call], answer->resource, sizeof(gate->resources[call]));
    if (breaker_failed(&gate->rights[call], now_ms, 0))
        log_error("magento.right_missing", "%s; its calls are left out until it has it",
                  answer->message);
}

static void
leave_failed(struct gate *gate, int64_t now_ms, const struct magento_answer *answer)
{
    memcpy(gate->why_all, answer->message, sizeof(gate->why_all));
    if (gate->orders_at_once != SIZE_MAX)
        gate->orders_at_once = 1;
    if (breaker_failed(&gate->all, now_ms, answer->retry_after_ms))
        log_warning("magento.stopped",
                    "Nothing is sent to Magento for now: %s; amsync check says more",
                    answer->message);
}

/* A Magento that has just come back, with cold caches, is not to get all that has waited at once. */
static void
rise(struct gate *gate, bool is_back)
{
    if (is_back)
        gate->orders_at_once = 1;
    else if (gate->orders_at_once < GATE_RISE_CALLS)
        gate->orders_at_once++;
    else
        gate->orders_at_once = SIZE_MAX;
}

static void
leave_worked(struct gate *gate, enum magento_call call)
{
    bool is_back = breaker_succeeded(&gate->all);

    if (is_back)
        log_info("magento.works", "Magento works again");
    rise(gate, is_back);
    if (breaker_succeeded(&gate->rights[call]))
        log_info("magento.right_granted", "Magento's integration has %s now",
                 gate->resources[call]);
}

void
gate_leave(struct gate *gate, enum magento_call call, int64_t now_ms,
           const struct magento_answer *answer)
{
    (void)pthread_mutex_lock(&gate->mutex);
    switch (answer->outcome) {
    case MAGENTO_UNAUTHORIZED:
        leave_unauthorized(gate, call, now_ms, answer);
        break;
    case MAGENTO_AGAIN:
        leave_failed(gate, now_ms, answer);
        break;
    case MAGENTO_UNKNOWN:
        /* "Could not save" is an answer of a Magento that works. */
        if (answer->http_status == 0 || answer->http_status >= 500 || answer->foreign)
            leave_failed(gate, now_ms, answer);
        break;
    case MAGENTO_DONE:
    case MAGENTO_REFUSED:
        leave_worked(gate, call);
        break;
    case MAGENTO_DEADLINE:
    case MAGENTO_ABORTED:
        break;
    }
    (void)pthread_mutex_unlock(&gate->mutex);
}

bool
gate_is_stopped(struct gate *gate, int64_t now_ms, unsigned *ret_wait_ms)
{
    (void)pthread_mutex_lock(&gate->mutex);

    bool stopped = gate->all.open;

    *ret_wait_ms = breaker_wait_ms(&gate->all, now_ms);
    (void)pthread_mutex_unlock(&gate->mutex);
    return stopped;
}

bool
gate_enter_probe(struct gate *gate, int64_t now_ms)
{
    (void)pthread_mutex_lock(&gate->mutex);

    bool may = breaker_enter(&gate->all, now_ms);

    (void)pthread_mutex_unlock(&gate->mutex);
    return may;
}

size_t
gate_orders_at_once(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->mutex);

    size_t at_once = gate->orders_at_once;

    (void)pthread_mutex_unlock(&gate->mutex);
    return at_once;
}

size_t
gate_rights_missing(struct gate *gate)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&gate->mutex);
    for (size_t i = 0; i < MAGENTO_CALL_COUNT; i++)
        count += gate->rights[i].open;
    (void)pthread_mutex_unlock(&gate->mutex);
    return count;
}
