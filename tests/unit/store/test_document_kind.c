#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/document_kind.h"

static void
every_kind_is_found_by_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"order", "shipment", "invoice"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum document_kind kind;

        assert_int_equal(document_kind_from_name(names[i], &kind), RESULT_OK);
        assert_int_equal(kind, i);
        assert_string_equal(document_kind_name(kind), names[i]);
    }
}

static void
every_state_is_found_by_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"pending", "published", "skipped",
                                        "waiting", "retrying",  "failed"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum document_state found;

        assert_int_equal(document_state_from_name(names[i], &found), RESULT_OK);
        assert_int_equal(found, i);
        assert_string_equal(document_state_name(found), names[i]);
    }
    assert_string_equal(document_state_words(STATE_PENDING), "queued");
    assert_string_equal(document_state_words(STATE_SKIPPED), "not synced yet");
    assert_string_equal(document_state_words(STATE_WAITING), "waiting for you");
    assert_string_equal(document_state_words(STATE_RETRYING), "will retry");
}

static void
other_names_are_rejected(void **state)
{
    (void)state;
    enum document_kind kind = DOCUMENT_INVOICE;
    enum document_state found = STATE_FAILED;

    assert_int_equal(document_kind_from_name("Order", &kind), RESULT_REJECTED);
    assert_int_equal(kind, DOCUMENT_INVOICE);
    assert_int_equal(document_state_from_name("", &found), RESULT_REJECTED);
    assert_int_equal(found, STATE_FAILED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found_by_its_name),
        cmocka_unit_test(every_state_is_found_by_its_name),
        cmocka_unit_test(other_names_are_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
