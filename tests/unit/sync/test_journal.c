#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sync/journal.h"

static char *
text_of(size_t characters)
{
    char *text = malloc(characters + 1);

    assert_non_null(text);
    memset(text, 'x', characters);
    text[characters] = '\0';
    return text;
}

/* An outcome of an order that was called about once; to be freed by the caller. */
static struct outcome *
journal_of(enum magento_outcome what, size_t characters, enum log_bodies log_bodies)
{
    AMSYNC_CLEANUP(cleanup_free) char *body = text_of(characters);
    struct claimed_order *order = calloc(1, sizeof(*order));
    const struct magento_answer answer = {
        .outcome = what, .http_status = 200, .request_text = body, .answer_text = body};
    const struct journal_line line = {
        .action = "create", .status = "published", .message = "m", .answer = &answer};

    assert_non_null(order);
    order->documents = calloc(1, sizeof(*order->documents));
    assert_non_null(order->documents);
    order->document_count = 1;

    struct outcome *outcome = outcome_new(order);

    assert_non_null(outcome);
    assert_int_equal(journal_append(outcome, &line, log_bodies), RESULT_OK);
    assert_int_equal(outcome->log_count, 1);
    assert_int_equal(outcome->log[0].http_status, 200);
    return outcome;
}

static void
bodies_are_kept_as_the_setting_says(void **state)
{
    (void)state;
    static const struct {
        enum log_bodies log_bodies;
        enum magento_outcome outcome;
        bool kept;
    } cases[] = {
        {LOG_BODIES_NONE, MAGENTO_DONE, false},          {LOG_BODIES_NONE, MAGENTO_REFUSED, false},
        {LOG_BODIES_ERRORS, MAGENTO_DONE, false},        {LOG_BODIES_ERRORS, MAGENTO_REFUSED, true},
        {LOG_BODIES_ERRORS, MAGENTO_UNKNOWN, true},      {LOG_BODIES_ERRORS, MAGENTO_AGAIN, true},
        {LOG_BODIES_ERRORS, MAGENTO_UNAUTHORIZED, true}, {LOG_BODIES_ALL, MAGENTO_DONE, true},
        {LOG_BODIES_ALL, MAGENTO_REFUSED, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome *outcome = journal_of(cases[i].outcome, 10, cases[i].log_bodies);

        assert_int_equal(outcome->log[0].request_body != NULL, cases[i].kept);
        assert_int_equal(outcome->log[0].answer_body != NULL, cases[i].kept);
        outcome_free(&outcome);
    }
}

static void
of_a_long_body_the_beginning_is_kept(void **state)
{
    (void)state;
    struct outcome *outcome =
        journal_of(MAGENTO_REFUSED, JOURNAL_BODY_CHARACTERS + 1, LOG_BODIES_ERRORS);

    assert_int_equal(strlen(outcome->log[0].request_body), JOURNAL_BODY_CHARACTERS);
    assert_int_equal(strlen(outcome->log[0].answer_body), JOURNAL_BODY_CHARACTERS);
    outcome_free(&outcome);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_kept_as_the_setting_says),
        cmocka_unit_test(of_a_long_body_the_beginning_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
