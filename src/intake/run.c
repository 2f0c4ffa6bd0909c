#include "intake/run.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/failure_point.h"
#include "base/json.h"
#include "base/text.h"
#include "intake/batch.h"
#include "intake/captions.h"
#include "store/database.h"
#include "store/documents.h"
#include "store/suspects.h"

/* One try to take a batch, or one notification alone. */
struct attempt {
    const struct intake_options *options;
    size_t limit;    /* of notifications */
    int64_t suspect; /* the id of the only one that is to be taken; 0: a batch */
    size_t taken;    /* so many it was about */
    int64_t culprit; /* the id of the only one, if it was one */
    struct error complaint;
};

static enum result
load_captions(struct database *database, struct captions **ret_captions,
              struct error *ret_complaint, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *mappings = NULL;
    AMSYNC_CLEANUP(captions_free) struct captions *captions = NULL;
    int64_t version;
    enum result result = field_mappings_load(database, &mappings, &version, err);

    if (result == RESULT_OK)
        result = captions_new(mappings, &captions, err);
    if (result != RESULT_OK)
        return result;

    const char *complaint = captions_complaint(captions);

    error_set(ret_complaint, "%s", complaint != NULL ? complaint : "");
    *ret_captions = TAKE_PTR(captions);
    return RESULT_OK;
}

static enum result
take_in(struct database *database, void *argument, struct error *err)
{
    struct attempt *attempt = argument;
    AMSYNC_CLEANUP(notification_batch_free) struct notification_batch *batch = NULL;
    AMSYNC_CLEANUP(captions_free) struct captions *captions = NULL;
    enum result result = attempt->suspect != 0
                             ? notifications_take_one(database, attempt->suspect, &batch, err)
                             : notifications_take(database, attempt->limit,
                                                  attempt->options->max_bytes, &batch, err);

    if (result != RESULT_OK)
        return result;
    attempt->taken = notification_batch_count(batch);
    if (attempt->taken == 1)
        attempt->culprit = notification_batch_at(batch, 0)->id;
    result = load_captions(database, &captions, &attempt->complaint, err);
    if (result == RESULT_OK)
        result = batch_take_in(database, batch, captions, attempt->options->settle_ms, err);
    if (result == RESULT_OK)
        failure_point_reach(FAILURE_POINT_INTAKE_BEFORE_COMMIT, NULL);
    return result;
}

/* Whether what was taken may be at fault: by its values, its size, or a defect that it brings out.
 * What concerns everything, as a missing table or right, a full disk, a lock that another holds or a
 * connection that broke, is no reason to blame anyone; after a break the next connection suspects what
 * was being taken. */
static bool
may_be_at_fault(const struct database *database, enum result result)
{
    static const char *const too_much[] = {"57014", "53200"}; /* time, memory */
    const char *sqlstate = database_sqlstate(database);

    if (result == RESULT_REJECTED)
        return true;
    if (!database_is_connected(database))
        return false;
    for (size_t i = 0; result == RESULT_RETRY && i < sizeof(too_much) / sizeof(too_much[0]); i++)
        if (strcmp(sqlstate, too_much[i]) == 0)
            return true;
    return result == RESULT_FAILED && !text_starts_with(sqlstate, "42") &&
           !text_starts_with(sqlstate, "3F");
}

#define AGAIN "amsync replay --notification %lld"

/* A wrong value stays wrong: such a culprit is set aside at once. Another is tried again later.
 * `err`: what went wrong; on failure what went wrong then. */
static enum result
handle_culprit(struct database *database, const struct attempt *attempt, enum result fault,
               struct error *err)
{
    long long id = attempt->culprit;
    struct error text;
    enum result result;

    if (fault == RESULT_REJECTED) {
        error_set(&text,
                  "notification %lld cannot be taken in: %s; save the document again in Acumatica "
                  "without that value, or after an upgrade of amsync: " AGAIN,
                  id, err->text, id);
        result = suspect_set_aside(database, attempt->culprit, text.text, err);
    } else {
        error_set(&text, "notification %lld cannot be taken in and is tried again later, alone: %s",
                  id, err->text);
        result = suspect_put_off(database, attempt->culprit, text.text, err);
    }
    return result == RESULT_REJECTED ? RESULT_FAILED : result;
}

/* Takes a batch; one that may be at fault is halved until the culprit stands alone. */
static enum result
run_attempt(struct database *database, struct attempt *attempt, struct error *err)
{
    enum result result;

    for (;;) {
        attempt->taken = 0;
        attempt->culprit = attempt->suspect;
        result = database_transaction(database, take_in, attempt, err);

        size_t size = attempt->taken > 0 ? attempt->taken : attempt->limit;

        if (!may_be_at_fault(database, result) || size <= 1)
            break;
        attempt->limit = size / 2;
    }
    if (may_be_at_fault(database, result) && attempt->culprit != 0)
        result = handle_culprit(database, attempt, result, err);
    return result == RESULT_REJECTED ? RESULT_FAILED : result;
}

/* A suspect that has had all of its tries leaves the queue. */
static enum result
give_up(struct database *database, struct attempt *attempt, struct error *err)
{
    struct error text;

    error_set(
        &text,
        "notification %lld cannot be taken in: %d attempts with it alone ended without a "
        "result; look at the logs of amsync and PostgreSQL, and when the cause is mended: " AGAIN,
        (long long)attempt->suspect, SUSPECT_TRIES_MAX, (long long)attempt->suspect);
    attempt->taken = 1;
    return suspect_set_aside(database, attempt->suspect, text.text, err);
}

/* What was its own fault has been dealt with. A connection that broke may have been, too. Should this
 * fail as well, the try counts: the next are minutes away. */
static void
give_back(struct database *database, int64_t suspect)
{
    struct error ignored;

    (void)!suspect_give_back(database, suspect, &ignored);
}

/* RESULT_NONE of the attempt: another program has taken it meanwhile. */
static enum result
run_suspect(struct database *database, struct attempt *attempt, struct error *err)
{
    bool exhausted = false;
    enum result result = suspect_begin(database, &attempt->suspect, &exhausted, err);

    if (result != RESULT_OK)
        return result;
    if (exhausted)
        return give_up(database, attempt, err);
    result = run_attempt(database, attempt, err);
    if (result == RESULT_NONE)
        return RESULT_OK;
    if (result != RESULT_OK && database_is_connected(database))
        give_back(database, attempt->suspect);
    return result;
}

enum result
intake_run_once(struct database *database, const struct intake_options *options,
                struct intake_report *ret_report, struct error *err)
{
    struct attempt batch = {.options = options, .limit = options->max_notifications};
    struct attempt alone = {.options = options, .limit = 1};
    enum result result = run_attempt(database, &batch, err);

    if (result != RESULT_OK && result != RESULT_NONE)
        return result;

    enum result suspected = run_suspect(database, &alone, err);

    if (suspected != RESULT_OK && suspected != RESULT_NONE)
        return suspected;
    if (result == RESULT_NONE && suspected == RESULT_NONE)
        return RESULT_NONE;
    failure_point_reach(FAILURE_POINT_INTAKE_AFTER_COMMIT, NULL);
    *ret_report = (struct intake_report){
        .notifications = batch.taken + alone.taken,
        .complaint = result == RESULT_OK ? batch.complaint : alone.complaint,
    };
    return RESULT_OK;
}
