#include "sim/oauth.h"

#include "base/cleanup.h"
#include "sim/row.h"

#include <ctype.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PARAMETERS_MAX (TARGET_PAIRS_MAX + 16)
#define DIGEST_BYTES 32
#define AHEAD_SECONDS_MAX 600

/* A name and a value, percent-encoded as they are signed. */
struct parameter {
    char *name;
    char *value;
};

struct parameters {
    struct parameter list[PARAMETERS_MAX];
    size_t count;
};

static void
parameters_clear(struct parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        free(parameters->list[i].name);
        free(parameters->list[i].value);
    }
}

/* RFC 3986: everything but letters, digits and -._~ ; owned by the caller. */
static char *
encode(const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *encoded = malloc(3 * strlen(text) + 1);
    if (!encoded)
        return NULL;
    char *out = encoded;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < 0x80U && isalnum(c)) || strchr("-._~", c)) {
            *out++ = (char)c;
        } else {
            *out++ = '%';
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15U];
        }
    }
    *out = '\0';
    return encoded;
}

/* The value of a hexadecimal digit, or -1. */
static int
hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static void
percent_decode(char *text)
{
    char *out = text;
    for (; *text; text++) {
        if (*text == '%' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0) {
            *out++ = (char)(hex_value(text[1]) * 16 + hex_value(text[2]));
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

/* `OAuth name="value", ...` as an object of decoded texts. A new reference. */
static json_t *
header_parameters(const char *authorization)
{
    json_t *found = json_object();
    AMSYNC_CLEANUP(cleanup_free) char *copy = strdup(authorization + strlen("OAuth "));
    char *rest = copy;
    char *part;
    while (rest && (part = strsep(&rest, ",")) != NULL) {
        while (*part == ' ')
            part++;
        char *equals = strchr(part, '=');
        size_t length = strlen(part);
        if (!equals || length < 3 || equals[1] != '"' || part[length - 1] != '"')
            continue;
        part[length - 1] = '\0';
        *equals = '\0';
        char *value = equals + 2;
        percent_decode(value);
        if (strcmp(part, "realm") != 0)
            row_set_text(found, part, value);
    }
    return found;
}

/* PHP's strnatcmp, which Magento 2.4.7 sorts by: runs of digits compare as numbers. */
static int
natural_compare(const char *left, const char *right)
{
    while (*left && *right) {
        if (isdigit((unsigned char)*left) && isdigit((unsigned char)*right)) {
            char *left_end = NULL;
            char *right_end = NULL;
            unsigned long long a = strtoull(left, &left_end, 10);
            unsigned long long b = strtoull(right, &right_end, 10);
            if (a != b)
                return a < b ? -1 : 1;
            left = left_end;
            right = right_end;
            continue;
        }
        if (*left != *right)
            return (unsigned char)*left < (unsigned char)*right ? -1 : 1;
        left++;
        right++;
    }
    return (*left != '\0') - (*right != '\0');
}

static int
compare_parameters(const void *left_pointer, const void *right_pointer)
{
    const struct parameter *left = left_pointer;
    const struct parameter *right = right_pointer;
    int order = natural_compare(left->name, right->name);
    return order != 0 ? order : natural_compare(left->value, right->value);
}

static void
add_parameter(struct parameters *parameters, const char *name, const char *value)
{
    if (parameters->count == PARAMETERS_MAX)
        return;
    parameters->list[parameters->count++] = (struct parameter){encode(name), encode(value)};
}

/* What is signed: METHOD&url&parameters, each encoded. Owned by the caller; NULL without memory. */
static char *
base_string(const struct server_request *request, const struct target *target, json_t *oauth)
{
    struct parameters parameters = {.count = 0};
    const char *name;
    json_t *value;
    json_object_foreach(oauth, name, value)
    {
        if (strcmp(name, "oauth_signature") != 0)
            add_parameter(&parameters, name, json_string_value(value));
    }
    for (size_t i = 0; i < target->pair_count; i++) {
        /* A plus stays a plus when Magento reads it here, so a client must send %20. */
        AMSYNC_CLEANUP(cleanup_free) char *pair_name = strdup(target->pairs[i].raw_name);
        AMSYNC_CLEANUP(cleanup_free) char *pair_value = strdup(target->pairs[i].raw_value);
        if (!pair_name || !pair_value)
            continue;
        percent_decode(pair_name);
        percent_decode(pair_value);
        add_parameter(&parameters, pair_name, pair_value);
    }
    qsort(parameters.list, parameters.count, sizeof(parameters.list[0]), compare_parameters);

    char *joined = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&joined, &size);
    for (size_t i = 0; stream && i < parameters.count; i++)
        (void)fprintf(stream, "%s%s=%s", i ? "&" : "", parameters.list[i].name,
                      parameters.list[i].value);
    if (stream)
        (void)fclose(stream);
    parameters_clear(&parameters);

    char url[1024];
    (void)snprintf(url, sizeof(url), "http://%s%s", request->host, target->path);
    AMSYNC_CLEANUP(cleanup_free) char *encoded_url = encode(url);
    AMSYNC_CLEANUP(cleanup_free) char *encoded_parameters = joined ? encode(joined) : NULL;
    free(joined);
    char *base = NULL;
    if (!encoded_url || !encoded_parameters ||
        asprintf(&base, "%s&%s&%s", request->method, encoded_url, encoded_parameters) < 0)
        return NULL;
    return base;
}

static bool
signature_fits(const json_t *integration, const char *base, const char *signature)
{
    AMSYNC_CLEANUP(cleanup_free)
    char *consumer_secret = encode(row_text(integration, "consumer_secret"));
    AMSYNC_CLEANUP(cleanup_free) char *token_secret = encode(row_text(integration, "token_secret"));
    AMSYNC_CLEANUP(cleanup_free) char *key = NULL;
    if (!consumer_secret || !token_secret ||
        asprintf(&key, "%s&%s", consumer_secret, token_secret) < 0)
        return false;
    unsigned char digest[DIGEST_BYTES];
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, strlen(key), base, strlen(base), digest) != 0)
        return false;
    gnutls_datum_t raw = {.data = digest, .size = sizeof(digest)};
    gnutls_datum_t encoded = {0};
    if (gnutls_base64_encode2(&raw, &encoded) != 0)
        return false;
    bool fits =
        strlen(signature) == encoded.size && memcmp(signature, encoded.data, encoded.size) == 0;
    gnutls_free(encoded.data);
    return fits;
}

