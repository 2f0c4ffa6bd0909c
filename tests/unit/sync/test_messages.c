#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sync/messages.h"
#include "sync/words.h"

static char order_type[] = "SO";
static char order_nbr[] = "SO005555";
static char increment_id[] = "ACU-SO-SO005555";
static char shipment_nbr[] = "000068";
static char nothing[] = "";
static struct claimed_document documents[] = {
    {.kind = DOCUMENT_ORDER, .type = order_type, .number = order_nbr},
    {.kind = DOCUMENT_SHIPMENT, .type = nothing, .number = shipment_nbr},
};
static const struct claimed_order order = {
    .order_type = order_type,
    .order_nbr = order_nbr,
    .magento_increment_id = increment_id,
    .documents = documents,
    .document_count = 2,
};

static void
assert_says(char *message, const char *expected)
{
    AMSYNC_CLEANUP(cleanup_free) char *owned = message;

    assert_non_null(owned);
    assert_string_equal(owned, expected);
}

static void
what_is_done_names_magentos_numbers(void **state)
{
    (void)state;
    struct action create = {.kind = ACTION_CREATE, .document = 0};
    struct action ship = {.kind = ACTION_SHIP, .document = 1};

    assert_says(message_done(&order, &create, "ACU-SO-SO005555", 345),
                "SO005555 published as Magento order ACU-SO-SO005555 (id 345)");
    assert_says(message_done(&order, &ship, NULL, 77),
                "Shipment 000068 of SO005555 published as Magento shipment (id 77)");
    assert_says(message_done(&order, &ship, "000000077", 77),
                "Shipment 000068 of SO005555 published as Magento shipment 000000077 (id 77)");
}

static void
every_action_has_its_words(void **state)
{
    (void)state;
    for (int kind = ACTION_CREATE; kind <= ACTION_CANCEL; kind++) {
        struct action action = {.kind = (enum action_kind)kind, .document = 0};
        AMSYNC_CLEANUP(cleanup_free) char *done = message_done(&order, &action, NULL, 0);
        AMSYNC_CLEANUP(cleanup_free)
        char *retrying = message_retrying(&order, &action, "no answer", 4000);
        AMSYNC_CLEANUP(cleanup_free) char *refused = message_refused(&order, &action, "no");

        assert_string_not_equal(action_kind_name(action.kind), "");
        assert_true(strlen(done) > strlen("SO005555 ") + 5);
        assert_true(text_starts_with(retrying, "SO005555 could not be "));
        assert_non_null(strstr(retrying, "yet: no answer. Next try in 4 s"));
        assert_true(text_starts_with(refused, "SO005555 failed: Magento refused "));
    }
}

static void
what_failed_for_now_says_when_it_is_tried_again(void **state)
{
    (void)state;
    struct action create = {.kind = ACTION_CREATE, .document = 0};
    const char *why = "Magento answered 503 (maintenance)";

    assert_says(message_retrying(&order, &create, why, 3001),
                "SO005555 could not be published yet: Magento answered 503 (maintenance). "
                "Next try in 4 s");
    assert_says(message_retrying(&order, &create, why, 300000),
                "SO005555 could not be published yet: Magento answered 503 (maintenance). "
                "Next try in 5 min");
    assert_says(message_retrying(&order, &create, why, 7200000),
                "SO005555 could not be published yet: Magento answered 503 (maintenance). "
                "Next try in 2 h");
}

static void
what_magento_refused_says_so(void **state)
{
    (void)state;
    struct action ship = {.kind = ACTION_SHIP, .document = 1};

    assert_says(message_refused(&order, &ship, "Could not save a shipment"),
                "Shipment 000068 of SO005555 failed: Magento refused the shipment: "
                "Could not save a shipment");
}

static void
a_verdict_says_what_to_do(void **state)
{
    (void)state;
    char reason[] = "it is on hold";
    char next[] = "release it";
    char map[] = "amsync map payment set VISA CODE";
    struct verdict verdict = {.state = STATE_WAITING, .reason = reason, .next = next};

    assert_says(message_verdict(&order, 0, &verdict),
                "SO005555 waits for you: it is on hold. Next: release it");
    verdict.next = map;
    assert_says(message_verdict(&order, 0, &verdict),
                "SO005555 waits for you: it is on hold. Add: amsync map payment set VISA CODE");
    verdict.next = nothing;
    assert_says(message_verdict(&order, 0, &verdict), "SO005555 waits: it is on hold");
    verdict.state = STATE_PUBLISHED;
    verdict.reason = nothing;
    assert_says(message_verdict(&order, 1, &verdict), "Shipment 000068 of SO005555 is in Magento");
}

static void
a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    struct action create = {.kind = ACTION_CREATE, .document = 0};
    char why[6001];

    for (size_t i = 0; i < sizeof(why) - 1; i += 2)
        memcpy(why + i, "\xC3\xA4", 2);
    why[sizeof(why) - 1] = '\0';

    AMSYNC_CLEANUP(cleanup_free) char *message = message_refused(&order, &create, why);

    assert_true(text_is_utf8(message, strlen(message)));
    assert_int_equal(text_prefix_bytes(message, 2000), strlen(message));
    assert_true(text_prefix_bytes(message, 1999) < strlen(message));
}

static void
arguments_are_quoted_for_the_shell(void **state)
{
    (void)state;
    assert_string_equal(words_argument("UPSGROUND").text, "UPSGROUND");
    assert_string_equal(words_argument("UPS 2nd Day").text, "'UPS 2nd Day'");
    assert_string_equal(words_argument("O'Neil").text, "'O'\\''Neil'");
    assert_string_equal(words_argument("*").text, "'*'");
    assert_string_equal(words_argument("$(reboot)").text, "'$(reboot)'");
    assert_string_equal(words_argument("").text, "''");
}

static void
long_values_are_cut_between_characters(void **state)
{
    (void)state;
    char emoji[4 * 100 + 1] = "";
    char quotes[100 + 1] = "";

    for (size_t i = 0; i < sizeof(emoji) - 1; i += 4)
        memcpy(emoji + i, "\xF0\x9F\x8E\x89", 4);
    memset(quotes, '\'', sizeof(quotes) - 1);
    assert_int_equal(strlen(words_value(emoji).text), 160);
    assert_int_equal(strlen(words_argument(emoji).text), 162);
    assert_true(text_is_utf8(words_argument(quotes).text, strlen(words_argument(quotes).text)));
    assert_int_equal(words_argument(quotes).text[strlen(words_argument(quotes).text) - 1], '\'');
}

static void
amounts_and_quantities_carry_their_units(void **state)
{
    (void)state;
    assert_string_equal(words_amount(decimal_from_integer(0), "USD").text, "0.00 USD");
    assert_string_equal(words_amount((struct decimal){.millionths = 127500000}, "").text, "127.50");
    assert_string_equal(words_quantity((struct decimal){.millionths = 2500000}, "BOX").text,
                        "2.5 BOX");
    assert_string_equal(words_quantity(decimal_from_integer(3), "").text, "3");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_done_names_magentos_numbers),
        cmocka_unit_test(every_action_has_its_words),
        cmocka_unit_test(what_failed_for_now_says_when_it_is_tried_again),
        cmocka_unit_test(what_magento_refused_says_so),
        cmocka_unit_test(a_verdict_says_what_to_do),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(arguments_are_quoted_for_the_shell),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(amounts_and_quantities_carry_their_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
