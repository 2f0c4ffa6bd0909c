#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

static void
what_is_appended_is_there(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(100);

    assert_string_equal(buffer_text(&buffer), "");
    buffer_append(&buffer, "ab\0c", 4);
    buffer_append_text(&buffer, "de");
    buffer_append_byte(&buffer, 'f');
    buffer_append_format(&buffer, "%s-%d", "g", 7);
    buffer_append(&buffer, NULL, 0);
    assert_int_equal(buffer_result(&buffer), RESULT_OK);
    assert_int_equal(buffer.length, 10);
    assert_memory_equal(buffer_text(&buffer), "ab\0cdefg-7", 11);
}

static void
the_maximum_can_be_filled_but_not_passed(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(5);

    buffer_append_text(&buffer, "12345");
    assert_int_equal(buffer_result(&buffer), RESULT_OK);
    buffer_append_text(&buffer, "");
    assert_int_equal(buffer_result(&buffer), RESULT_OK);
    buffer_append_byte(&buffer, '6');
    assert_int_equal(buffer_result(&buffer), RESULT_REJECTED);
    assert_string_equal(buffer_text(&buffer), "12345");
    assert_true(buffer.capacity <= 6);
}

static void
a_failure_stays(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(4);
    char *text = NULL;

    buffer_append_text(&buffer, "12");
    buffer_append_format(&buffer, "%d", 345);
    buffer_append_text(&buffer, "3");
    assert_int_equal(buffer_result(&buffer), RESULT_REJECTED);
    assert_string_equal(buffer_text(&buffer), "12");
    assert_int_equal(buffer_take(&buffer, &text, NULL), RESULT_REJECTED);
    assert_null(text);

    buffer_reset(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_append_text(&buffer, "1234");
    assert_int_equal(buffer_result(&buffer), RESULT_OK);
}

static void
a_length_that_would_wrap_is_rejected(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(SIZE_MAX - 1);

    buffer_append_text(&buffer, "x");
    buffer_append(&buffer, "y", SIZE_MAX);
    assert_int_equal(buffer_result(&buffer), RESULT_REJECTED);
    assert_string_equal(buffer_text(&buffer), "x");
}

/* The sanitizers' allocators would rather stop than return NULL. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *
__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* Asked of malloc itself, which refuses more than half of the address space. */
static void
no_memory_is_a_failure(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(SIZE_MAX - 1);

    buffer_append_text(&buffer, "x");
    buffer_append(&buffer, "y", SIZE_MAX - 16);
    assert_int_equal(buffer_result(&buffer), RESULT_FAILED);
    assert_string_equal(buffer_text(&buffer), "x");
}

static void
taking_leaves_it_empty_and_usable(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(10);
    AMSYNC_CLEANUP(cleanup_free) char *first = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *second = NULL;
    size_t length = 99;

    buffer_append_text(&buffer, "one");
    assert_int_equal(buffer_take(&buffer, &first, &length), RESULT_OK);
    assert_string_equal(first, "one");
    assert_int_equal(length, 3);
    assert_string_equal(buffer_text(&buffer), "");
    assert_int_equal(buffer_take(&buffer, &second, &length), RESULT_OK);
    assert_string_equal(second, "");
    assert_int_equal(length, 0);
    buffer_append_text(&buffer, "0123456789");
    assert_int_equal(buffer_result(&buffer), RESULT_OK);
}

static void
it_grows_to_any_size_up_to_the_maximum(void **state)
{
    (void)state;
    size_t max = 100003;
    AMSYNC_CLEANUP(buffer_free) struct buffer buffer = BUFFER_INITIAL(0);

    buffer_init(&buffer, max);
    for (size_t i = 0; i < max; i++) {
        buffer_append_byte(&buffer, (char)('a' + i % 26));
        assert_true(buffer.capacity <= max + 1);
    }
    assert_int_equal(buffer_result(&buffer), RESULT_OK);
    for (size_t i = 0; i < max; i++)
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    assert_int_equal(strlen(buffer_text(&buffer)), max);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_is_there),
        cmocka_unit_test(the_maximum_can_be_filled_but_not_passed),
        cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(a_length_that_would_wrap_is_rejected),
        cmocka_unit_test(no_memory_is_a_failure),
        cmocka_unit_test(taking_leaves_it_empty_and_usable),
        cmocka_unit_test(it_grows_to_any_size_up_to_the_maximum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