/* The first integration with that value, NULL if there is none. */
static const json_t *
integration_by(const json_t *integrations, const char *name, const char *value)
{
    size_t i;
    json_t *integration;
    json_array_foreach(integrations, i, integration)
    {
        if (strcmp(row_text(integration, name), value) == 0)
            return integration;
    }
    return NULL;
}

/* False: answered, because something is missing or not supported. */
static bool
check_header(const json_t *oauth, struct answer *answer)
{
    static const char *const required[] = {"oauth_consumer_key",     "oauth_signature",
                                           "oauth_signature_method", "oauth_nonce",
                                           "oauth_timestamp",        "oauth_token"};
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (!*row_text(oauth, required[i])) {
            answer_field_required(answer, required[i]);
            return false;
        }
    }
    const char *method = row_text(oauth, "oauth_signature_method");
    if (strcmp(method, "HMAC-SHA256") != 0) {
        answer_error(answer, 400, "Signature method %1 is not supported", json_pack("[s]", method));
        return false;
    }
    return true;
}

/* False: answered, because the time is too far ahead or the nonce was used. */
static bool
check_nonce(const json_t *oauth, json_t *nonces, struct answer *answer)
{
    long long timestamp = strtoll(row_text(oauth, "oauth_timestamp"), NULL, 10);
    if (timestamp <= 0 || timestamp > (long long)time(NULL) + AHEAD_SECONDS_MAX) {
        answer_error(answer, 401, "An error occurred validating the nonce", NULL);
        return false;
    }
    char key[256];
    (void)snprintf(key, sizeof(key), "%s %s", row_text(oauth, "oauth_consumer_key"),
                   row_text(oauth, "oauth_nonce"));
    if (json_object_get(nonces, key)) {
        answer_error(answer, 401, "The nonce is already being used by the consumer with ID %1",
                     json_pack("[s]", "1"));
        return false;
    }
    json_object_set_new(nonces, key, json_true());
    return true;
}

const json_t *
oauth_integration(const json_t *integrations, json_t *nonces, const struct server_request *request,
                  const struct target *target, struct answer *answer)
{
    json_auto_t *oauth = header_parameters(request->authorization);
    if (!check_header(oauth, answer))
        return NULL;
    const json_t *integration =
        integration_by(integrations, "consumer_key", row_text(oauth, "oauth_consumer_key"));
    if (!integration) {
        answer_error(answer, 401, "A consumer having the specified key does not exist", NULL);
        return NULL;
    }
    if (!check_nonce(oauth, nonces, answer))
        return NULL;
    integration = integration_by(integrations, "token", row_text(oauth, "oauth_token"));
    if (!integration) {
        answer_error(answer, 401, "Specified token does not exist", NULL);
        return NULL;
    }
    AMSYNC_CLEANUP(cleanup_free) char *base = base_string(request, target, oauth);
    if (!base || !signature_fits(integration, base, row_text(oauth, "oauth_signature"))) {
        answer_error(answer, 401, "The signature is invalid. Verify and try again.", NULL);
        return NULL;
    }
    return integration;
}
