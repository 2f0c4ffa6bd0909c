#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "magento/auth.h"

#define TIMES_32(letter)                                                                           \
    letter letter letter letter letter letter letter letter letter letter letter letter letter     \
        letter letter letter letter letter letter letter letter letter letter letter letter letter \
            letter letter letter letter letter letter

static const struct magento_credentials credentials = {
    .auth = MAGENTO_AUTH_OAUTH1,
    .token = TIMES_32("t"),
    .consumer_key = TIMES_32("c"),
    .consumer_secret = TIMES_32("s"),
    .token_secret = TIMES_32("u"),
};

static struct oauth_request
request_of(const char *method, const char *url)
{
    return (struct oauth_request){
        .method = method,
        .url = url,
        .nonce = "0123456789abcdef0123456789abcdef",
        .timestamp = 1700000000,
    };
}

static void
assert_signature(const struct oauth_request *request, const char *encoded_signature)
{
    char *value = NULL;

    assert_int_equal(oauth_authorization(&credentials, request, &value), RESULT_OK);
    assert_non_null(strstr(value, encoded_signature));
    free(value);
}

static void
assert_base_begins(const char *url, const char *start)
{
    struct oauth_request request = request_of("GET", url);
    char *base = NULL;

    assert_int_equal(oauth_signature_base(&credentials, &request, &base), RESULT_OK);
    assert_memory_equal(base, start, strlen(start));
    free(base);
}

static void
a_post_is_signed(void **state)
{
    (void)state;
    struct oauth_request request =
        request_of("POST", "https://shop.example.com/rest/default/V1/orders");

    assert_signature(&request,
                     "oauth_signature=\"xEKY68OdblMjarByGNK7acmB6cH8nIyvi5ubcLV0j%2BU%3D\"");
}

static void
a_search_is_signed_with_its_query(void **state)
{
    (void)state;
    static const struct magento_parameter query[] = {
        {"searchCriteria[filter_groups][0][filters][0][field]", "ext_order_id"},
        {"searchCriteria[filter_groups][0][filters][0][value]", "SO-SO005432"},
        {"searchCriteria[pageSize]", "5"},
        {"fields", "items[entity_id,increment_id]"},
    };
    struct oauth_request request =
        request_of("GET", "https://shop.example.com/rest/default/V1/orders");

    request.query = query;
    request.query_count = sizeof(query) / sizeof(query[0]);
    assert_signature(&request,
                     "oauth_signature=\"tp%2BB%2FKqKCThVE1XYd5%2FbGuXg3HiRpQyXlvYNuenf08A%3D\"");
}

static void
the_url_is_signed_as_magento_sees_it(void **state)
{
    (void)state;
    assert_base_begins("HTTPS://Shop.Example.com:443/Rest",
                       "GET&https%3A%2F%2Fshop.example.com%2FRest&");
    assert_base_begins("http://shop.example.com:80/rest",
                       "GET&http%3A%2F%2Fshop.example.com%2Frest&");
    assert_base_begins("http://shop.example.com:443/rest",
                       "GET&http%3A%2F%2Fshop.example.com%3A443%2Frest&");
}

static void
parameters_are_sorted_by_encoded_name_then_value(void **state)
{
    (void)state;
    static const struct magento_parameter query[] = {{"z", "2"}, {"z", "1"}, {"a b", "c d"}};
    struct oauth_request request = request_of("GET", "http://h/p");
    char *base = NULL;

    request.query = query;
    request.query_count = sizeof(query) / sizeof(query[0]);
    assert_int_equal(oauth_signature_base(&credentials, &request, &base), RESULT_OK);
    assert_non_null(strstr(base, "p&a%2520b%3Dc%2520d%26oauth_consumer_key%3D"));
    assert_string_equal(strstr(base, "oauth_version"), "oauth_version%3D1.0%26z%3D1%26z%3D2");
    free(base);
}

static void
a_url_without_a_scheme_is_rejected(void **state)
{
    (void)state;
    struct oauth_request request = request_of("GET", "shop.example.com/rest");
    char *value = NULL;

    assert_int_equal(oauth_authorization(&credentials, &request, &value), RESULT_REJECTED);
    assert_null(value);
}

static void
each_request_has_a_nonce_of_its_own(void **state)
{
    (void)state;
    char *first = NULL;
    char *second = NULL;

    assert_int_equal(magento_authorization(&credentials, "GET", "http://h/p", NULL, 0, &first),
                     RESULT_OK);
    assert_int_equal(magento_authorization(&credentials, "GET", "http://h/p", NULL, 0, &second),
                     RESULT_OK);

    const char *nonce = strstr(first, "oauth_nonce=\"");

    assert_non_null(nonce);
    assert_int_equal(strspn(nonce + strlen("oauth_nonce=\""), "0123456789abcdef"), 32);
    assert_string_not_equal(first, second);
    free(first);
    free(second);
}

static void
a_bearer_token_stands_as_it_is(void **state)
{
    (void)state;
    static const struct magento_credentials bearer = {.auth = MAGENTO_AUTH_BEARER, .token = "abc"};
    char *value = NULL;

    assert_int_equal(magento_authorization(&bearer, "GET", "http://h/p", NULL, 0, &value),
                     RESULT_OK);
    assert_string_equal(value, "Bearer abc");
    free(value);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_is_signed),
        cmocka_unit_test(a_search_is_signed_with_its_query),
        cmocka_unit_test(the_url_is_signed_as_magento_sees_it),
        cmocka_unit_test(parameters_are_sorted_by_encoded_name_then_value),
        cmocka_unit_test(a_url_without_a_scheme_is_rejected),
        cmocka_unit_test(each_request_has_a_nonce_of_its_own),
        cmocka_unit_test(a_bearer_token_stands_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
