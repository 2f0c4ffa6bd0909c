/* Merging, claiming, recording, sweeping and asking at once, all of the same orders. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/housekeeping.h"
#include "store/order_sync.h"
#include "store/outcome.h"
#include "store/work.h"

#define ORDERS 60
#define ROUNDS 40

struct actor {
    enum result (*act)(struct database *database, struct error *err);
    int failures;
    struct error err;
};

static enum result
merge(struct database *database, struct error *err)
{
    (void)err;
    test_save_orders(database, "SO", ORDERS, "C1");
    return RESULT_OK;
}

/* Claims some orders and leaves every outcome that there is. */
static enum result
work(struct database *database, struct error *err)
{
    const struct claim_request request = {.max_new = 10, .max_known = 10, .lease_ms = 60000};
    struct claimed_order **orders = NULL;
    struct outcome *outcomes[20];
    size_t count = 0;
    size_t dropped = 0;
    unsigned wait_ms;
    enum result result = work_claim(database, &request, &orders, &count, &wait_ms, err);

    if (result != RESULT_OK)
        return result == RESULT_NONE ? RESULT_OK : result;
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = outcome_new(orders[i]);
        assert_non_null(outcomes[i]);
        outcomes[i]->done = i % 2 == 0;
        outcomes[i]->magento_entity_id = i % 4 == 0 ? (int64_t)i + 1 : 0;
    }
    result = outcomes_record(database, outcomes, count, &dropped, err);
    for (size_t i = 0; i < count; i++)
        outcome_free(&outcomes[i]);
    free(orders);
    return result;
}

static enum result
change_and_sweep(struct database *database, struct error *err)
{
    size_t made_due;
    enum result result = database_execute(
        database,
        "INSERT INTO amsync.rules_change (kind, value) VALUES ('preference', 'publishing')", err);

    while (result == RESULT_OK)
        result = rules_change_sweep(database, &made_due, err);
    return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result
ask(struct database *database, struct error *err)
{
    PGresult *ids = NULL;
    enum result result = database_query(
        database, "SELECT id FROM amsync.sales_order ORDER BY id DESC LIMIT 10", NULL, &ids, err);

    for (int row = 0; result == RESULT_OK && row < PQntuples(ids); row++)
        result = order_sync_now(database, row_int64(ids, row, 0), row % 2 == 0, err);
    PQclear(ids);
    return result;
}

static void *
actor_main(void *argument)
{
    struct actor *actor = argument;
    struct database *database = NULL;

    if (database_open(test_database_url(), "test", 20000, &database, &actor->err) != RESULT_OK)
        return NULL;
    actor->failures = 0;
    for (int round = 0; round < ROUNDS; round++)
        if (actor->act(database, &actor->err) != RESULT_OK)
            actor->failures++;
    database_close(&database);
    return NULL;
}

static int64_t
deadlocks(void)
{
    return test_int64("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
}

static void
nobody_waits_for_somebody_who_waits_for_him(void **state)
{
    struct actor actors[] = {
        {.act = merge, .failures = -1},
        {.act = merge, .failures = -1},
        {.act = work, .failures = -1},
        {.act = work, .failures = -1},
        {.act = change_and_sweep, .failures = -1},
        {.act = ask, .failures = -1},
    };
    enum { ACTORS = sizeof(actors) / sizeof(actors[0]) };
    pthread_t threads[ACTORS];
    int64_t before = deadlocks();

    (void)state;
    for (size_t i = 0; i < ACTORS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, actor_main, &actors[i]), 0);
    for (size_t i = 0; i < ACTORS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < ACTORS; i++)
        if (actors[i].failures != 0)
            fail_msg("actor %zu: %d failures, %s", i, actors[i].failures, actors[i].err.text);
    assert_int_equal(deadlocks(), before);
    /* Every order is either done or still due, and nobody holds it. */
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL"), 0);
    assert_int_equal(test_int64("SELECT count(*) FROM amsync.sales_order"), ORDERS);
    assert_int_equal(test_int64("SELECT max(crashes) FROM amsync.work"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_waits_for_somebody_who_waits_for_him, test_empty),
    };

    return cmocka_run_group_tests(tests, test_migrate, NULL);
}
