#include "work_support.h"

#include <stdlib.h>

int
test_work_set_up(void **state)
{
    (void)test_empty(state);
    *state = test_open();
    return 0;
}

int
test_work_tear_down(void **state)
{
    struct database *database = *state;

    database_close(&database);
    return 0;
}

void
test_claimed_free(struct test_claimed *claimed)
{
    for (size_t i = 0; i < claimed->count; i++)
        claimed_order_free(&claimed->orders[i]);
    free(claimed->orders);
    *claimed = (struct test_claimed){0};
}

struct test_claimed
test_claim_with(struct database *database, struct claim_request request)
{
    struct test_claimed claimed = {0};
    unsigned wait_ms = 0;
    struct error err;
    enum result result =
        work_claim(database, &request, &claimed.orders, &claimed.count, &wait_ms, &err);

    if (result == RESULT_NONE)
        assert_in_range(wait_ms, 1, 1000);
    else
        assert_ok(result, err);
    return claimed;
}

struct test_claimed
test_claim(struct database *database, size_t max)
{
    return test_claim_with(database, (struct claim_request){.max_new = max,
                                                            .max_known = max,
                                                            .lease_ms = LEASE_MS,
                                                            .alone_allowed = false});
}

struct test_claimed
test_claim_alone(struct database *database)
{
    return test_claim_with(
        database, (struct claim_request){
                      .max_new = 10, .max_known = 10, .lease_ms = LEASE_MS, .alone_allowed = true});
}

void
test_end_leases(struct database *database)
{
    test_execute(database, "UPDATE amsync.work SET lease_until = now() - interval '1 second'"
                           " WHERE claim IS NOT NULL");
}

struct outcome *
test_outcome_of(struct test_claimed *claimed, size_t index)
{
    struct outcome *outcome = outcome_new(claimed->orders[index]);

    assert_non_null(outcome);
    claimed->orders[index] = NULL;
    return outcome;
}

size_t
test_record(struct database *database, struct outcome *outcome)
{
    struct outcome *const outcomes[] = {outcome};
    size_t dropped = 99;
    struct error err;

    assert_ok(outcomes_record(database, outcomes, 1, &dropped, &err), err);
    outcome_free(&outcome);
    return dropped;
}
