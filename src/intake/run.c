#include "intake/run.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "intake/batch.h"
#include "intake/captions.h"
#include "intake/log_lines.h"
#include "store/database.h"
#include "store/documents.h"

/* One try to take a batch. */
struct attempt {
    const struct intake_options *options;
    size_t limit;      /* of notifications */
    size_t taken;      /* so many it was about */
    int64_t culprit;   /* the id of the only one, if it was one */
    struct error text; /* why the culprit is set aside */
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
    enum result result =
        notifications_take(database, attempt->limit, attempt->options->max_bytes, &batch, err);

    if (result != RESULT_OK)
        return result;
    attempt->taken = notification_batch_count(batch);
    if (attempt->taken == 1)
        attempt->culprit = notification_batch_at(batch, 0)->id;
    result = load_captions(database, &captions, &attempt->complaint, err);
    if (result == RESULT_OK)
        result = batch_take_in(database, batch, captions, attempt->options->settle_ms, err);
    return result;
}

/* Takes the culprit out of the queue, unless somebody else has it now. */
static enum result
set_aside(struct database *database, void *argument, struct error *err)
{
    struct attempt *attempt = argument;
    AMSYNC_CLEANUP(notification_batch_free) struct notification_batch *batch = NULL;
    AMSYNC_CLEANUP(log_lines_clear) struct log_lines log = {0};
    enum result result = notifications_take(database, 1, 1, &batch, err);

    if (result != RESULT_OK)
        return result;
    if (notification_batch_count(batch) != 1 ||
        notification_batch_at(batch, 0)->id != attempt->culprit)
        return RESULT_NONE;
    if (log_lines_add_notification(&log, notification_batch_at(batch, 0)->company, "failed",
                                   attempt->text.text) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "out of memory");
    return connector_log_append(database, log.lines, log.count, err);
}

/* RESULT_NONE of set_aside only means that there is nothing to set aside any more. */
static enum result
handle_culprit(struct database *database, struct attempt *attempt, struct error *err)
{
    attempt->text = *err;
    error_prefix(&attempt->text, "notification %lld cannot be taken in",
                 (long long)attempt->culprit);

    enum result result = database_transaction(database, set_aside, attempt, err);

    if (result == RESULT_NONE)
        attempt->taken = 0;
    if (result == RESULT_REJECTED)
        return RESULT_FAILED;
    return result == RESULT_NONE ? RESULT_OK : result;
}

enum result
intake_run_once(struct database *database, const struct intake_options *options,
                struct intake_report *ret_report, struct error *err)
{
    struct attempt attempt = {.options = options, .limit = options->max_notifications};
    enum result result;

    for (;;) {
        attempt.taken = 0;
        result = database_transaction(database, take_in, &attempt, err);
        if (result != RESULT_REJECTED || attempt.taken <= 1)
            break;
        attempt.limit = attempt.taken / 2;
    }
    if (result == RESULT_REJECTED)
        result = attempt.taken == 1 ? handle_culprit(database, &attempt, err) : RESULT_FAILED;
    if (result != RESULT_OK)
        return result;
    *ret_report = (struct intake_report){
        .notifications = attempt.taken,
        .complaint = attempt.complaint,
    };
    return RESULT_OK;
}
