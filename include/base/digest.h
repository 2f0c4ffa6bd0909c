/*
 * Hashes, encodings and randomness (GnuTLS). Functions that carry a result fail only with
 * RESULT_FAILED, when the library cannot work (no entropy, no memory). Any thread may call.
 */
#ifndef AMSYNC_BASE_DIGEST_H
#define AMSYNC_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SHA256_BYTES 32
#define SHA256_HEX_SIZE (2 * SHA256_BYTES + 1)

/* The size of the text that base64_encode writes for `length` bytes, its NUL included. */
#define BASE64_SIZE(length) (((length) + 2) / 3 * 4 + 1)

struct digest_part {
    const void *bytes; /* may be NULL when `length` is 0 */
    size_t length;
};

struct uuid_text {
    char text[37];
};

AMSYNC_MUST_USE enum result sha256(const void *bytes, size_t length,
                                   uint8_t ret_digest[SHA256_BYTES]);

/* The hash of the parts one after the other, as if they were one text. */
AMSYNC_MUST_USE enum result sha256_parts(const struct digest_part *parts, size_t count,
                                         uint8_t ret_digest[SHA256_BYTES]);

AMSYNC_MUST_USE enum result hmac_sha256(const void *key, size_t key_length, const void *bytes,
                                        size_t length, uint8_t ret_digest[SHA256_BYTES]);

/* Writes 2 x `length` lower-case digits and a NUL. Returns `ret_text`. */
const char *hex_encode(const void *bytes, size_t length, char *ret_text);

/* Writes BASE64_SIZE(length) bytes, padded, NUL-terminated. Returns `ret_text`. */
const char *base64_encode(const void *bytes, size_t length, char *ret_text);

/* Unpredictable bytes, fit for nonces and ids. */
AMSYNC_MUST_USE enum result random_bytes(void *ret_bytes, size_t length);

/* A random UUID (version 4) in lower case. */
AMSYNC_MUST_USE enum result uuid_v4(struct uuid_text *ret_uuid);

/*
 * Compares without stopping early: every byte of both is read, whatever the lengths and wherever
 * they differ, so that the time tells nothing but the lengths.
 */
bool secret_equals(const void *left, size_t left_length, const void *right, size_t right_length);

#endif
