#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/rules.h"
#include "sync/identity.h"
#include "sync/plan.h"

static char type[] = "SO";
static char short_company[] = "MyStore";
static char short_nbr[] = "SO005555";

static struct claimed_order
order_of(char *company, char *order_nbr)
{
    return (struct claimed_order){.company = company, .order_type = type, .order_nbr = order_nbr};
}

static struct rules *
rules_of(const char *numbering, const char *prefix)
{
    AMSYNC_CLEANUP(cleanup_json)
    json_t *json = json_pack("{s:{s:s, s:s}}", "preferences", "numbering", numbering,
                             "increment_prefix", prefix);
    struct rules *rules = NULL;

    assert_int_equal(rules_from_json(json, &rules, NULL), RESULT_OK);
    return rules;
}

static void
a_number_is_prefix_type_and_number(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = rules_of("acumatica", "ACU");
    AMSYNC_CLEANUP(cleanup_free) char *number = NULL;
    struct claimed_order order = order_of(short_company, short_nbr);

    assert_int_equal(plan_increment_id(&order, rules, &number, NULL), RESULT_OK);
    assert_string_equal(number, "ACU-SO-SO005555");
}

static void
a_sequence_numbers_by_itself(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = rules_of("sequence", "ACU");
    struct claimed_order order = order_of(short_company, short_nbr);
    char *number = NULL;

    assert_int_equal(plan_increment_id(&order, rules, &number, NULL), RESULT_NONE);
    assert_null(number);
}

static void
a_long_number_stays_unique(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = rules_of("acumatica", "ACU");
    char long_nbr[] = "0123456789012345678901234567890123456789012345678A";
    struct claimed_order order = order_of(short_company, long_nbr);
    AMSYNC_CLEANUP(cleanup_free) char *first = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *second = NULL;

    assert_int_equal(plan_increment_id(&order, rules, &first, NULL), RESULT_OK);
    long_nbr[sizeof(long_nbr) - 2] = 'B';
    assert_int_equal(plan_increment_id(&order, rules, &second, NULL), RESULT_OK);
    assert_int_equal(strlen(first), 50);
    assert_int_equal(strlen(second), 50);
    assert_memory_equal(first, "ACU-SO-", 7);
    assert_string_not_equal(first, second);
}

static void
an_ext_order_id_is_company_type_and_number(void **state)
{
    (void)state;
    struct claimed_order order = order_of(short_company, short_nbr);
    AMSYNC_CLEANUP(cleanup_free) char *id = plan_ext_order_id(&order);

    assert_string_equal(id, "MyStore/SO/SO005555");
}

static void
a_company_that_does_not_fit_is_hashed(void **state)
{
    (void)state;
    char long_company[] = "A company of many words";
    char emoji_company[] = "\xF0\x9F\x8E\x89";
    struct claimed_order order = order_of(long_company, short_nbr);
    AMSYNC_CLEANUP(cleanup_free) char *long_id = plan_ext_order_id(&order);

    order.company = emoji_company;

    AMSYNC_CLEANUP(cleanup_free) char *emoji_id = plan_ext_order_id(&order);

    assert_int_equal(strlen(long_id), 12 + strlen("/SO/SO005555"));
    assert_string_equal(long_id + 12, "/SO/SO005555");
    assert_int_equal(strspn(long_id, "0123456789abcdef"), 12);
    assert_string_equal(emoji_id + 12, "/SO/SO005555");
    assert_string_not_equal(long_id, emoji_id);
}

static void
what_still_does_not_fit_is_hashed_whole(void **state)
{
    (void)state;
    char long_nbr[] = "01234567890123456789012345";
    struct claimed_order order = order_of(short_company, long_nbr);
    AMSYNC_CLEANUP(cleanup_free) char *id = plan_ext_order_id(&order);

    assert_int_equal(strlen(id), 32);
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
}

static void
an_order_is_ours_to_the_letter(void **state)
{
    (void)state;
    char same[] = "MyStore/SO/SO005555";
    char other_case[] = "mystore/SO/SO005555";
    char trailing[] = "MyStore/SO/SO005555 ";
    struct claimed_order order = order_of(short_company, short_nbr);
    struct magento_order magento = {.ext_order_id = same};

    assert_int_equal(identity_matches(&order, &magento), RESULT_OK);
    magento.ext_order_id = other_case;
    assert_int_equal(identity_matches(&order, &magento), RESULT_NONE);
    magento.ext_order_id = trailing;
    assert_int_equal(identity_matches(&order, &magento), RESULT_NONE);
    magento.ext_order_id = NULL;
    assert_int_equal(identity_matches(&order, &magento), RESULT_NONE);
}

static void
markers_are_whole_comments(void **state)
{
    (void)state;
    char shipment_nbr[] = "000068";
    char nothing[] = "";
    char invoice_type[] = "Cash Sale";
    struct claimed_document shipment = {
        .kind = DOCUMENT_SHIPMENT, .type = nothing, .number = shipment_nbr};
    struct claimed_document invoice = {
        .kind = DOCUMENT_INVOICE, .type = nothing, .number = shipment_nbr};
    struct claimed_document order = {.kind = DOCUMENT_ORDER, .type = type, .number = short_nbr};
    AMSYNC_CLEANUP(cleanup_free) char *of_shipment = identity_marker(&shipment);
    AMSYNC_CLEANUP(cleanup_free) char *of_invoice = identity_marker(&invoice);
    AMSYNC_CLEANUP(cleanup_free) char *of_order = identity_marker(&order);

    invoice.type = invoice_type;

    AMSYNC_CLEANUP(cleanup_free) char *of_cash_sale = identity_marker(&invoice);

    assert_string_equal(of_shipment, "Acumatica shipment 000068");
    assert_string_equal(of_invoice, "Acumatica Invoice 000068");
    assert_string_equal(of_cash_sale, "Acumatica Cash Sale 000068");
    assert_string_equal(of_order, "Acumatica order SO SO005555");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_prefix_type_and_number),
        cmocka_unit_test(a_sequence_numbers_by_itself),
        cmocka_unit_test(a_long_number_stays_unique),
        cmocka_unit_test(an_ext_order_id_is_company_type_and_number),
        cmocka_unit_test(a_company_that_does_not_fit_is_hashed),
        cmocka_unit_test(what_still_does_not_fit_is_hashed_whole),
        cmocka_unit_test(an_order_is_ours_to_the_letter),
        cmocka_unit_test(markers_are_whole_comments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
