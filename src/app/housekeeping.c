#include "app/housekeeping.h"

#include <stdbool.h>
#include <stdlib.h>

#include "app/rounds.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/connector_log.h"
#include "store/heartbeat.h"
#include "store/housekeeping.h"
#include "store/migrate.h"
#include "store/refusal_counts.h"

#define GAUGES_MS 5000
#define SCHEMA_MS 5000
#define PARTITIONS_MS 600000
#define PARTITIONS_AGAIN_MS 60000
#define REDUCE_WALK_MS 21600000

struct housekeeping {
    struct housekeeping_options options;
    struct rounds *rounds;

    /* The thread's own. */
    struct database *database; /* borrowed for a round */
    bool schema_refused;       /* it is not, or no longer, one that this program can work with */
    int64_t gauges_ms;
    int64_t schema_ms;
    int64_t partitions_ms;
    int64_t old_rows_ms;
    int64_t reduce_ms;
    int64_t reduced_to_id; /* how far the walk over finished orders is; 0: none is under way */
};

/* Whether a duty of every `period_ms` is due; notes that it is being done. */
static bool
is_due(int64_t *next_ms, int64_t now_ms, int64_t period_ms)
{
    if (now_ms < *next_ms)
        return false;
    *next_ms = now_ms + period_ms;
    return true;
}

static enum result
check_schema(struct housekeeping *house, struct error *err)
{
    enum result result = migrate_check(house->database, AMSYNC_VERSION, err);

    if (result == RESULT_OK && house->schema_refused) {
        log_info("housekeeping.schema", "the schema is one to work with again");
        readiness_schema_current(house->options.readiness);
        house->schema_refused = false;
    }
    if (result != RESULT_REJECTED)
        return result;
    if (!house->schema_refused)
        log_error("housekeeping.schema", "not ready any more: %s", err->text);
    readiness_schema_not_current(house->options.readiness, err->text);
    house->schema_refused = true;
    return RESULT_OK;
}

/* What is put off, because another holds a lock, is no failure. */
static enum result
keep_partitions(struct housekeeping *house, struct error *err)
{
    unsigned retention_days = (unsigned)house->options.settings->retention_days;
    size_t dropped = 0;
    enum result result = partitions_ensure(house->database, err);

    if (result == RESULT_OK)
        result = partitions_drop_old(house->database, retention_days, &dropped, err);
    if (result == RESULT_OK && dropped > 0)
        log_info("housekeeping.dropped", "%zu partitions older than %u days were dropped", dropped,
                 retention_days);
    if (result == RESULT_NONE)
        house->partitions_ms = clock_boottime_ms() + PARTITIONS_AGAIN_MS;
    return result == RESULT_NONE ? RESULT_OK : result;
}

/* One small batch a round; after the last order it rests until the next walk. */
static enum result
reduce_finished_orders(struct housekeeping *house, struct error *err)
{
    unsigned retention_days = (unsigned)house->options.settings->retention_days;
    size_t reduced = 0;

    if (house->reduced_to_id == 0 &&
        !is_due(&house->reduce_ms, clock_boottime_ms(), REDUCE_WALK_MS))
        return RESULT_OK;

    enum result result = finished_orders_reduce(house->database, retention_days,
                                                &house->reduced_to_id, &reduced, err);

    if (result == RESULT_NONE)
        house->reduced_to_id = 0;
    if (result == RESULT_OK && reduced > 0)
        log_info("housekeeping.reduced",
                 "of %zu order%s finished %u days ago only numbers are kept", reduced,
                 reduced == 1 ? "" : "s", retention_days);
    return result == RESULT_NONE ? RESULT_OK : result;
}

/* What cannot be written now waits; if a connection broke, it may stand there twice. */
static enum result
write_refused(struct housekeeping *house, struct error *err)
{
    AMSYNC_CLEANUP(refused_batch_finish) struct refused_batch batch = {.count = 0};

    refused_lines_take(house->options.refused, &batch);
    if (batch.count == 0)
        return RESULT_OK;

    enum result result = connector_log_append(house->database, batch.lines, batch.count, err);

    if (result == RESULT_RETRY)
        refused_lines_return(house->options.refused, &batch);
    return result;
}

