#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
assert_hex(const uint8_t digest[SHA256_BYTES], const char *expected)
{
    char text[SHA256_HEX_SIZE];

    assert_string_equal(hex_encode(digest, SHA256_BYTES, text), expected);
}

/* FIPS 180-4's examples. */
static void
sha256_by_example(void **state)
{
    (void)state;
    uint8_t digest[SHA256_BYTES];

    assert_int_equal(sha256("abc", 3, digest), RESULT_OK);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(sha256("", 0, digest), RESULT_OK);
    assert_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
parts_count_as_one_text(void **state)
{
    (void)state;
    uint8_t whole[SHA256_BYTES];
    uint8_t parts[SHA256_BYTES];
    const struct digest_part split[] = {{"orders", 6}, {NULL, 0}, {"{\"a\":1}", 7}};

    assert_int_equal(sha256("orders{\"a\":1}", 13, whole), RESULT_OK);
    assert_int_equal(sha256_parts(split, COUNT(split), parts), RESULT_OK);
    assert_memory_equal(whole, parts, sizeof(whole));
    assert_int_equal(sha256_parts(NULL, 0, parts), RESULT_OK);
    assert_hex(parts, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231's test cases 1, 2, 3 and 6. */
static void
hmac_by_example(void **state)
{
    (void)state;
    uint8_t digest[SHA256_BYTES];
    uint8_t key[131];
    uint8_t data[50];

    memset(key, 0x0b, 20);
    assert_int_equal(hmac_sha256(key, 20, "Hi There", 8, digest), RESULT_OK);
    assert_hex(digest, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, digest), RESULT_OK);
    assert_hex(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    memset(data, 0xdd, sizeof(data));
    assert_int_equal(hmac_sha256(key, 20, data, sizeof(data), digest), RESULT_OK);
    assert_hex(digest, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    assert_int_equal(hmac_sha256(key, sizeof(key),
                                 "Test Using Larger Than Block-Size Key - Hash Key First", 54,
                                 digest),
                     RESULT_OK);
    assert_hex(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 4648's test vectors. */
static void
base64_by_example(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *expected;
    } cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFF\xEF\xBE", "/+++"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[BASE64_SIZE(6)];
        size_t length = strlen(cases[i].bytes);

        assert_string_equal(base64_encode(cases[i].bytes, length, text), cases[i].expected);
        assert_int_equal(BASE64_SIZE(length), strlen(cases[i].expected) + 1);
    }
}

static void
hex_has_two_lower_case_digits_a_byte(void **state)
{
    (void)state;
    char text[7];

    assert_string_equal(hex_encode("\x00\xAF\x10", 3, text), "00af10");
    assert_string_equal(hex_encode("", 0, text), "");
}

static void
uuids_are_version_4_and_differ(void **state)
{
    (void)state;
    struct uuid_text uuids[64];

    for (size_t i = 0; i < COUNT(uuids); i++) {
        assert_int_equal(uuid_v4(&uuids[i]), RESULT_OK);
        assert_int_equal(strlen(uuids[i].text), 36);
        assert_int_equal(strspn(uuids[i].text, "0123456789abcdef-"), 36);
        assert_int_equal(uuids[i].text[8], '-');
        assert_int_equal(uuids[i].text[13], '-');
        assert_int_equal(uuids[i].text[14], '4');
        assert_int_equal(uuids[i].text[18], '-');
        assert_non_null(strchr("89ab", uuids[i].text[19]));
        assert_int_equal(uuids[i].text[23], '-');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(uuids[i].text, uuids[k].text);
    }
}

/* Each byte takes on many values: 4,096 random bytes leave out about none of 256. */
static void
random_bytes_are_spread(void **state)
{
    (void)state;
    uint8_t bytes[4096];
    bool seen[256] = {false};
    int different = 0;

    assert_int_equal(random_bytes(bytes, sizeof(bytes)), RESULT_OK);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        different += seen[bytes[i]] ? 0 : 1;
        seen[bytes[i]] = true;
    }
    assert_true(different > 250);
}

static void
secrets_are_compared_to_the_last_byte(void **state)
{
    (void)state;
    static const struct {
        const char *left;
        const char *right;
        bool equal;
    } cases[] = {
        {"", "", true},
        {"a", "a", true},
        {"secret", "secret", true},
        {"secret", "Secret", false},
        {"secret", "secreT", false},
        {"secret", "secre", false},
        {"secre", "secret", false},
        {"", "a", false},
        {"a", "", false},
        {"aaaa", "aaaaaaaa", false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(secret_equals(cases[i].left, strlen(cases[i].left), cases[i].right,
                                       strlen(cases[i].right)),
                         cases[i].equal);
    assert_false(secret_equals("a\0", 2, "a", 1));
    assert_false(secret_equals("a", 1, "a\0", 2));
    assert_true(secret_equals(NULL, 0, NULL, 0));
    assert_false(secret_equals(NULL, 0, "\0", 1));
}

static void
one_differing_bit_anywhere_is_seen(void **state)
{
    (void)state;
    uint8_t left[64];
    uint8_t right[64];

    memset(left, 0x5A, sizeof(left));
    for (size_t i = 0; i < 8 * sizeof(left); i++) {
        memcpy(right, left, sizeof(right));
        right[i / 8] = (uint8_t)(right[i / 8] ^ 1U << i % 8);
        assert_false(secret_equals(left, sizeof(left), right, sizeof(right)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_by_example),
        cmocka_unit_test(parts_count_as_one_text),
        cmocka_unit_test(hmac_by_example),
        cmocka_unit_test(base64_by_example),
        cmocka_unit_test(hex_has_two_lower_case_digits_a_byte),
        cmocka_unit_test(uuids_are_version_4_and_differ),
        cmocka_unit_test(random_bytes_are_spread),
        cmocka_unit_test(secrets_are_compared_to_the_last_byte),
        cmocka_unit_test(one_differing_bit_anywhere_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
