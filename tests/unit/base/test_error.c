#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/error.h"

static void
a_message_is_kept(void **state)
{
    (void)state;
    struct error err;

    assert_int_equal(error_result(&err, RESULT_REJECTED, "line %d", 7), RESULT_REJECTED);
    assert_string_equal(err.text, "line 7");
}

static void
a_prefix_names_the_context(void **state)
{
    (void)state;
    struct error err;

    error_set(&err, "no such file");
    error_prefix(&err, "AMSYNC_%s", "X");
    assert_string_equal(err.text, "AMSYNC_X: no such file");
}

static void
a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[2 * ERROR_TEXT_BYTES + 2];
    struct error err;

    /* One ASCII letter first, so that the cut falls into the middle of a two-byte character. */
    memset(text, 0, sizeof(text));
    for (size_t i = 0; i + 1 < sizeof(text) - 1; i += 2)
        memcpy(text + i, "\xC3\xA4", 2);
    error_set(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 2);
    error_set(&err, "x%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
    assert_int_equal((unsigned char)err.text[ERROR_TEXT_BYTES - 2], 0xA4);
}

static void
no_error_wanted_is_no_crash(void **state)
{
    (void)state;
    error_set(NULL, "nobody reads this");
    error_prefix(NULL, "nor this");
    assert_int_equal(error_result(NULL, RESULT_RETRY, "nor this"), RESULT_RETRY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_kept),
        cmocka_unit_test(a_prefix_names_the_context),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(no_error_wanted_is_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
