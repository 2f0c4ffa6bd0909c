/*
 * The Authorization header: a bearer token, or OAuth 1.0a with HMAC-SHA256 (RFC 5849), as Magento
 * checks it. Pure but for magento_authorization, which draws a nonce and asks the clock. Any thread.
 */
#ifndef AMSYNC_MAGENTO_AUTH_H
#define AMSYNC_MAGENTO_AUTH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/settings.h"

/* A parameter of a query, not encoded. Texts are borrowed. */
struct magento_parameter {
    const char *name;
    const char *value;
};

/* Texts are borrowed; those of OAuth are NULL with MAGENTO_AUTH_BEARER. */
struct magento_credentials {
    enum magento_auth auth;
    const char *token;
    const char *consumer_key;
    const char *consumer_secret;
    const char *token_secret;
};

/* A request as it is signed. */
struct oauth_request {
    const char *method; /* "GET" or "POST" */
    const char *url;    /* without its query */
    const struct magento_parameter *query;
    size_t query_count;
    const char *nonce; /* at most 32 characters, used once only */
    int64_t timestamp; /* seconds since 1970 */
};

/*
 * The text that is signed: METHOD&url&parameters. Scheme and host are put in lower case and the
 * scheme's own port is left out, as Magento sees the request. Parameters are sorted by the bytes of
 * their encoded names; Magento sorts "naturally" (10 after 9), so numbers within names must have
 * one digit. The caller frees the text.
 * RESULT_REJECTED: the URL has no scheme. RESULT_FAILED: out of memory.
 */
AMSYNC_MUST_USE enum result oauth_signature_base(const struct magento_credentials *credentials,
                                                 const struct oauth_request *request,
                                                 char **ret_text);

/* The value of the header, "OAuth oauth_consumer_key=...". Owned and failing as above. */
AMSYNC_MUST_USE enum result oauth_authorization(const struct magento_credentials *credentials,
                                                const struct oauth_request *request,
                                                char **ret_value);

/* The value of the header for a request that leaves now. Owned and failing as above. */
AMSYNC_MUST_USE enum result magento_authorization(const struct magento_credentials *credentials,
                                                  const char *method, const char *url,
                                                  const struct magento_parameter *query,
                                                  size_t query_count, char **ret_value);

#endif
