/* What a request asks for: target, criteria, fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "sim/criteria.h"
#include "sim/projection.h"
#include "sim/row.h"
#include "sim/target.h"
#include "sim/text.h"

static void
a_target_is_taken_apart(void **state)
{
    (void)state;
    struct target target;
    assert_true(
        target_parse("/rest/default/V1/products/A%2FB%20C?fields=id,sku&x=a%26b&y", &target));
    assert_string_equal(target.store, "default");
    assert_string_equal(target.call, "/V1/products/A%2FB%20C");
    assert_int_equal(target.segment_count, 3);
    assert_string_equal(target.segments[2], "A/B C");
    assert_string_equal(target_value(&target, "x"), "a&b");
    assert_string_equal(target_value(&target, "y"), "");
    assert_null(target_value(&target, "z"));
    target_clear(&target);

    assert_true(target_parse("/rest/V1/orders/", &target));
    assert_string_equal(target.store, "");
    assert_int_equal(target.segment_count, 2);
    target_clear(&target);

    assert_true(target_parse("/index.php/rest/V1/orders", &target));
    assert_string_equal(target.call, "/V1/orders");
    target_clear(&target);

    assert_true(target_parse("/elsewhere", &target));
    assert_string_equal(target.call, "");
    target_clear(&target);

    assert_false(target_parse("/rest/V1/a/b/c/d/e/f/g/h/i", &target));
}

#define FILTER(field, value, condition)                                                            \
    "/rest/V1/orders?searchCriteria[filter_groups][0][filters][0][field]=" field                   \
    "&searchCriteria[filter_groups][0][filters][0][value]=" value                                  \
    "&searchCriteria[filter_groups][0][filters][0][condition_type]=" condition

static bool
matches(const char *text, const json_t *row)
{
    struct target target;
    struct criteria criteria;
    assert_true(target_parse(text, &target));
    assert_true(criteria_parse(&target, &criteria));
    bool match = criteria_match(&criteria, row);
    target_clear(&target);
    return match;
}

static void
conditions_compare_as_mysql_does(void **state)
{
    (void)state;
    json_auto_t *row = json_pack("{s:s,s:i,s:f}", "state", "New", "entity_id", 12, "total", 19.99);
    assert_true(matches(FILTER("state", "new%20", "eq"), row));
    assert_false(matches(FILTER("state", "ne", "eq"), row));
    assert_true(matches(FILTER("entity_id", "11,12", "in"), row));
    assert_false(matches(FILTER("entity_id", "11,12", "nin"), row));
    assert_true(matches(FILTER("total", "19.99", "eq"), row));
    assert_true(matches(FILTER("total", "19.98", "gt"), row));
    assert_false(matches(FILTER("total", "19.98", "lteq"), row));
    assert_true(matches(FILTER("state", "n%25w", "like"), row));
    assert_false(matches(FILTER("state", "n%25x", "like"), row));
    assert_true(matches(FILTER("absent", "1", "null"), row));
    assert_false(matches(FILTER("absent", "1", "eq"), row));
    assert_true(matches("/rest/V1/orders?searchCriteria=", row));
}

static void
pages_are_cut_after_sorting(void **state)
{
    (void)state;
    struct target target;
    struct criteria criteria;
    assert_true(target_parse("/rest/V1/orders?searchCriteria[pageSize]=2"
                             "&searchCriteria[currentPage]=2"
                             "&searchCriteria[sortOrders][0][field]=id"
                             "&searchCriteria[sortOrders][0][direction]=DESC",
                             &target));
    assert_true(criteria_parse(&target, &criteria));
    json_auto_t *rows = json_pack("[{s:i},{s:i},{s:i}]", "id", 2, "id", 3, "id", 1);
    size_t total = 0;
    json_auto_t *page = criteria_page(&criteria, rows, &total);
    assert_int_equal(total, 3);
    assert_int_equal(json_array_size(page), 1);
    assert_int_equal(row_integer(json_array_get(page, 0), "id"), 1);
    target_clear(&target);
}

static void
assert_projection(const char *document, const char *fields, const char *expected)
{
    json_error_t at;
    json_auto_t *whole = json_loads(document, 0, &at);
    json_auto_t *wanted = json_loads(expected, 0, &at);
    json_auto_t *taken = projection_apply(whole, fields);
    assert_non_null(taken);
    assert_true(json_equal(taken, wanted));
}

static void
fields_leave_only_what_they_name(void **state)
{
    (void)state;
    static const char document[] =
        "{\"items\": [{\"id\": 1, \"lines\": [{\"sku\": \"A\", \"qty\": 2}], \"tracks\": []}], "
        "\"total\": 1}";
    assert_projection(document, "total", "{\"total\": 1}");
    assert_projection(document, "items[id],total", "{\"items\": [{\"id\": 1}], \"total\": 1}");
    assert_projection(document, "items[lines[sku],tracks[n]]",
                      "{\"items\": [{\"lines\": [{\"sku\": \"A\"}], \"tracks\": null}]}");
    assert_projection(document, "items[tracks],absent[x[y]]", "{\"items\": [{\"tracks\": []}]}");
    assert_projection("[{\"id\": 1, \"code\": \"a\"}]", "code", "[{\"code\": \"a\"}]");
    json_auto_t *whole = json_pack("{s:{s:i}}", "a", "b", 1);
    assert_null(projection_apply(whole, "x[y"));
}

static void
shares_are_rounded_to_cents(void **state)
{
    (void)state;
    assert_int_equal(fixed4_share(100 * FIXED4_ONE, 1, 3), 333300);
    assert_int_equal(fixed4_share(5000, 1, 100), 100);
    assert_int_equal(fixed4_share(-100 * FIXED4_ONE, 2, 3), -666700);
    assert_int_equal(fixed4_share(100, 1, 0), 0);
    json_auto_t *whole = fixed4_json(45 * FIXED4_ONE);
    assert_true(json_is_integer(whole));
    json_auto_t *text = json_string("19.99");
    assert_int_equal(fixed4_of(text), 199900);
}

static void
columns_are_cut_by_characters(void **state)
{
    (void)state;
    json_auto_t *row =
        json_pack("{s:s,s:s}", "name", "\xC3\xBC\xC3\xBC\xC3\xBC", "emoji", "a\xF0\x9F\x98\x80z");
    row_cut(row, "name", 2);
    assert_string_equal(row_text(row, "name"), "\xC3\xBC\xC3\xBC");
    row_narrow_texts(row);
    assert_string_equal(row_text(row, "emoji"), "a????z");
}

static void
json_is_written_so_that_it_reads_the_same(void **state)
{
    (void)state;
    static const char text[] =
        "[{\"a\\\"b\":\"\\\\ \\n\\u0001 \xC3\xBC\",\"n\":-12,\"r\":19.99},[],{},true,"
        "false,null,0,-9223372036854775808,9223372036854775807]";
    json_error_t at;
    json_auto_t *value = json_loads(text, 0, &at);
    assert_non_null(value);
    size_t length = 0;
    char *written = text_of_json(value, &length);
    assert_string_equal(written, text);
    assert_int_equal(length, sizeof(text) - 1);
    free(written);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_taken_apart),
        cmocka_unit_test(conditions_compare_as_mysql_does),
        cmocka_unit_test(pages_are_cut_after_sorting),
        cmocka_unit_test(fields_leave_only_what_they_name),
        cmocka_unit_test(shares_are_rounded_to_cents),
        cmocka_unit_test(columns_are_cut_by_characters),
        cmocka_unit_test(json_is_written_so_that_it_reads_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
