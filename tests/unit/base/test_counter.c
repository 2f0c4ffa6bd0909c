#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/counter.h"

#define THREADS 4
#define ROUNDS 20000

static const struct histogram_scale SCALE = {
    .per_unit = 1, .bound_count = 3, .bounds = {10, 20, 40}};

static void
assert_buckets(const struct histogram *histogram, const uint64_t expected[4])
{
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(counter_read(&histogram->buckets[i]), expected[i]);
}

static void
test_a_value_falls_into_the_first_bucket_that_holds_it(void **state)
{
    struct histogram histogram;

    (void)state;
    histogram_init(&histogram, &SCALE);
    assert_buckets(&histogram, (uint64_t[]){0, 0, 0, 0});
    histogram_observe(&histogram, 0);
    histogram_observe(&histogram, 10);
    histogram_observe(&histogram, 11);
    histogram_observe(&histogram, 40);
    histogram_observe(&histogram, 41);
    histogram_observe(&histogram, 1000000);
    assert_buckets(&histogram, (uint64_t[]){2, 1, 1, 2});
    assert_int_equal(counter_read(&histogram.sum), 1000102);
}

static void
test_the_scale_of_seconds_ascends(void **state)
{
    const struct histogram_scale *scale = &histogram_of_seconds;

    (void)state;
    assert_in_range(scale->bound_count, 2, HISTOGRAM_BOUNDS_MAX);
    for (size_t i = 1; i < scale->bound_count; i++)
        assert_true(scale->bounds[i - 1] < scale->bounds[i]);
    assert_int_equal(scale->bounds[scale->bound_count - 1], 60 * scale->per_unit);
}

static void *
observe_much(void *argument)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        histogram_observe(argument, i % 50);
    return NULL;
}

static void
test_threads_lose_nothing(void **state)
{
    struct histogram histogram;
    pthread_t threads[THREADS];
    uint64_t count = 0;

    (void)state;
    histogram_init(&histogram, &SCALE);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, observe_much, &histogram), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i <= SCALE.bound_count; i++)
        count += counter_read(&histogram.buckets[i]);
    assert_int_equal(count, THREADS * ROUNDS);
    assert_int_equal(counter_read(&histogram.sum), THREADS * (ROUNDS / 50) * (49 * 50 / 2));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_falls_into_the_first_bucket_that_holds_it),
        cmocka_unit_test(test_the_scale_of_seconds_ascends),
        cmocka_unit_test(test_threads_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
