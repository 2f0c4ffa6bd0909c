#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "intake/envelope.h"

#define MEMBERS "\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":1"

static struct envelope *
accepted(const char *body)
{
    struct envelope *envelope = NULL;
    struct error err = {0};

    if (envelope_parse(body, strlen(body), &envelope, &err) != RESULT_OK)
        fail_msg("%s: %s", body, err.text);
    return envelope;
}

static void
a_notification_is_read(void **state)
{
    (void)state;
    struct envelope *envelope =
        accepted("\xEF\xBB\xBF {\"Deleted\":null,\"Inserted\":[{\"OrderNbr\":\"SO005555\"},{}],"
                 "\"Query\":\" AMSync-Orders \",\"CompanyId\":\"MyStore \",\"Id\":\"06284bdf\","
                 "\"TimeStamp\":638780593453014191,\"AdditionalInfo\":{\"a\":{\"b\":[1e300]}}}");

    assert_string_equal(envelope_query(envelope), "AMSync-Orders");
    assert_string_equal(envelope_company(envelope), "MyStore");
    assert_string_equal(envelope_id(envelope), "06284bdf");
    assert_true(envelope_timestamp(envelope) == 638780593453014191);
    assert_int_equal(envelope_inserted_count(envelope), 2);
    assert_int_equal(envelope_deleted_count(envelope), 0);
    assert_null(envelope_deleted(envelope));
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(envelope_inserted(envelope), 0), "OrderNbr")),
                        "SO005555");
    envelope_free(&envelope);
    assert_null(envelope);
}

static void
the_bounds_of_what_is_accepted(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{" MEMBERS "}",
        "{" MEMBERS ",\"Inserted\":[],\"Deleted\":[]}",
        "{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":9223372036854775807}",
        "{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":0}",
        /* What a row holds is looked at when it is merged. */
        "{" MEMBERS ",\"Inserted\":[{\"OrderNbr\":[],\"OrderTotal\":1e-20000}]}",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct envelope *envelope = accepted(bodies[i]);

        envelope_free(&envelope);
    }
}

struct refusal {
    const char *body;
    const char *reason; /* what it begins with */
};

static void
what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"", "the body cannot be read as JSON: "},
        {"{", "the body cannot be read as JSON: "},
        {"hello", "the body cannot be read as JSON: "},
        {"{} {}", "the body cannot be read as JSON: "},
        {"[]", "the body is an array, it must be an object"},
        {"null", "the body is null, it must be an object"},
        {"12", "the body is a whole number, it must be an object"},
        {"{}", "Query is missing"},
        {"{\"Query\":\"Q\",\"Id\":\"I\",\"TimeStamp\":1}", "CompanyId is missing"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"TimeStamp\":1}", "Id is missing"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\"}", "TimeStamp is missing"},
        {"{\"Query\":7}", "Query is a whole number, it must be a text"},
        {"{\"Query\":null}", "Query is null, it must be a text"},
        {"{\"Query\":\" \\t \"}", "Query is empty"},
        {"{\"Query\":\"Q\",\"CompanyId\":[]}", "CompanyId is an array, it must be a text"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":{}}", "Id is an object, it must be a text"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":\"1\"}",
         "TimeStamp is a text, it must be a whole number"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":1.5}",
         "TimeStamp is a number with a fraction or an exponent, it must be a whole number"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":true}",
         "TimeStamp is true or false, it must be a whole number"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":-1}",
         "TimeStamp is negative"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":9223372036854775808}",
         "the body cannot be read as JSON: too big integer"},
        {"{" MEMBERS ",\"Inserted\":{}}", "Inserted is an object, it must be an array of objects"},
        {"{" MEMBERS ",\"Deleted\":\"\"}", "Deleted is a text, it must be an array of objects"},
        {"{" MEMBERS ",\"Inserted\":[{},1]}",
         "Inserted[1] is a whole number, it must be an object"},
        {"{" MEMBERS ",\"Deleted\":[null]}", "Deleted[0] is null, it must be an object"},
        {"{" MEMBERS ",\"Query\":\"R\"}", "the body cannot be read as JSON: duplicate object key"},
        {"{" MEMBERS ",\"Inserted\":[{\"a\":1,\"a\":1}]}",
         "the body cannot be read as JSON: duplicate object key"},
        {"{" MEMBERS ",\"Inserted\":[{\"a\":1e400}]}",
         "the body cannot be read as JSON: real number overflow"},
        {"{" MEMBERS ",\"Inserted\":[{\"a\":12345678901234567890}]}",
         "the body cannot be read as JSON: too big integer"},
        {"{" MEMBERS ",\"Inserted\":[{\"a\":\"\xC3(\"}]}",
         "the body cannot be read as JSON: not valid UTF-8 at byte "},
        {"{" MEMBERS ",\"Inserted\":[{\"a\":\"\\u0000\"}]}", "the body cannot be read as JSON: "},
        {"{" MEMBERS ",\"Inserted\":[{\"a\":\"\\uD800\"}]}", "the body cannot be read as JSON: "},
    };

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct envelope *envelope = NULL;
        struct error err = {0};
        const struct refusal *refusal = &refusals[i];
        enum result result = envelope_parse(refusal->body, strlen(refusal->body), &envelope, &err);

        assert_int_equal(result, RESULT_REJECTED);
        assert_null(envelope);
        if (strncmp(err.text, refusal->reason, strlen(refusal->reason)) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", refusal->body, err.text, refusal->reason);
    }
}

