#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/readiness.h"

static void
test_each_part_is_needed(void **state)
{
    struct readiness readiness;

    (void)state;
    readiness_init(&readiness);
    assert_false(readiness_look(&readiness, 0).ready);
    readiness_schema_current(&readiness);
    assert_false(readiness_look(&readiness, 0).ready);
    readiness_written(&readiness, 1000);
    assert_true(readiness_look(&readiness, 1000).ready);
    readiness_schema_not_current(&readiness, "it is old");
    assert_false(readiness_look(&readiness, 1000).ready);
    assert_string_equal(readiness_look(&readiness, 1000).reason, "it is old");
    readiness_schema_current(&readiness);
    readiness_not_writable(&readiness, "it is full");
    assert_false(readiness_look(&readiness, 1000).ready);
    assert_string_equal(readiness_look(&readiness, 1000).reason, "it is full");
    readiness_written(&readiness, 1000);
    assert_true(readiness_look(&readiness, 1000).ready);
    assert_string_equal(readiness_look(&readiness, 1000).reason, "");
    readiness_drain(&readiness);
    assert_false(readiness_look(&readiness, 1000).ready);
    assert_true(readiness_look(&readiness, 1000).draining);
}

/* A writer that has come to a standstill says nothing more. */
static void
test_a_write_grows_old(void **state)
{
    struct readiness readiness;

    (void)state;
    readiness_init(&readiness);
    readiness_schema_current(&readiness);
    readiness_written(&readiness, 1000);
    assert_true(readiness_look(&readiness, 1000 + READINESS_WRITE_VALID_MS).ready);
    assert_false(readiness_look(&readiness, 1001 + READINESS_WRITE_VALID_MS).ready);
    assert_false(readiness_look(&readiness, 1001 + READINESS_WRITE_VALID_MS).database_writable);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_is_needed),
        cmocka_unit_test(test_a_write_grows_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
