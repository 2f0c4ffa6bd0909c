#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure_point.h"
#include "store/database.h"
#include "store/order_reader.h"
#include "store/work.h"
#include "store/work_park.h"

/* What claims at most this often found only crashed orders; the next call goes on. */
#define PASSES_MAX 8
#define WAIT_MAX_MS 1000
#define WAIT_MIN_MS 5

/*
 * Both tiers of a lane: first whose turn it is, then, while there is room, others that are due, those
 * first that have been so for longest. The
 * first index ranges over turns, the second over due times. What is claimed stays in the indexes, as
 * claiming touches none of their columns, and is passed by.
 *
 * What was picked is updated by an array of ids: joined, the planner may think of reading all work.
 *
 * A row whose lease is over without an outcome is taken, too, but not returned as claimed: its crash
 * is counted, and it is claimed alone, later.
 */
#define CLAIMABLE                                                                                  \
    " AND due_at <= statement_timestamp() AND crashes = 0"                                         \
    " AND (quiet_until IS NULL OR quiet_until <= statement_timestamp())"                           \
    " AND (claim IS NULL OR lease_until <= statement_timestamp())"

#define CLAIM_OR_COUNT(place)                                                                      \
    ", claimed AS (UPDATE amsync.work AS w SET"                                                    \
    " crashes = CASE WHEN w.claim IS NULL THEN 0 ELSE 1 END,"                                      \
    " claim = CASE WHEN w.claim IS NULL THEN gen_random_uuid() END,"                               \
    " lease_until = CASE WHEN w.claim IS NULL"                                                     \
    "               THEN clock_timestamp() + $3 * interval '1 millisecond' END,"                   \
    " alone = false WHERE w.sales_order_id = ANY (ARRAY(SELECT sales_order_id FROM picked))"       \
    " RETURNING w.sales_order_id, w.revision, w.claim, w.crashes, w.alone, w." place ")"           \
    " SELECT * FROM claimed ORDER BY " place

static const char CLAIM_TURNS_SQL[] =
    "WITH picked AS MATERIALIZED (SELECT sales_order_id FROM amsync.work"
    " WHERE lane = $1 AND turn_at <= statement_timestamp()" CLAIMABLE
    " ORDER BY turn_at LIMIT $2 FOR UPDATE SKIP LOCKED)" CLAIM_OR_COUNT("turn_at");

static const char CLAIM_DUE_SQL[] =
    "WITH picked AS MATERIALIZED (SELECT sales_order_id FROM amsync.work"
    " WHERE lane = $1" CLAIMABLE
    " ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)" CLAIM_OR_COUNT("due_at");

/* One that has crashed before. If it did so while alone, that counts. */
static const char CLAIM_ALONE_SQL[] =
    "WITH picked AS MATERIALIZED (SELECT sales_order_id FROM amsync.work"
    " WHERE crashes > 0 AND due_at <= statement_timestamp()"
    " AND (quiet_until IS NULL OR quiet_until <= statement_timestamp())"
    " AND (claim IS NULL OR lease_until <= statement_timestamp())"
    " ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " UPDATE amsync.work AS w SET"
    " crashes = w.crashes + CASE WHEN w.claim IS NOT NULL AND w.alone THEN 1 ELSE 0 END,"
    " claim = gen_random_uuid(), alone = true,"
    " lease_until = clock_timestamp() + $1 * interval '1 millisecond'"
    " WHERE w.sales_order_id = ANY (ARRAY(SELECT sales_order_id FROM picked))"
    " RETURNING w.sales_order_id, w.revision, w.claim, w.crashes, w.alone";

static const char WAIT_SQL[] =
    "SELECT (extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::int8 FROM ("
    " (SELECT due_at FROM amsync.work WHERE lane = 0 AND due_at > statement_timestamp()"
    "  ORDER BY due_at LIMIT 1)"
    " UNION ALL"
    " (SELECT due_at FROM amsync.work WHERE lane = 1 AND due_at > statement_timestamp()"
    "  ORDER BY due_at LIMIT 1)) AS soonest";

/* What one claim has come to so far. */
struct claiming {
    const struct claim_request *request;
    int64_t deadline_boottime_ms;
    int64_t *ids; /* claimed, in their turn */
    struct claimed_order *works;
    size_t count;
    size_t capacity;
    size_t counted; /* crashes that were counted, so that there may be more to claim */
    struct claimed_order **orders;
};

