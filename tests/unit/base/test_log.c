#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#define THREADS 4
#define LINES_A_THREAD 500

/* Stderr goes into a file while a test runs. */
struct capture {
    int saved_stderr;
    int file;
};

static int
start_capture(void **state)
{
    struct capture *capture = calloc(1, sizeof(*capture));
    char path[] = "/tmp/amsync-test-log-XXXXXX";

    if (capture == NULL)
        return -1;
    capture->file = mkostemp(path, O_CLOEXEC | O_APPEND);
    capture->saved_stderr = dup(STDERR_FILENO);
    if (capture->file < 0 || unlink(path) != 0 || dup2(capture->file, STDERR_FILENO) < 0) {
        free(capture);
        return -1;
    }
    log_set_level(LOG_LEVEL_INFO);
    *state = capture;
    return 0;
}

static int
end_capture(void **state)
{
    struct capture *capture = *state;

    (void)dup2(capture->saved_stderr, STDERR_FILENO);
    (void)close(capture->saved_stderr);
    (void)close(capture->file);
    free(capture);
    return 0;
}

/* All that was logged; to be freed. */
static char *
captured(void **state)
{
    const struct capture *capture = *state;
    off_t size = lseek(capture->file, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);

    assert_non_null(text);
    assert_true(pread(capture->file, text, (size_t)size, 0) == size);
    return text;
}

/* The only line, decoded; it is one whole line. */
static json_t *
captured_line(void **state)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = captured(state);
    size_t length = strlen(text);
    json_t *line = NULL;
    struct error err = {0};

    assert_true(length > 0 && length <= LOG_LINE_BYTES);
    assert_ptr_equal(strchr(text, '\n'), text + length - 1);
    assert_int_equal(json_decode(text, length, 1, 0, &line, &err), RESULT_OK);
    return line;
}

static void
a_line_is_one_json_object(void **state)
{
    int64_t before = clock_unix_ms();
    int64_t at = 0;

    log_warning("serve.ready", "listening on %s:%d", "127.0.0.1", 8080);

    AMSYNC_CLEANUP(cleanup_free) char *text = captured(state);
    AMSYNC_CLEANUP(cleanup_json) json_t *line = captured_line(state);

    assert_int_equal(strncmp(text, "{\"at\":\"", 7), 0);
    assert_non_null(strstr(text, "Z\",\"level\":\"warning\",\"event\":\"serve.ready\","
                                 "\"message\":\"listening on 127.0.0.1:8080\"}\n"));
    assert_int_equal(timestamp_parse_rfc3339(json_object_text(line, "at"), &at), RESULT_OK);
    assert_true(at >= before && at <= clock_unix_ms());
}

static void
the_level_decides(void **state)
{
    log_set_level(LOG_LEVEL_WARNING);
    assert_false(log_enabled(LOG_LEVEL_INFO));
    assert_true(log_enabled(LOG_LEVEL_WARNING));
    log_debug("e", "dropped");
    log_info("e", "dropped");
    log_warning("e", "kept 1");
    log_error("e", "kept 2");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("e", "kept 3");
    log_info("e", "kept 4");

    AMSYNC_CLEANUP(cleanup_free) char *text = captured(state);

    assert_null(strstr(text, "dropped"));
    assert_non_null(strstr(text, "\"level\":\"warning\",\"event\":\"e\",\"message\":\"kept 1\""));
    assert_non_null(strstr(text, "\"level\":\"error\",\"event\":\"e\",\"message\":\"kept 2\""));
    assert_non_null(strstr(text, "\"level\":\"debug\",\"event\":\"e\",\"message\":\"kept 3\""));
    assert_non_null(strstr(text, "\"level\":\"info\",\"event\":\"e\",\"message\":\"kept 4\""));
}

static void
hostile_messages_stay_in_their_line(void **state)
{
    log_info("e", "%s", "quote \" backslash \\ newline \n tab \t \x01 \x7F euro \xE2\x82\xAC \xFF");

    AMSYNC_CLEANUP(cleanup_json) json_t *line = captured_line(state);

    assert_string_equal(
        json_object_text(line, "message"),
        "quote \" backslash \\ newline \n tab \t \x01 \x7F euro \xE2\x82\xAC \xEF\xBF\xBD");
}

static void
any_length_makes_one_valid_line(void **state)
{
    static const char *const units[] = {"x",    "\x01", "\xE2\x82\xAC", "a\xF0\x9F\x9A\x80",
                                        "\xFF", "\""};
    struct capture *capture = *state;

    for (size_t unit = 0; unit < sizeof(units) / sizeof(units[0]); unit++) {
        for (size_t count = 300; count < 4200; count += 13) {
            AMSYNC_CLEANUP(buffer_free) struct buffer message = BUFFER_INITIAL(100000);

            for (size_t i = 0; i < count; i++)
                buffer_append_text(&message, units[unit]);
            assert_int_equal(ftruncate(capture->file, 0), 0);
            log_info("e", "%s", buffer_text(&message));

            AMSYNC_CLEANUP(cleanup_json) json_t *line = captured_line(state);
            const char *logged = json_object_text(line, "message");
            size_t length = strlen(logged);

            if (length >= 3 && strcmp(logged + length - 3, "...") == 0)
                assert_true(length > 500);
            else if (unit != 4)
                assert_string_equal(logged, buffer_text(&message));
            else
                assert_int_equal(length, 3 * count);
        }
    }
}

static void
errno_is_kept(void **state)
{
    (void)state;
    errno = ENOENT;
    log_info("e", "%m");
    assert_int_equal(errno, ENOENT);
}

static void *
write_lines(void *context)
{
    const char *name = context;

    for (int i = 0; i < LINES_A_THREAD; i++)
        log_info(name, "%0*d", 1 + i * 5, i);
    return NULL;
}

static void
lines_of_several_threads_do_not_mix(void **state)
{
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    int lines = 0;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);

    AMSYNC_CLEANUP(cleanup_free) char *text = captured(state);
    char *rest = text;

    for (char *line = strsep(&rest, "\n"); line != NULL && rest != NULL;
         line = strsep(&rest, "\n")) {
        AMSYNC_CLEANUP(cleanup_json) json_t *object = NULL;

        assert_int_equal(json_decode(line, strlen(line), 1, 0, &object, NULL), RESULT_OK);
        lines++;
    }
    assert_int_equal(lines, THREADS * LINES_A_THREAD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_one_json_object, start_capture, end_capture),
        cmocka_unit_test_setup_teardown(the_level_decides, start_capture, end_capture),
        cmocka_unit_test_setup_teardown(hostile_messages_stay_in_their_line, start_capture,
                                        end_capture),
        cmocka_unit_test_setup_teardown(any_length_makes_one_valid_line, start_capture,
                                        end_capture),
        cmocka_unit_test_setup_teardown(errno_is_kept, start_capture, end_capture),
        cmocka_unit_test_setup_teardown(lines_of_several_threads_do_not_mix, start_capture,
                                        end_capture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
