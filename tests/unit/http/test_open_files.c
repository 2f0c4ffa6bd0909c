#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>

#include "http/open_files.h"

#define RESERVE (OPEN_FILES_RESERVE + 8 * OPEN_FILES_PER_WORKER)

static void
set_soft_limit(rlim_t files)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = files;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
set_both_limits(rlim_t files)
{
    const struct rlimit limit = {.rlim_cur = files, .rlim_max = files};

    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* In this order, since a hard limit cannot be raised again. */
static void
test_limits(void **state)
{
    struct rlimit limit;
    struct error err = {0};
    unsigned allowed = 0;

    (void)state;
    set_soft_limit(128);
    assert_int_equal(open_files_allow(500, 8, &allowed, &err), RESULT_OK);
    assert_int_equal(allowed, 500);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 500 + RESERVE);
    set_both_limits(RESERVE + 100);
    assert_int_equal(open_files_allow(500, 8, &allowed, &err), RESULT_OK);
    assert_int_equal(allowed, 100);
    set_both_limits(RESERVE);
    assert_int_equal(open_files_allow(500, 8, &allowed, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "ulimit -n"));
    assert_int_equal(allowed, 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