static enum result
write_refusal_counts(struct housekeeping *house, struct error *err)
{
    struct refused_counts counts;

    refused_lines_take_counts(house->options.refused, &counts);

    enum result result = refusal_counts_add(house->database, counts.counts, counts.count, err);

    if (result == RESULT_RETRY)
        refused_lines_return_counts(house->options.refused, &counts);
    return result;
}

static enum result
drop_old_rows(struct housekeeping *house, struct error *err)
{
    unsigned retention_days = (unsigned)house->options.settings->retention_days;
    enum result result = heartbeat_drop_old(house->database, retention_days, err);

    return result == RESULT_OK ? refusal_counts_drop_old(house->database, retention_days, err)
                               : result;
}

/* One small batch a round, so that a change that affects many orders does not hold up the rest. */
static enum result
apply_rules_changes(struct housekeeping *house, struct error *err)
{
    size_t made_due = 0;
    enum result result = rules_change_sweep(house->database, &made_due, err);

    if (result == RESULT_OK && made_due > 0)
        house->options.orders_due(house->options.context);
    return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result
read_gauges(struct housekeeping *house, struct error *err)
{
    struct gauges gauges;
    enum result result =
        gauges_read(house->database, house->options.settings->max_attempts, &gauges, err);

    if (result == RESULT_OK)
        gauge_board_put(house->options.gauges, &gauges, clock_boottime_ms(), clock_unix_ms());
    return result;
}

/* A duty that fails keeps none of the others from being done: without partitions, say, nothing could
 * be accepted any more. The first failure is the one that is told. */
static enum result
do_duties(struct housekeeping *house, int64_t now_ms, struct error *err)
{
    struct {
        enum result (*does)(struct housekeeping *house, struct error *err);
        int64_t *next_ms;
        int64_t period_ms;
    } duties[] = {
        {write_refused, NULL, 0},
        {apply_rules_changes, NULL, 0},
        {reduce_finished_orders, NULL, 0},
        {write_refusal_counts, NULL, 0},
        {read_gauges, &house->gauges_ms, GAUGES_MS},
        {check_schema, &house->schema_ms, SCHEMA_MS},
        {keep_partitions, &house->partitions_ms, PARTITIONS_MS},
        {drop_old_rows, &house->old_rows_ms, PARTITIONS_MS},
    };
    enum result first = RESULT_OK;

    for (size_t i = 0; i < sizeof(duties) / sizeof(duties[0]); i++) {
        struct error reason = {0};

        if (duties[i].next_ms != NULL && !is_due(duties[i].next_ms, now_ms, duties[i].period_ms))
            continue;

        enum result result = duties[i].does(house, &reason);

        if (result != RESULT_OK && first == RESULT_OK)
            first = error_result(err, result, "%s", reason.text);
    }
    return first;
}

static enum result
do_round(void *context, struct database *database, struct error *err)
{
    struct housekeeping *house = context;

    house->database = database;
    return do_duties(house, clock_boottime_ms(), err);
}

static enum result
do_end(void *context, struct database *database, struct error *err)
{
    struct housekeeping *house = context;

    house->database = database;

    enum result result = write_refused(house, err);

    return result == RESULT_OK ? write_refusal_counts(house, err) : result;
}

enum result
housekeeping_start(const struct housekeeping_options *options,
                   struct housekeeping **ret_housekeeping, struct error *err)
{
    struct housekeeping *house = calloc(1, sizeof(*house));

    if (house == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    house->options = *options;

    const struct rounds_options rounds = {
        .name = "housekeeping",
        .connection_name = "amsync housekeeping",
        .database_url = options->settings->database_url,
        .reconnects = options->reconnects,
        .context = house,
        .round = do_round,
        .end = do_end,
    };
    enum result result = rounds_start(&rounds, &house->rounds, err);

    if (result != RESULT_OK) {
        free(house);
        return result;
    }
    *ret_housekeeping = house;
    return RESULT_OK;
}

void
housekeeping_stop(struct housekeeping **housekeeping)
{
    if (*housekeeping == NULL)
        return;
    rounds_stop(&(*housekeeping)->rounds);
    free(*housekeeping);
    *housekeeping = NULL;
}
