#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "intake/captions.h"

static struct captions *
captions_with(const char *mappings)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *json = json_loads(mappings, 0, NULL);
    struct captions *captions = NULL;

    assert_non_null(json);
    assert_int_equal(captions_new(json, &captions, NULL), RESULT_OK);
    return captions;
}

struct caption_case {
    enum document_kind kind;
    const char *caption;
    const char *field; /* NULL: unknown */
};

static void
check(const struct captions *captions, const struct caption_case *expected)
{
    struct caption_match match;
    enum result result = captions_match(captions, expected->kind, expected->caption, &match);
    const char *found = result == RESULT_OK ? field_name(match.field) : NULL;

    if (expected->field == NULL && found != NULL)
        fail_msg("%s is %s", expected->caption, found);
    if (expected->field != NULL && (found == NULL || strcmp(found, expected->field) != 0))
        fail_msg("%s is %s, not %s", expected->caption, found, expected->field);
}

static void
captions_are_understood(void **state)
{
    (void)state;
    static const struct caption_case cases[] = {
        {DOCUMENT_ORDER, "UnpaidBalance", "UnpaidBalance"},
        {DOCUMENT_ORDER, "unpaid balance", "UnpaidBalance"},
        {DOCUMENT_ORDER, "Unpaid-Balance.", "UnpaidBalance"},
        {DOCUMENT_ORDER, "SOOrder_unpaidBalance", "UnpaidBalance"},
        {DOCUMENT_ORDER, "My_SOOrder_UNPAIDBALANCE", "UnpaidBalance"},
        {DOCUMENT_ORDER, "Unpaid_Balance", "UnpaidBalance"},
        {DOCUMENT_ORDER, "Customer", "CustomerID"},
        {DOCUMENT_ORDER, "Canceled", "Cancelled"},
        {DOCUMENT_ORDER, "Description", "LineDescription"},
        {DOCUMENT_ORDER, "Amount", "ExtPrice"},
        {DOCUMENT_ORDER, "Date", "OrderDate"},
        {DOCUMENT_ORDER, "BillToAddressLine1", "BillToAddressLine1"},
        {DOCUMENT_ORDER, "Ship to: Postal Code", "ShipToPostalCode"},
        {DOCUMENT_SHIPMENT, "Shipped Quantity", "ShippedQty"},
        {DOCUMENT_SHIPMENT, "Tracking Number", "TrackingNbr"},
        {DOCUMENT_SHIPMENT, "Date", "ShipmentDate"},
        {DOCUMENT_INVOICE, "Invoice Nbr.", "ReferenceNbr"},
        {DOCUMENT_INVOICE, "Amount", "Amount"},
        {DOCUMENT_INVOICE, "Date", "Date"},
        {DOCUMENT_SHIPMENT, "UnpaidBalance", NULL},
        {DOCUMENT_INVOICE, "TrackingNbr", NULL},
        {DOCUMENT_ORDER, "NoteID", NULL},
        {DOCUMENT_ORDER, "LastModifiedOn", NULL},
        {DOCUMENT_ORDER, "UnpaidBalance_", "UnpaidBalance"},
        {DOCUMENT_ORDER, "UnpaidBalance_old", NULL},
        {DOCUMENT_ORDER, "", NULL},
        {DOCUMENT_ORDER, "_", NULL},
        {DOCUMENT_ORDER, "...", NULL},
        {DOCUMENT_ORDER, "\xC3\x9Cnpaid", NULL},
    };
    struct captions *captions = NULL;

    assert_int_equal(captions_new(NULL, &captions, NULL), RESULT_OK);
    assert_null(captions_complaint(captions));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(captions, &cases[i]);
    captions_free(&captions);
}

static void
every_field_is_understood_by_its_name(void **state)
{
    (void)state;
    bool used[FIELD_COUNT] = {false};
    struct captions *captions = NULL;

    assert_int_equal(captions_new(NULL, &captions, NULL), RESULT_OK);
    for (int kind = DOCUMENT_ORDER; kind <= DOCUMENT_INVOICE; kind++) {
        size_t count;
        const struct field_use *uses = field_uses((enum document_kind)kind, &count);

        for (size_t i = 0; i < count; i++) {
            struct caption_match match;

            assert_int_equal(captions_match(captions, (enum document_kind)kind,
                                            field_name(uses[i].field), &match),
                             RESULT_OK);
            assert_int_equal(match.field, uses[i].field);
            assert_int_equal(match.place, uses[i].place);
            used[match.field] = true;
        }
    }
    for (int field = 0; field < FIELD_COUNT; field++)
        assert_true(used[field]);
    captions_free(&captions);
}