static void
claiming_finish(struct claiming *claiming)
{
    for (size_t i = 0; claiming->orders != NULL && i < claiming->count; i++)
        claimed_order_free(&claiming->orders[i]);
    free(claiming->orders);
    free(claiming->ids);
    free(claiming->works);
}

static void
take_rows(struct claiming *claiming, const PGresult *rows)
{
    for (int row = 0; row < PQntuples(rows); row++) {
        const char *claim = row_text(rows, row, 2);
        if (claim == NULL) {
            claiming->counted++;
            continue;
        }
        assert(claiming->count < claiming->capacity && strlen(claim) == CLAIM_TEXT_BYTES - 1);
        struct claimed_order *work = &claiming->works[claiming->count];
        claiming->ids[claiming->count++] = row_int64(rows, row, 0);
        work->revision = row_int64(rows, row, 1);
        memcpy(work->claim, claim, CLAIM_TEXT_BYTES);
        work->crashes = row_int32(rows, row, 3);
        work->alone = row_bool(rows, row, 4);
    }
}

static enum result
claim_tier(struct database *database, const char *sql, enum lane lane, size_t max,
           struct claiming *claiming, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int32(&params, (int32_t)lane);
    params_int64(&params, (int64_t)max);
    params_int64(&params, claiming->request->lease_ms);
    enum result result = database_query(database, sql, &params, &rows, err);
    if (result == RESULT_OK)
        take_rows(claiming, rows);
    return result;
}

static enum result
claim_lane(struct database *database, enum lane lane, size_t max, struct claiming *claiming,
           struct error *err)
{
    size_t before = claiming->count;

    if (max == 0)
        return RESULT_OK;
    enum result result = RESULT_OK;
    if (!claiming->request->longest_due_first)
        result = claim_tier(database, CLAIM_TURNS_SQL, lane, max, claiming, err);
    size_t claimed = claiming->count - before;
    if (result == RESULT_OK && claimed < max)
        result = claim_tier(database, CLAIM_DUE_SQL, lane, max - claimed, claiming, err);
    return result;
}

static enum result
claim_alone(struct database *database, struct claiming *claiming, struct error *err)
{
    AMSYNC_CLEANUP(query_params_free) struct query_params params = {0};
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;

    params_int64(&params, claiming->request->lease_ms);
    enum result result = database_query(database, CLAIM_ALONE_SQL, &params, &rows, err);
    if (result == RESULT_OK)
        take_rows(claiming, rows);
    return result;
}

/* Reads what was claimed within the claim's transaction: should that fail, nothing is claimed. */
static enum result
read_claimed(struct database *database, struct claiming *claiming, struct error *err)
{
    claiming->orders = calloc(claiming->count, sizeof(struct claimed_order *));
    if (claiming->orders == NULL)
        return error_result(err, RESULT_FAILED, "no memory for orders");
    enum result result =
        orders_read(database, claiming->ids, claiming->count, claiming->orders, err);
    for (size_t i = 0; result == RESULT_OK && i < claiming->count; i++) {
        const struct claimed_order *work = &claiming->works[i];
        struct claimed_order *order = claiming->orders[i];
        if (order == NULL)
            continue;
        order->revision = work->revision;
        memcpy(order->claim, work->claim, CLAIM_TEXT_BYTES);
        order->deadline_boottime_ms = claiming->deadline_boottime_ms;
        order->crashes = work->crashes;
        order->alone = work->alone;
    }
    return result;
}

static void
claiming_reset(struct claiming *claiming)
{
    for (size_t i = 0; claiming->orders != NULL && i < claiming->count; i++)
        claimed_order_free(&claiming->orders[i]);
    free(claiming->orders);
    claiming->orders = NULL;
    claiming->count = 0;
    claiming->counted = 0;
}

