#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "magento/answer.h"

#define MAINTENANCE                                                                                \
    "<!doctype html>\n<html><head>\n    <title>Error 503: Service Unavailable</title></head>\n"    \
    "<body><h1>Service Temporarily Unavailable</h1>\n<p>\n    The server is temporarily unable "   \
    "to service your request due to maintenance downtime or capacity problems.\n"                  \
    "    Please try again later.\n</p></body></html>\n"

#define NOT_ITS_WORDS                                                                              \
    ", but not in Magento's words: check AMSYNC_MAGENTO_URL, and the proxy or firewall before it"

struct expectation {
    const char *name;
    long status;
    const char *body;
    enum magento_outcome of_write;
    enum magento_outcome of_read;
    const char *message;
};

static const struct expectation table[] = {
    {"an order", 200, "{\"entity_id\":1}", MAGENTO_DONE, MAGENTO_DONE, ""},
    {"a scalar", 200, "\"104\"", MAGENTO_DONE, MAGENTO_DONE, ""},
    {"no", 200, "false", MAGENTO_DONE, MAGENTO_DONE, ""},
    {"an empty answer", 200, "", MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 200, but not with JSON: check AMSYNC_MAGENTO_URL"},
    {"a page of a shop", 200, "<html>", MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 200, but not with JSON: check AMSYNC_MAGENTO_URL"},
    {"an interim answer", 100, "", MAGENTO_UNKNOWN, MAGENTO_AGAIN, "Magento answered 100"},
    {"moved", 301, "", MAGENTO_UNKNOWN, MAGENTO_AGAIN, "Magento answered 301"},
    {"refused", 400, "{\"message\":\"Unique constraint violation found\"}", MAGENTO_REFUSED,
     MAGENTO_REFUSED, "Unique constraint violation found"},
    {"a list of parameters", 400,
     "{\"message\":\"We can't save the address:\\n%1\",\"parameters\":[\"\\\"Phone Number\\\" is "
     "required. Enter and try again.\"]}",
     MAGENTO_REFUSED, MAGENTO_REFUSED,
     "We can't save the address: \"Phone Number\" is required. Enter and try again."},
    {"could not save", 400,
     "{\"message\":\"Could not save a shipment, see error log for details\"}", MAGENTO_UNKNOWN,
     MAGENTO_AGAIN, "Could not save a shipment, see error log for details"},
    {"couldn't be saved", 400, "{\"message\":\"The shipment couldn't be saved.\"}", MAGENTO_UNKNOWN,
     MAGENTO_AGAIN, "The shipment couldn't be saved."},
    {"another thing with an article", 400, "{\"message\":\"The shipment is gone.\"}",
     MAGENTO_REFUSED, MAGENTO_REFUSED, "The shipment is gone."},
    {"no right", 401, "{\"message\":\"no\",\"parameters\":[\"self\"]}", MAGENTO_UNAUTHORIZED,
     MAGENTO_UNAUTHORIZED, "no"},
    {"a right is missing", 401,
     "{\"message\":\"The consumer isn't authorized to access %resources.\","
     "\"parameters\":{\"resources\":\"Magento_Sales::ship\"}}",
     MAGENTO_UNAUTHORIZED, MAGENTO_UNAUTHORIZED, "Magento's integration lacks Magento_Sales::ship"},
    {"a wrong signature", 401, "{\"message\":\"The signature is invalid. Verify and try again.\"}",
     MAGENTO_UNAUTHORIZED, MAGENTO_UNAUTHORIZED, "The signature is invalid. Verify and try again."},
    {"no word", 401, "", MAGENTO_UNAUTHORIZED, MAGENTO_UNAUTHORIZED,
     "Magento does not accept amsync's credentials (401)"},
    {"a firewall", 403, "<html>no</html>", MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 403" NOT_ITS_WORDS},
    {"nginx without its routes", 404, "", MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 404" NOT_ITS_WORDS},
    {"a gateway's own JSON", 405, "{\"error\":\"no\"}", MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 405" NOT_ITS_WORDS},
    {"a message that is none", 403, "{\"message\":{\"text\":\"no\"}}", MAGENTO_UNKNOWN,
     MAGENTO_AGAIN, "Magento answered 403" NOT_ITS_WORDS},
    {"a body that is too large for a proxy", 413, "<html>", MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 413" NOT_ITS_WORDS},
    {"no such route", 404, "{\"message\":\"Request does not match any route.\"}", MAGENTO_REFUSED,
     MAGENTO_REFUSED, "Request does not match any route."},
    {"request time-out", 408, "", MAGENTO_UNKNOWN, MAGENTO_AGAIN, "Magento answered 408"},
    {"too many", 429, "{\"message\":\"Too Many Requests\"}", MAGENTO_AGAIN, MAGENTO_AGAIN,
     "Magento answered 429 (too many requests)"},
    {"an internal error", 500,
     "{\"message\":\"Internal Error. Details are available in Magento log file. Report ID: "
     "webapi-6b03f348afb0f\"}",
     MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 500: Internal Error. Details are available in Magento log file. Report ID: "
     "webapi-6b03f348afb0f"},
    {"a proxy without Magento", 502, "<html>", MAGENTO_UNKNOWN, MAGENTO_AGAIN,
     "Magento answered 502"},
    {"Magento's maintenance page", 503, MAINTENANCE, MAGENTO_AGAIN, MAGENTO_AGAIN,
     "Magento answered 503 (maintenance)"},
    {"half a maintenance page", 503, "Error 503: Service Unavailable", MAGENTO_UNKNOWN,
     MAGENTO_AGAIN, "Magento answered 503"},
    {"a proxy's 503", 503, "<h1>Error 503 Backend fetch failed</h1>", MAGENTO_UNKNOWN,
     MAGENTO_AGAIN, "Magento answered 503"},
};

static void
assert_judged(const struct expectation *expected, bool is_write)
{
    struct magento_exchange exchange = {
        .is_write = is_write,
        .sent = true,
        .status = expected->status,
        .body = expected->body,
        .body_bytes = strlen(expected->body),
    };
    struct magento_answer answer = {0};
    enum magento_outcome wanted = is_write ? expected->of_write : expected->of_read;

    magento_answer_judge(&exchange, &answer);
    if (answer.outcome != wanted)
        fail_msg("%s: %s instead of %s", expected->name, magento_outcome_name(answer.outcome),
                 magento_outcome_name(wanted));
    assert_string_equal(answer.message, expected->message);
    assert_int_equal(answer.http_status, expected->status);
    magento_answer_finish(&answer);
}

static void
answers_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_judged(&table[i], true);
        assert_judged(&table[i], false);
    }
}

static void
a_missing_right_is_named(void **state)
{
    (void)state;
    static const char body[] = "{\"message\":\"The consumer isn't authorized to access "
                               "%resources.\",\"parameters\":{\"resources\":\"Magento_Sales::ship"
                               "\"}}";
    struct magento_exchange exchange = {
        .is_write = true, .sent = true, .status = 401, .body = body, .body_bytes = strlen(body)};
    struct magento_answer answer = {0};

    magento_answer_judge(&exchange, &answer);
    assert_string_equal(answer.resource, "Magento_Sales::ship");
    magento_answer_finish(&answer);
}

static void
assert_without_answer(struct magento_exchange exchange, enum magento_outcome wanted)
{
    struct magento_answer answer = {0};

    magento_answer_judge(&exchange, &answer);
    assert_int_equal(answer.outcome, wanted);
    assert_int_not_equal(strlen(answer.message), 0);
    magento_answer_finish(&answer);
}

static void
what_did_not_leave_has_not_happened(void **state)
{
    (void)state;
    assert_without_answer((struct magento_exchange){.is_write = true, .transport_error = "refused"},
                          MAGENTO_AGAIN);
    assert_without_answer((struct magento_exchange){.is_write = true,
                                                    .past_deadline = true,
                                                    .transport_error = "stopped"},
                          MAGENTO_DEADLINE);
    assert_without_answer(
        (struct magento_exchange){.is_write = true, .aborted = true, .transport_error = "stopped"},
        MAGENTO_ABORTED);
}

static void
what_left_without_an_answer_is_unknown(void **state)
{
    (void)state;
    struct magento_exchange write = {.is_write = true, .sent = true, .transport_error = "reset"};
    struct magento_exchange read = {.sent = true, .transport_error = "reset"};

    assert_without_answer(write, MAGENTO_UNKNOWN);
    assert_without_answer(read, MAGENTO_AGAIN);
    write.aborted = true;
    assert_without_answer(write, MAGENTO_UNKNOWN);
    read.aborted = true;
    assert_without_answer(read, MAGENTO_ABORTED);
    /* A status line has come, the rest has not. */
    write = (struct magento_exchange){
        .is_write = true, .sent = true, .status = 400, .transport_error = "truncated"};
    assert_without_answer(write, MAGENTO_UNKNOWN);
}

static unsigned
judged_retry_after(const char *header)
{
    struct magento_exchange exchange = {
        .sent = true, .status = 429, .body = "", .retry_after = header};
    struct magento_answer answer = {0};
    unsigned retry_after_ms;

    magento_answer_judge(&exchange, &answer);
    retry_after_ms = answer.retry_after_ms;
    magento_answer_finish(&answer);
    return retry_after_ms;
}

static void
retry_after_is_respected_and_capped(void **state)
{
    (void)state;
    assert_int_equal(judged_retry_after("7"), 7000);
    assert_int_equal(judged_retry_after("999999999"), MAGENTO_RETRY_AFTER_MAX_MS);
    assert_int_equal(judged_retry_after("99999999999999999999"), 0);
    assert_int_equal(judged_retry_after("-1"), 0);
    assert_int_equal(judged_retry_after("Mon, 23 Nov 2026 07:56:06 GMT"), 0);
    assert_int_equal(judged_retry_after(NULL), 0);
}

static void
assert_filled(const char *json_text, const char *wanted)
{
    json_t *error = json_loads(json_text, 0, NULL);
    char message[MAGENTO_MESSAGE_BYTES];

    assert_non_null(error);
    assert_int_equal(magento_message_fill(error, message), RESULT_OK);
    json_decref(error);
    assert_string_equal(message, wanted);
}

static void
parameters_are_filled_in(void **state)
{
    (void)state;
    assert_filled("{\"message\":\"%2 before %1, %3\",\"parameters\":[\"a\",7]}", "7 before a, %3");
    assert_filled("{\"message\":\"%field %fieldName %x 5%\",\"parameters\":{\"field\":\"f\","
                  "\"fieldName\":\"entity\"}}",
                  "f entity %x 5%");
    assert_filled("{\"message\":\"%1\",\"parameters\":{\"1\":\"%1\"}}", "%1");
    assert_filled("{\"message\":\"%1\"}", "%1");
    assert_filled("{\"message\":\"%1\",\"parameters\":[{\"deep\":1}]}", "");
    assert_filled("{\"message\":\"a:\",\"errors\":[{\"message\":\"b %1\",\"parameters\":[\"c\"]},"
                  "{\"message\":\"d\"}]}",
                  "a: b c d");
    assert_filled("{\"message\":\"%a_b %0 %92345678901 %1\",\"parameters\":[1.5]}",
                  "%a_b %0 %92345678901 1.5");
    assert_filled("{\"message\":\"%a_b\",\"parameters\":{\"a_b\":true}}", "");
    assert_filled("{\"error\":\"x\"}", "");
    assert_filled("[]", "");
}

static void
a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[3 * MAGENTO_MESSAGE_BYTES];
    char message[MAGENTO_MESSAGE_BYTES];
    size_t length = 0;

    for (; length + 2 < sizeof(text); length += 2)
        memcpy(text + length, "\xC3\xA4", 2);
    text[length] = '\0';

    json_t *error = json_pack("{s:s, s:[s]}", "message", "x%1", "parameters", text);

    assert_non_null(error);
    assert_int_equal(magento_message_fill(error, message), RESULT_OK);
    json_decref(error);
    assert_int_equal(strlen(message), MAGENTO_MESSAGE_BYTES - 1);
    assert_int_equal((unsigned char)message[MAGENTO_MESSAGE_BYTES - 2], 0xA4);
}

static void
a_message_is_utf_8_whatever_comes(void **state)
{
    (void)state;
    struct magento_exchange exchange = {
        .sent = true, .status = 302, .body = "\xFF\xFE", .body_bytes = 2, .location = "/\xE4/"};
    struct magento_answer answer = {0};
    char text[2 * MAGENTO_MESSAGE_BYTES];

    magento_answer_judge(&exchange, &answer);
    assert_string_equal(answer.message,
                        "Magento answered 302 and names /?/ instead: check AMSYNC_MAGENTO_URL");
    assert_string_equal(answer.answer_text, "\xEF\xBF\xBD\xEF\xBF\xBD");
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\xC3\xA4", 3);
    magento_answer_say(&answer, "%s", text);
    assert_int_equal(strlen(answer.message), MAGENTO_MESSAGE_BYTES - 1);
    assert_int_equal(answer.message[MAGENTO_MESSAGE_BYTES - 2], '?');
    magento_answer_finish(&answer);
}

static void
outcomes_have_names(void **state)
{
    static const char *const names[] = {
        [MAGENTO_DONE] = "done",
        [MAGENTO_AGAIN] = "again",
        [MAGENTO_UNKNOWN] = "unknown",
        [MAGENTO_REFUSED] = "refused",
        [MAGENTO_UNAUTHORIZED] = "unauthorized",
        [MAGENTO_DEADLINE] = "deadline",
        [MAGENTO_ABORTED] = "aborted",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_string_equal(magento_outcome_name((enum magento_outcome)i), names[i]);
}

static void
what_happened_before_an_answer_came_counts(void **state)
{
    static const struct {
        struct magento_exchange exchange;
        enum magento_outcome outcome;
        const char *message;
    } cases[] = {
        {{.is_write = true}, MAGENTO_AGAIN, "Magento could not be reached: no answer came"},
        {{.sent = true, .past_deadline = true, .is_write = true, .transport_error = "closed"},
         MAGENTO_UNKNOWN,
         "Magento's answer did not come whole: closed"},
        {{.sent = true, .aborted = true, .is_write = true, .transport_error = "closed"},
         MAGENTO_UNKNOWN,
         "Magento's answer did not come whole: closed"},
        {{.sent = true, .aborted = true, .transport_error = "closed"},
         MAGENTO_ABORTED,
         "not sent: amsync is stopping"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct magento_answer answer = {0};

        magento_answer_judge(&cases[i].exchange, &answer);
        assert_int_equal(answer.outcome, cases[i].outcome);
        assert_string_equal(answer.message, cases[i].message);
        magento_answer_finish(&answer);
    }
}

static void
a_nul_in_an_answer_is_kept_as_a_blank(void **state)
{
    (void)state;
    const struct magento_exchange exchange = {
        .sent = true, .status = 502, .body = "a\0b", .body_bytes = 3};
    struct magento_answer answer = {0};

    magento_answer_judge(&exchange, &answer);
    assert_string_equal(answer.answer_text, "a b");
    magento_answer_finish(&answer);
}

static void
what_lacks_an_id_is_unknown(void **state)
{
    (void)state;
    struct magento_answer answer = {.outcome = MAGENTO_DONE, .http_status = 200};

    assert_int_equal(magento_answer_lacks(&answer, true, "an id"), MAGENTO_UNKNOWN);
    assert_int_equal(answer.outcome, MAGENTO_UNKNOWN);
    assert_string_equal(answer.message, "Magento answered 200 without an id");
    assert_int_equal(magento_answer_lacks(&answer, false, "a list"), MAGENTO_AGAIN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_judged),
        cmocka_unit_test(a_missing_right_is_named),
        cmocka_unit_test(what_did_not_leave_has_not_happened),
        cmocka_unit_test(what_left_without_an_answer_is_unknown),
        cmocka_unit_test(retry_after_is_respected_and_capped),
        cmocka_unit_test(parameters_are_filled_in),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_message_is_utf_8_whatever_comes),
        cmocka_unit_test(outcomes_have_names),
        cmocka_unit_test(what_happened_before_an_answer_came_counts),
        cmocka_unit_test(a_nul_in_an_answer_is_kept_as_a_blank),
        cmocka_unit_test(what_lacks_an_id_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
