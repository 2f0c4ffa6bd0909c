#include "magento/auth.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"

#define SIGNED_MAX_BYTES 65536
#define OAUTH_PARAMETER_COUNT 6
#define NONCE_BYTES 16

/* An encoded name=value pair; `name_length` says where the name ends. */
struct pair {
    char *text;
    size_t name_length;
};

static int
compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    size_t common = a->name_length < b->name_length ? a->name_length : b->name_length;
    int order = memcmp(a->text, b->text, common);

    if (order != 0)
        return order;
    if (a->name_length != b->name_length)
        return a->name_length < b->name_length ? -1 : 1;
    return strcmp(a->text, b->text);
}

static enum result
pair_make(const char *name, const char *value, struct pair *ret_pair)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(SIGNED_MAX_BYTES);

    text_append_percent_encoded(&text, name, strlen(name));
    ret_pair->name_length = text.length;
    buffer_append_byte(&text, '=');
    text_append_percent_encoded(&text, value, strlen(value));
    return buffer_take(&text, &ret_pair->text, NULL);
}

static void
pairs_free(struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(pairs[i].text);
    free(pairs);
}

static enum result
append_sorted_parameters(const struct magento_parameter *oauth, const struct oauth_request *request,
                         struct buffer *parameters)
{
    size_t count = OAUTH_PARAMETER_COUNT + request->query_count;
    struct pair *pairs = calloc(count, sizeof(*pairs));
    enum result result = pairs == NULL ? RESULT_FAILED : RESULT_OK;

    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        const struct magento_parameter *from =
            i < OAUTH_PARAMETER_COUNT ? &oauth[i] : &request->query[i - OAUTH_PARAMETER_COUNT];

        result = pair_make(from->name, from->value, &pairs[i]);
    }
    if (result == RESULT_OK) {
        qsort(pairs, count, sizeof(*pairs), compare_pairs);
        for (size_t i = 0; i < count; i++) {
            if (i > 0)
                buffer_append_byte(parameters, '&');
            buffer_append_text(parameters, pairs[i].text);
        }
    }
    if (pairs != NULL)
        pairs_free(pairs, count);
    return result;
}

/* The URL with its scheme and host in lower case and without the scheme's own port. */
static enum result
append_normal_url(struct buffer *normal, const char *url)
{
    const char *host = strstr(url, "://");

    if (host == NULL)
        return RESULT_REJECTED;
    host += strlen("://");

    const char *path = strchrnul(host, '/');
    const char *own_port = strncasecmp(url, "https:", strlen("https:")) == 0 ? ":443" : ":80";
    size_t host_length = (size_t)(path - host);
    size_t port_length = strlen(own_port);

    if (host_length > port_length &&
        memcmp(host + host_length - port_length, own_port, port_length) == 0)
        host_length -= port_length;
    for (const char *c = url; c < host + host_length; c++)
        buffer_append_byte(normal, (char)tolower((unsigned char)*c));
    buffer_append_text(normal, path);
    return RESULT_OK;
}

static void
oauth_parameters(const struct magento_credentials *credentials, const struct oauth_request *request,
                 char timestamp[24], struct magento_parameter ret_oauth[OAUTH_PARAMETER_COUNT])
{
    (void)snprintf(timestamp, 24, "%" PRId64, request->timestamp);
    ret_oauth[0] = (struct magento_parameter){"oauth_consumer_key", credentials->consumer_key};
    ret_oauth[1] = (struct magento_parameter){"oauth_nonce", request->nonce};
    ret_oauth[2] = (struct magento_parameter){"oauth_signature_method", "HMAC-SHA256"};
    ret_oauth[3] = (struct magento_parameter){"oauth_timestamp", timestamp};
    ret_oauth[4] = (struct magento_parameter){"oauth_token", credentials->token};
    ret_oauth[5] = (struct magento_parameter){"oauth_version", "1.0"};
}