static enum result
claim_body(struct database *database, void *argument, struct error *err)
{
    struct claiming *claiming = argument;
    enum result result = RESULT_OK;

    claiming_reset(claiming);
    claiming->deadline_boottime_ms = clock_boottime_ms() + claiming->request->lease_ms;
    if (claiming->request->alone_allowed)
        result = claim_alone(database, claiming, err);
    if (result == RESULT_OK && claiming->count == 0) {
        result = claim_lane(database, LANE_NEW, claiming->request->max_new, claiming, err);
        if (result == RESULT_OK)
            result = claim_lane(database, LANE_KNOWN, claiming->request->max_known, claiming, err);
    }
    if (result == RESULT_OK && claiming->count > 0)
        result = read_claimed(database, claiming, err);
    if (result == RESULT_OK && claiming->count > 0)
        failure_point_reach(FAILURE_POINT_CLAIM_BEFORE_COMMIT, NULL);
    return result;
}

/* An order that crashed too often is parked; any other that cannot be read keeps its lease, and
 * when that is over it has crashed. */
static enum result
hand_over(struct database *database, struct claiming *claiming, size_t *ret_count,
          struct error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < claiming->count; i++) {
        struct claimed_order **order = &claiming->orders[i];
        const struct claimed_order *work = &claiming->works[i];
        if (work->crashes > WORK_CRASHES_MAX) {
            enum result result = work_park(database, claiming->ids[i], work->claim, err);
            claimed_order_free(order);
            if (result != RESULT_OK)
                return result;
            claiming->counted++;
        }
        struct claimed_order *readable = TAKE_PTR(*order);
        if (readable != NULL)
            claiming->orders[kept++] = readable;
    }
    *ret_count = kept;
    return RESULT_OK;
}

static enum result
wait_time(struct database *database, unsigned *ret_wait_ms, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, WAIT_SQL, NULL, &rows, err);

    if (result != RESULT_OK)
        return result;
    int64_t wait_ms = row_text(rows, 0, 0) == NULL ? WAIT_MAX_MS : row_int64(rows, 0, 0);
    if (wait_ms < WAIT_MIN_MS)
        wait_ms = WAIT_MIN_MS;
    *ret_wait_ms = wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : (unsigned)wait_ms;
    return RESULT_NONE;
}

enum result
work_claim(struct database *database, const struct claim_request *request,
           struct claimed_order ***ret_orders, size_t *ret_count, unsigned *ret_wait_ms,
           struct error *err)
{
    AMSYNC_CLEANUP(claiming_finish)
    struct claiming claiming = {
        .request = request,
        .capacity = request->max_new + request->max_known + 1,
    };
    claiming.ids = calloc(claiming.capacity, sizeof(*claiming.ids));
    claiming.works = calloc(claiming.capacity, sizeof(*claiming.works));
    if (claiming.ids == NULL || claiming.works == NULL)
        return error_result(err, RESULT_FAILED, "no memory for claims");

    for (int pass = 0; pass < PASSES_MAX; pass++) {
        size_t count = 0;
        enum result result = database_transaction(database, claim_body, &claiming, err);
        if (result == RESULT_OK)
            result = hand_over(database, &claiming, &count, err);
        if (result != RESULT_OK)
            return result;
        if (count > 0) {
            *ret_orders = TAKE_PTR(claiming.orders);
            *ret_count = count;
            return RESULT_OK;
        }
        if (claiming.counted == 0)
            break;
    }
    return wait_time(database, ret_wait_ms, err);
}

enum result
work_alone_is_due(struct database *database, bool *ret_due, struct error *err)
{
    static const char SQL[] = "SELECT EXISTS (SELECT FROM amsync.work WHERE crashes > 0"
                              " AND due_at <= statement_timestamp()"
                              " AND (quiet_until IS NULL OR quiet_until <= statement_timestamp())"
                              " AND (claim IS NULL OR lease_until <= statement_timestamp()))";
    AMSYNC_CLEANUP(cleanup_pgresult) PGresult *rows = NULL;
    enum result result = database_query(database, SQL, NULL, &rows, err);

    if (result == RESULT_OK)
        *ret_due = row_bool(rows, 0, 0);
    return result;
}

enum result
work_read(struct database *database, int64_t sales_order_id, struct claimed_order **ret_order,
          struct error *err)
{
    struct claimed_order *order = NULL;
    enum result result = orders_read(database, &sales_order_id, 1, &order, err);

    if (result != RESULT_OK)
        return result;
    if (order == NULL)
        return RESULT_NONE;
    *ret_order = order;
    return RESULT_OK;
}
