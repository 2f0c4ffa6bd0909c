#include "sync/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "sync/plan.h"

/* Magento's columns, in characters. */
#define INCREMENT_ID_CHARACTERS 50
#define EXT_ORDER_ID_CHARACTERS 32
#define SHORT_HASH_DIGITS 12

/* The first digits of the text's SHA-256. */
static enum result
hash_digits(const char *text, size_t digits, char ret_hex[static SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_BYTES];
    enum result result = sha256(text, strlen(text), digest);

    if (result != RESULT_OK)
        return result;
    (void)hex_encode(digest, sizeof(digest), ret_hex);
    ret_hex[digits] = '\0';
    return RESULT_OK;
}

/* Whether Magento stores it as it is: not too long, and in characters that it has. */
static bool
fits(const char *text, size_t max_characters)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c >= 0xF0)
            return false;
    return text_prefix_bytes(text, max_characters) == strlen(text);
}

enum result
plan_increment_id(const struct claimed_order *order, const struct rules *rules,
                  char **ret_increment_id, struct error *err)
{
    const struct preferences *preferences = rules_preferences(rules, order->company);
    AMSYNC_CLEANUP(cleanup_free) char *whole = NULL;

    if (preferences->numbering == NUMBERING_SEQUENCE)
        return RESULT_NONE;
    if (asprintf(&whole, "%s-%s-%s", preferences->increment_prefix, order->order_type,
                 order->order_nbr) < 0) {
        whole = NULL;
        return error_result(err, RESULT_FAILED, "out of memory");
    }
    if (fits(whole, INCREMENT_ID_CHARACTERS)) {
        *ret_increment_id = TAKE_PTR(whole);
        return RESULT_OK;
    }

    char hash[SHA256_HEX_SIZE];
    size_t kept = text_prefix_bytes(whole, INCREMENT_ID_CHARACTERS - SHORT_HASH_DIGITS - 1);
    char *shortened = NULL;

    if (hash_digits(whole, SHORT_HASH_DIGITS, hash) != RESULT_OK ||
        asprintf(&shortened, "%.*s-%s", (int)kept, whole, hash) < 0)
        return error_result(err, RESULT_FAILED, "out of memory");
    *ret_increment_id = shortened;
    return RESULT_OK;
}

char *
plan_ext_order_id(const struct claimed_order *order)
{
    AMSYNC_CLEANUP(cleanup_free) char *whole = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *shorter = NULL;
    char hash[SHA256_HEX_SIZE];

    if (asprintf(&whole, "%s/%s/%s", order->company, order->order_type, order->order_nbr) < 0) {
        whole = NULL;
        return NULL;
    }
    if (fits(whole, EXT_ORDER_ID_CHARACTERS))
        return TAKE_PTR(whole);
    if (hash_digits(order->company, SHORT_HASH_DIGITS, hash) != RESULT_OK)
        return NULL;
    if (asprintf(&shorter, "%s/%s/%s", hash, order->order_type, order->order_nbr) < 0) {
        shorter = NULL;
        return NULL;
    }
    if (fits(shorter, EXT_ORDER_ID_CHARACTERS))
        return TAKE_PTR(shorter);
    if (hash_digits(whole, EXT_ORDER_ID_CHARACTERS, hash) != RESULT_OK)
        return NULL;
    return strdup(hash);
}

char *
identity_marker(const struct claimed_document *document)
{
    const char *type = document->type;
    char *marker = NULL;
    int written = 0;

    switch (document->kind) {
    case DOCUMENT_ORDER:
        written = asprintf(&marker, IDENTITY_ORDER_MARKER "%s %s", type, document->number);
        break;
    case DOCUMENT_SHIPMENT:
        written = asprintf(&marker, "Acumatica shipment %s", document->number);
        break;
    case DOCUMENT_INVOICE:
        written = asprintf(&marker, "Acumatica %s %s", type[0] != '\0' ? type : "Invoice",
                           document->number);
        break;
    }
    return written < 0 ? NULL : marker;
}

enum result
identity_matches(const struct claimed_order *order, const struct magento_order *magento)
{
    AMSYNC_CLEANUP(cleanup_free) char *ext_order_id = plan_ext_order_id(order);

    if (ext_order_id == NULL)
        return RESULT_FAILED;
    return magento->ext_order_id != NULL && strcmp(magento->ext_order_id, ext_order_id) == 0
               ? RESULT_OK
               : RESULT_NONE;
}