enum result
oauth_signature_base(const struct magento_credentials *credentials,
                     const struct oauth_request *request, char **ret_text)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer base = BUFFER_INITIAL(SIGNED_MAX_BYTES);
    AMSYNC_CLEANUP(buffer_free) struct buffer url = BUFFER_INITIAL(SIGNED_MAX_BYTES);
    AMSYNC_CLEANUP(buffer_free) struct buffer parameters = BUFFER_INITIAL(SIGNED_MAX_BYTES);
    struct magento_parameter oauth[OAUTH_PARAMETER_COUNT];
    char timestamp[24];
    enum result result = append_normal_url(&url, request->url);

    oauth_parameters(credentials, request, timestamp, oauth);
    if (result == RESULT_OK)
        result = append_sorted_parameters(oauth, request, &parameters);
    if (result == RESULT_OK)
        result = buffer_result(&url);
    if (result == RESULT_OK)
        result = buffer_result(&parameters);
    if (result != RESULT_OK)
        return result;

    buffer_append_text(&base, request->method);
    buffer_append_byte(&base, '&');
    text_append_percent_encoded(&base, url.data, url.length);
    buffer_append_byte(&base, '&');
    text_append_percent_encoded(&base, parameters.data, parameters.length);
    return buffer_take(&base, ret_text, NULL);
}

static enum result
sign(const struct magento_credentials *credentials, const char *base,
     char ret_signature[BASE64_SIZE(SHA256_BYTES)])
{
    AMSYNC_CLEANUP(buffer_free) struct buffer key = BUFFER_INITIAL(SIGNED_MAX_BYTES);
    uint8_t digest[SHA256_BYTES];

    text_append_percent_encoded(&key, credentials->consumer_secret,
                                strlen(credentials->consumer_secret));
    buffer_append_byte(&key, '&');
    text_append_percent_encoded(&key, credentials->token_secret, strlen(credentials->token_secret));

    enum result result = buffer_result(&key);

    if (result == RESULT_OK)
        result = hmac_sha256(key.data, key.length, base, strlen(base), digest);
    if (result == RESULT_OK)
        (void)base64_encode(digest, sizeof(digest), ret_signature);
    if (key.data != NULL)
        explicit_bzero(key.data, key.length);
    return result;
}

enum result
oauth_authorization(const struct magento_credentials *credentials,
                    const struct oauth_request *request, char **ret_value)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer value = BUFFER_INITIAL(SIGNED_MAX_BYTES);
    AMSYNC_CLEANUP(cleanup_free) char *base = NULL;
    struct magento_parameter oauth[OAUTH_PARAMETER_COUNT];
    char signature[BASE64_SIZE(SHA256_BYTES)];
    char timestamp[24];
    enum result result = oauth_signature_base(credentials, request, &base);

    if (result == RESULT_OK)
        result = sign(credentials, base, signature);
    if (result != RESULT_OK)
        return result;

    oauth_parameters(credentials, request, timestamp, oauth);
    buffer_append_text(&value, "OAuth ");
    for (size_t i = 0; i < OAUTH_PARAMETER_COUNT; i++) {
        buffer_append_format(&value, "%s=\"", oauth[i].name);
        text_append_percent_encoded(&value, oauth[i].value, strlen(oauth[i].value));
        buffer_append_text(&value, "\", ");
    }
    buffer_append_text(&value, "oauth_signature=\"");
    text_append_percent_encoded(&value, signature, strlen(signature));
    buffer_append_byte(&value, '"');
    return buffer_take(&value, ret_value, NULL);
}

enum result
magento_authorization(const struct magento_credentials *credentials, const char *method,
                      const char *url, const struct magento_parameter *query, size_t query_count,
                      char **ret_value)
{
    if (credentials->auth == MAGENTO_AUTH_BEARER) {
        AMSYNC_CLEANUP(buffer_free) struct buffer value = BUFFER_INITIAL(SIGNED_MAX_BYTES);

        buffer_append_format(&value, "Bearer %s", credentials->token);
        return buffer_take(&value, ret_value, NULL);
    }

    uint8_t random[NONCE_BYTES];
    char nonce[2 * NONCE_BYTES + 1];
    enum result result = random_bytes(random, sizeof(random));

    if (result != RESULT_OK)
        return result;

    struct oauth_request request = {
        .method = method,
        .url = url,
        .query = query,
        .query_count = query_count,
        .nonce = hex_encode(random, sizeof(random), nonce),
        .timestamp = clock_unix_ms() / 1000,
    };

    return oauth_authorization(credentials, &request, ret_value);
}
