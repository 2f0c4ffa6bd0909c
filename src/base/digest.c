#include "base/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>

static enum result
result_of(int gnutls_code)
{
    return gnutls_code < 0 ? RESULT_FAILED : RESULT_OK;
}

enum result
sha256(const void *bytes, size_t length, uint8_t ret_digest[SHA256_BYTES])
{
    return result_of(gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, length, ret_digest));
}

enum result
sha256_parts(const struct digest_part *parts, size_t count, uint8_t ret_digest[SHA256_BYTES])
{
    gnutls_hash_hd_t hash;
    int code = gnutls_hash_init(&hash, GNUTLS_DIG_SHA256);

    if (code < 0)
        return RESULT_FAILED;
    for (size_t i = 0; i < count && code >= 0; i++) {
        if (parts[i].length > 0)
            code = gnutls_hash(hash, parts[i].bytes, parts[i].length);
    }
    gnutls_hash_deinit(hash, code < 0 ? NULL : ret_digest);
    return result_of(code);
}

enum result
hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
            uint8_t ret_digest[SHA256_BYTES])
{
    return result_of(
        gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_length, bytes, length, ret_digest));
}

const char *
hex_encode(const void *bytes, size_t length, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;

    for (size_t i = 0; i < length; i++) {
        ret_text[2 * i] = digits[from[i] >> 4];
        ret_text[2 * i + 1] = digits[from[i] & 0xF];
    }
    ret_text[2 * length] = '\0';
    return ret_text;
}

const char *
base64_encode(const void *bytes, size_t length, char *ret_text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = bytes;
    char *to = ret_text;

    for (size_t i = 0; i < length; i += 3) {
        size_t present = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)from[i] << 16;

        group |= present > 1 ? (uint32_t)from[i + 1] << 8 : 0;
        group |= present > 2 ? from[i + 2] : 0;
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 0x3F];
        *to++ = present > 1 ? digits[group >> 6 & 0x3F] : '=';
        *to++ = present > 2 ? digits[group & 0x3F] : '=';
    }
    *to = '\0';
    return ret_text;
}

enum result
random_bytes(void *ret_bytes, size_t length)
{
    return result_of(gnutls_rnd(GNUTLS_RND_RANDOM, ret_bytes, length));
}

enum result
uuid_v4(struct uuid_text *ret_uuid)
{
    uint8_t bytes[16];
    char hex[2 * sizeof(bytes) + 1];

    if (random_bytes(bytes, sizeof(bytes)) != RESULT_OK)
        return RESULT_FAILED;
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80); /* the variant of RFC 9562 */
    (void)hex_encode(bytes, sizeof(bytes), hex);
    (void)snprintf(ret_uuid->text, sizeof(ret_uuid->text), "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
                   hex + 8, hex + 12, hex + 16, hex + 20);
    return RESULT_OK;
}

bool
secret_equals(const void *left, size_t left_length, const void *right, size_t right_length)
{
    const uint8_t *left_bytes = left;
    const uint8_t *right_bytes = right;
    size_t longest = left_length > right_length ? left_length : right_length;
    /* Volatile, so that no compiler finds out that the first difference decides. */
    volatile unsigned difference = left_length == right_length ? 0 : 1;

    for (size_t i = 0; i < longest; i++) {
        unsigned left_byte = i < left_length ? left_bytes[i] : 0;
        unsigned right_byte = i < right_length ? right_bytes[i] : 0;

        difference = difference | (left_byte ^ right_byte);
    }
    return difference == 0;
}
