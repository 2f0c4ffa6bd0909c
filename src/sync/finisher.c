/* The finisher: records outcomes in batches, of those that end while the last batch is recorded and,
 * while many end, a few ms longer (crew_take_outcomes). */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/database_keep.h"
#include "sync/crew.h"

#define RECORD_TIMEOUT_MS 10000U
#define PAUSE_MS 500U

struct finisher {
    struct crew *crew;
    struct database *database; /* NULL until the first connection */
    bool in_trouble;           /* has said that PostgreSQL does not work */
};

static void
say_trouble(struct finisher *finisher, const struct error *err)
{
    if (!finisher->in_trouble)
        log_error("sync.record_waits", "Outcomes wait to be recorded: %s", err->text);
    finisher->in_trouble = true;
}

static void
say_recovered(struct finisher *finisher)
{
    if (finisher->in_trouble)
        log_info("sync.record_works", "Outcomes are recorded again");
    finisher->in_trouble = false;
}

static enum result
reach_database(struct finisher *finisher, struct error *err)
{
    const struct database_keep keep = {
        .url = finisher->crew->settings->database_url,
        .application_name = "amsync finisher",
        .timeout_ms = RECORD_TIMEOUT_MS,
        .reconnects = &finisher->crew->metrics->finisher_reconnects,
    };

    return database_keep(&keep, &finisher->database, err);
}

/* What is recorded of an order whose outcome PostgreSQL refuses to take: only that. NULL without
 * memory. */
static struct outcome *
reduced_outcome(struct outcome *outcome)
{
    struct outcome *reduced = outcome_new(outcome->order);

    if (reduced == NULL)
        return NULL;
    outcome->order = NULL;
    reduced->magento_entity_id = outcome->magento_entity_id;
    reduced->quiet_for_ms = outcome->quiet_for_ms;
    reduced->retry_after_ms = outcome->retry_after_ms;
    /* Its quiet time is kept with the work. */
    reduced->done = outcome->quiet_for_ms == 0;
    reduced->again_in_ms = outcome->quiet_for_ms;
    reduced->documents = calloc(outcome->document_count + 1, sizeof(*reduced->documents));
    for (size_t i = 0; reduced->documents != NULL && i < outcome->document_count; i++) {
        struct document_outcome *document = &reduced->documents[reduced->document_count++];

        document->document_id = outcome->documents[i].document_id;
        document->version = outcome->documents[i].version;
        document->magento_entity_id = outcome->documents[i].magento_entity_id;
        document->state = STATE_FAILED;
        document->reason = strdup("what came of it could not be recorded; amsync's process log "
                                  "says why");
    }
    return reduced;
}

/* Puts a reduced outcome in the place of one that PostgreSQL refuses. */
static bool
reduce(struct outcome **outcome, const struct error *err)
{
    const struct claimed_order *order = (*outcome)->order;
    struct outcome *reduced;

    log_error("sync.outcome_rejected", "The outcome of %s %s %s could not be recorded: %s",
              order->company, order->order_type, order->order_nbr, err->text);
    reduced = reduced_outcome(*outcome);
    if (reduced == NULL)
        return false;
    outcome_free(outcome);
    *outcome = reduced;
    return true;
}

/* Records the batch, halving it when a value in it is at fault. False: the program gives up. */
static bool
record(struct finisher *finisher, struct outcome **outcomes, size_t count, bool reduced)
{
    size_t dropped = 0;
    struct error err = {0};

    for (;;) {
        enum result result = reach_database(finisher, &err);

        if (result == RESULT_OK)
            result = outcomes_record(finisher->database, outcomes, count, &dropped, &err);
        if (result == RESULT_OK) {
            say_recovered(finisher);
            if (dropped > 0)
                log_warning("sync.outcomes_dropped",
                            "%zu outcomes came after their claims had run out; what they did is "
                            "seen when their orders are looked at again",
                            dropped);
            crew_count_recorded(finisher->crew, count, dropped);
            return true;
        }
        if (result == RESULT_REJECTED && count > 1)
            return record(finisher, outcomes, count / 2, false) &&
                   record(finisher, outcomes + count / 2, count - count / 2, false);
        if (result == RESULT_REJECTED && !reduced && reduce(&outcomes[0], &err))
            return record(finisher, outcomes, 1, true);
        say_trouble(finisher, &err);
        if (!crew_pause_before_retry(finisher->crew, PAUSE_MS))
            return false;
    }
}

/* Gives back a batch of what nobody has begun; false when there was nothing. */
static bool
give_back_unbegun(struct finisher *finisher)
{
    struct claimed_order *orders[CREW_BATCH_MAX];
    struct error err = {0};
    struct job *job;
    size_t count = 0;

    while (count < CREW_BATCH_MAX && (job = crew_take_unbegun(finisher->crew)) != NULL) {
        orders[count++] = TAKE_PTR(job->order);
        job_free(&job);
    }
    if (count == 0)
        return false;

    enum result result = reach_database(finisher, &err);

    if (result == RESULT_OK)
        result = claims_give_back(finisher->database, orders, count, &err);
    if (result != RESULT_OK)
        log_warning("sync.give_back",
                    "claimed orders that wait for their claims to run out: %zu; %s", count,
                    err.text);
    for (size_t i = 0; i < count; i++)
        claimed_order_free(&orders[i]);
    crew_forget(finisher->crew, count);
    return true;
}

void *
finisher_main(void *context)
{
    struct finisher finisher = {.crew = context};
    struct outcome *outcomes[CREW_BATCH_MAX];
    bool go_on = true;
    size_t count;

    while (go_on && (count = crew_take_outcomes(finisher.crew, outcomes)) > 0) {
        go_on = record(&finisher, outcomes, count, false);
        for (size_t i = 0; i < count; i++)
            outcome_free(&outcomes[i]);
    }
    while (go_on && give_back_unbegun(&finisher))
        ;
    database_close(&finisher.database);
    return NULL;
}
