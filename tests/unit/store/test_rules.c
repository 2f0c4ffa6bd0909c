#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "store/rules.h"

static enum result
from_text(const char *text, struct rules **ret_rules, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = NULL;

    assert_int_equal(json_decode(text, strlen(text), 8, 0, &json, err), RESULT_OK);
    return rules_from_json(json, ret_rules, err);
}

static void
defaults_hold_where_nothing_is_set(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = NULL;

    assert_int_equal(from_text("{}", &rules, NULL), RESULT_OK);

    const struct preferences *preferences = rules_preferences(rules, "MyStore");

    assert_string_equal(preferences->order_types[0], "SO");
    assert_null(preferences->order_types[1]);
    assert_null(preferences->excluded_customer_classes[0]);
    assert_string_equal(preferences->orders_from, "");
    assert_int_equal(preferences->condition_match, MATCH_ANY);
    assert_true(preferences->condition_customer_enabled);
    assert_int_equal(preferences->publishing, PUBLISHING_ON);
    assert_string_equal(preferences->increment_prefix, "ACU");
    assert_false(preferences->numbering_was_set);
    assert_false(preferences->invoice_capture);
    assert_null(rules_shipping(rules, "UPSGROUND"));
    assert_null(rules_payment_code(rules, "CHECK"));
}

static void
a_company_has_its_own_on_top_of_the_common_ones(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = NULL;

    assert_int_equal(from_text("{\"preferences\":{\"order_types\":\"SO, WB\",\"numbering\":"
                               "\"sequence\"},\"company_preferences\":{\"B\":"
                               "{\"increment_prefix\":\"BB\",\"numbering\":\"acumatica\"}}}",
                               &rules, NULL),
                     RESULT_OK);
    assert_string_equal(rules_preferences(rules, "A")->increment_prefix, "ACU");
    assert_int_equal(rules_preferences(rules, "A")->numbering, NUMBERING_SEQUENCE);
    assert_string_equal(rules_preferences(rules, "B")->increment_prefix, "BB");
    assert_int_equal(rules_preferences(rules, "B")->numbering, NUMBERING_ACUMATICA);
    assert_string_equal(rules_preferences(rules, "B")->order_types[1], "WB");
    assert_true(rules_preferences(rules, "B")->numbering_was_set);
}

static void
a_mapping_is_found_without_regard_to_case_before_the_default(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = NULL;

    assert_int_equal(
        from_text("{\"shipping\":{\"*\":{\"method\":\"free_free\"},\"UpsGround\":{\"method\":"
                  "\"ups_03\",\"title\":\"UPS\",\"carrier\":null}},\"payment\":{\"CHECK\":"
                  "\"checkmo\"},\"warehouse\":{\"*\":\"default\",\"WEST\":\"west\"}}",
                  &rules, NULL),
        RESULT_OK);
    assert_string_equal(rules_shipping(rules, "UPSGROUND")->method, "ups_03");
    assert_string_equal(rules_shipping(rules, "UPSGROUND")->title, "UPS");
    assert_null(rules_shipping(rules, "UPSGROUND")->carrier);
    assert_string_equal(rules_shipping(rules, "FEDEX")->method, "free_free");
    assert_string_equal(rules_payment_code(rules, "check"), "checkmo");
    assert_null(rules_payment_code(rules, "WIRE"));
    assert_string_equal(rules_source_code(rules, "West"), "west");
    assert_string_equal(rules_source_code(rules, "EAST"), "default");
}

static void
a_wrong_value_says_what_to_write(void **state)
{
    static const struct {
        const char *key;
        const char *value;
        const char *says;
    } cases[] = {
        {"publishing", "yes", "publishing=yes: write on, observe or paused"},
        {"condition.match", "both", "condition.match=both: write any, all"},
        {"invoice_capture", "true", "invoice_capture=true: write on or off"},
        {"orders_from", "2026-02-30", "orders_from=2026-02-30: write a day as 2026-01-31"},
        {"orders_from", "2026-2-3", "write a day as 2026-01-31"},
        {"increment_prefix", "", "write 1 to 16 letters"},
        {"increment_prefix", "A B", "write 1 to 16 letters"},
        {"fallback_email", "nobody", "write an e-mail address"},
        {"publish", "on", "there is no preference publish; there are order_types, orders_from"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err;

        assert_int_equal(preference_check(cases[i].key, cases[i].value, &err), RESULT_REJECTED);
        assert_non_null(strstr(err.text, cases[i].says));
    }
}

static void
every_default_is_a_value_that_its_key_takes(void **state)
{
    const struct preference_description *each;
    size_t count = 0;

    (void)state;
    while ((each = preference_description_at(count)) != NULL) {
        assert_int_equal(preference_check(each->key, each->fallback, NULL), RESULT_OK);
        count++;
    }
    assert_int_equal(count, 14);
}

static void
a_reference_keeps_the_rules(void **state)
{
    (void)state;
    struct rules *rules = NULL;

    assert_int_equal(from_text("{\"version\":7}", &rules, NULL), RESULT_OK);

    struct rules *other = rules_ref(rules);

    rules_unref(&rules);
    assert_null(rules);
    assert_int_equal(rules_version(other), 7);
    rules_unref(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_where_nothing_is_set),
        cmocka_unit_test(a_company_has_its_own_on_top_of_the_common_ones),
        cmocka_unit_test(a_mapping_is_found_without_regard_to_case_before_the_default),
        cmocka_unit_test(a_wrong_value_says_what_to_write),
        cmocka_unit_test(every_default_is_a_value_that_its_key_takes),
        cmocka_unit_test(a_reference_keeps_the_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