static void
a_nul_byte_is_refused(void **state)
{
    (void)state;
    static const char body[] = "{" MEMBERS "}\0";
    struct envelope *envelope = NULL;
    struct error err = {0};

    assert_int_equal(envelope_parse(body, sizeof(body) - 1, &envelope, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "NUL"));
}

static void
deep_nesting_is_refused(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer body = BUFFER_INITIAL(1 << 20);
    struct envelope *envelope = NULL;
    struct error err = {0};

    for (int i = 0; i < 3000; i++)
        buffer_append_text(&body, "{\"a\":[");
    assert_int_equal(envelope_parse(body.data, body.length, &envelope, &err), RESULT_REJECTED);
    assert_non_null(strstr(err.text, "nested deeper than 64 levels"));
}

static void
a_long_name_is_refused(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer body = BUFFER_INITIAL(1 << 20);
    struct envelope *envelope = NULL;
    struct error err = {0};

    buffer_append_text(&body, "{\"Query\":\"");
    for (int i = 0; i < ENVELOPE_TEXT_CHARACTERS + 1; i++)
        buffer_append_text(&body, "\xC3\xA4");
    buffer_append_text(&body, "\"}");
    assert_int_equal(envelope_parse(body.data, body.length, &envelope, &err), RESULT_REJECTED);
    assert_string_equal(err.text, "Query is longer than 256 characters");
}

static void
a_value_of_each_wrong_type_is_named(void **state)
{
    static const struct {
        const char *value;
        const char *words;
    } values[] = {
        {"{}", "an object"},       {"[]", "an array"},
        {"\"x\"", "a text"},       {"7", "a whole number"},
        {"true", "true or false"}, {"false", "true or false"},
        {"null", "null"},          {"1e2", "a number with a fraction or an exponent"},
    };
    static const struct {
        const char *before;
        const char *after;
        const char *name;
        const char *wanted;
    } places[] = {
        {"", "", "the body", "an object"},
        {"{\"Query\":", "}", "Query", "a text"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":", "}", "TimeStamp",
         "a whole number"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":1,\"Inserted\":", "}",
         "Inserted", "an array"},
        {"{\"Query\":\"Q\",\"CompanyId\":\"C\",\"Id\":\"I\",\"TimeStamp\":1,\"Deleted\":[{},", "]}",
         "Deleted[1]", "an object"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        for (size_t j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
            struct envelope *envelope = NULL;
            struct error err = {0};
            char body[256];
            char expected[128];

            if (strstr(places[i].wanted, values[j].words) != NULL ||
                (strcmp(places[i].name, "Inserted") == 0 && strcmp(values[j].value, "null") == 0))
                continue;
            (void)snprintf(body, sizeof(body), "%s%s%s", places[i].before, values[j].value,
                           places[i].after);
            (void)snprintf(expected, sizeof(expected), "%s is %s, it must be ", places[i].name,
                           values[j].words);
            if (strcmp(places[i].name, "the body") == 0 && values[j].value[0] == '{')
                continue;
            assert_int_equal(envelope_parse(body, strlen(body), &envelope, &err), RESULT_REJECTED);
            assert_null(envelope);
            assert_int_equal(strncmp(err.text, expected, strlen(expected)), 0);
        }
    }
}

static void
an_inquiry_tells_the_kind(void **state)
{
    (void)state;
    char *orders[] = {(char[]){"AMSync-Orders"}, (char[]){"Order Lines: all"}};
    char *invoices[] = {(char[]){"AMSync-Invoices"}};
    const struct text_list order_list = {.items = orders, .count = 2};
    const struct text_list invoice_list = {.items = invoices, .count = 1};
    const struct inquiry_names names = {.orders = &order_list, .invoices = &invoice_list};
    enum document_kind kind;

    assert_int_equal(envelope_kind_from_query("amsync-orders", &names, &kind), RESULT_OK);
    assert_int_equal(kind, DOCUMENT_ORDER);
    assert_int_equal(envelope_kind_from_query("Order Lines: all", &names, &kind), RESULT_OK);
    assert_int_equal(kind, DOCUMENT_ORDER);
    assert_int_equal(envelope_kind_from_query("AMSync-Invoices", &names, &kind), RESULT_OK);
    assert_int_equal(kind, DOCUMENT_INVOICE);
    assert_int_equal(envelope_kind_from_query("AMSync", &names, &kind), RESULT_NONE);
}

static void
freeing_nothing_is_fine(void **state)
{
    (void)state;
    struct envelope *envelope = NULL;

    envelope_free(&envelope);
    assert_null(envelope);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notification_is_read),
        cmocka_unit_test(the_bounds_of_what_is_accepted),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_long_name_is_refused),
        cmocka_unit_test(a_value_of_each_wrong_type_is_named),
        cmocka_unit_test(an_inquiry_tells_the_kind),
        cmocka_unit_test(freeing_nothing_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