static void
a_merchants_own_mapping_comes_first(void **state)
{
    (void)state;
    static const struct caption_case cases[] = {
        {DOCUMENT_ORDER, "Open Amount", "UnpaidBalance"},
        {DOCUMENT_ORDER, "openamount", "UnpaidBalance"},
        {DOCUMENT_ORDER, "SOOrder_openAmount", "UnpaidBalance"},
        {DOCUMENT_ORDER, "Customer", "CustomerName"},
        {DOCUMENT_ORDER, "CustomerID", "CustomerID"},
        {DOCUMENT_ORDER, "usr_Amount", "OrderTotal"},
        {DOCUMENT_ORDER, "other_Amount", "ExtPrice"},
        {DOCUMENT_INVOICE, "Open Amount", NULL},
        {DOCUMENT_INVOICE, "\xC3\x9C", "Balance"},
    };
    struct captions *captions = captions_with(
        "{\"order\":{\"Open Amount\":\"unpaidbalance\",\"CUSTOMER\":\"CustomerName\","
        "\"usr_Amount\":\"OrderTotal\"},\"shipment\":{},\"invoice\":{\"\xC3\x9C\":\"Balance\"}}");

    assert_null(captions_complaint(captions));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(captions, &cases[i]);
    captions_free(&captions);
}

static void
a_mapping_to_no_field_is_complained_of(void **state)
{
    (void)state;
    static const struct caption_case unknown = {DOCUMENT_SHIPMENT, "Open Amount", NULL};
    struct captions *captions = captions_with("{\"shipment\":{\"Open Amount\":\"UnpaidBalance\"}}");

    assert_string_equal(captions_complaint(captions),
                        "the field mapping of the shipment column \"Open Amount\" is ignored: "
                        "there is no field \"UnpaidBalance\"");
    check(captions, &unknown);
    captions_free(&captions);
}

static unsigned
rank_of(const struct captions *captions, const char *caption)
{
    struct caption_match match;

    assert_int_equal(captions_match(captions, DOCUMENT_ORDER, caption, &match), RESULT_OK);
    return match.rank;
}

static void
the_more_exact_caption_ranks_lower(void **state)
{
    (void)state;
    struct captions *captions = captions_with("{\"order\":{\"Preis\":\"ExtPrice\"}}");
    static const char *const ranked[] = {"Preis",        "ExtPrice",     "ExtendedPrice",
                                         "Amount",       "SOLine_Preis", "SOLine_ExtPrice",
                                         "SOLine_Amount"};

    for (size_t i = 1; i < sizeof(ranked) / sizeof(ranked[0]); i++)
        assert_true(rank_of(captions, ranked[i - 1]) < rank_of(captions, ranked[i]));
    captions_free(&captions);
}

static void
punctuation_is_no_caption_and_no_field(void **state)
{
    (void)state;
    struct captions *captions = captions_with("{\"order\":{\"--\":\"Status\"}}");
    struct caption_match match;

    assert_null(captions_complaint(captions));
    assert_int_equal(captions_match(captions, DOCUMENT_ORDER, "--", &match), RESULT_NONE);
    assert_int_equal(captions_match(captions, DOCUMENT_ORDER, "Order_", &match), RESULT_NONE);
    captions_free(&captions);
    captions = captions_with("{\"order\":{\"A\":\"--\"}}");
    assert_non_null(strstr(captions_complaint(captions), "there is no field \"--\""));
    captions_free(&captions);
    captions = captions_with("{\"order\":{\"A\":7}}");
    assert_non_null(strstr(captions_complaint(captions), "there is no field \"\""));
    captions_free(&captions);
    captions = captions_with("{\"order\":{\"{St\xC3\xA4tus@~}\":\"Status\"}}");
    assert_int_equal(captions_match(captions, DOCUMENT_ORDER, "[St\xC3\xA4 tus]", &match),
                     RESULT_OK);
    assert_int_equal(match.field, FIELD_STATUS);
    captions_free(&captions);
}

static void
an_endless_caption_is_unknown(void **state)
{
    (void)state;
    char caption[2 * CAPTION_BYTES];
    struct caption_match match;
    struct captions *captions = NULL;

    memset(caption, ' ', sizeof(caption) - 1);
    memcpy(caption, "Status", 6);
    caption[sizeof(caption) - 1] = '\0';
    assert_int_equal(captions_new(NULL, &captions, NULL), RESULT_OK);
    assert_int_equal(captions_match(captions, DOCUMENT_ORDER, caption, &match), RESULT_NONE);
    captions_free(&captions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captions_are_understood),
        cmocka_unit_test(every_field_is_understood_by_its_name),
        cmocka_unit_test(a_merchants_own_mapping_comes_first),
        cmocka_unit_test(a_mapping_to_no_field_is_complained_of),
        cmocka_unit_test(the_more_exact_caption_ranks_lower),
        cmocka_unit_test(punctuation_is_no_caption_and_no_field),
        cmocka_unit_test(an_endless_caption_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
