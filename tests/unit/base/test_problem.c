#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/problem.h"

static json_t *
problem(unsigned status, const char *detail)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    json_t *body = NULL;

    assert_int_equal(problem_json(status, detail, &text), RESULT_OK);
    assert_int_equal(json_decode(text, strlen(text), 1, 0, &body, NULL), RESULT_OK);
    return body;
}

static void
a_problem_reads_as_rfc_9457(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;

    assert_int_equal(problem_json(413, "a \"big\" body", &text), RESULT_OK);
    assert_string_equal(text, "{\"type\":\"about:blank\",\"title\":\"Content Too Large\","
                              "\"status\":413,\"detail\":\"a \\\"big\\\" body\"}");
    assert_string_equal(problem_title(400), "Bad Request");
    assert_string_equal(problem_title(503), "Service Unavailable");
    assert_string_equal(problem_title(599), "Error");
}

static void
any_detail_is_bounded_and_valid(void **state)
{
    (void)state;
    char hostile[100001];

    for (size_t i = 0; i + 1 < sizeof(hostile); i++)
        hostile[i] = (char)(i % 255 + 1);
    hostile[sizeof(hostile) - 1] = '\0';

    AMSYNC_CLEANUP(cleanup_json) json_t *body = problem(400, hostile);
    const char *detail = json_object_text(body, "detail");

    assert_non_null(detail);
    assert_true(strlen(detail) > 4000 && strlen(detail) < 20000);
    memset(hostile, '\1', sizeof(hostile) - 1);

    AMSYNC_CLEANUP(cleanup_json) json_t *controls = problem(400, hostile);

    assert_int_equal(strspn(json_object_text(controls, "detail"), "\1"), 4096);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_reads_as_rfc_9457),
        cmocka_unit_test(any_detail_is_bounded_and_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
