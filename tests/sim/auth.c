#include "sim/auth.h"

#include "sim/oauth.h"
#include "sim/row.h"

#include <stdlib.h>
#include <string.h>

struct auth {
    bool bearer;
    json_t *integrations;
    json_t *nonces; /* "consumer key nonce" -> true */
};

static json_t *
integration_with_defaults(const json_t *given)
{
    json_t *integration = json_pack("{s:s,s:s,s:s,s:s,s:[]}", "token", AUTH_TOKEN, "token_secret",
                                    AUTH_TOKEN_SECRET, "consumer_key", AUTH_CONSUMER_KEY,
                                    "consumer_secret", AUTH_CONSUMER_SECRET, "without");
    if (json_is_object(given))
        json_object_update_existing(integration, row_readable(given));
    return integration;
}

struct auth *
auth_new(void)
{
    struct auth *auth = calloc(1, sizeof(*auth));
    if (!auth)
        return NULL;
    auth->bearer = true;
    auth->integrations = json_pack("[o]", integration_with_defaults(NULL));
    auth->nonces = json_object();
    return auth;
}

void
auth_free(struct auth *auth)
{
    if (!auth)
        return;
    json_decref(auth->integrations);
    json_decref(auth->nonces);
    free(auth);
}

void
auth_reset(struct auth *auth)
{
    json_object_clear(auth->nonces);
}

void
auth_configure(struct auth *auth, const json_t *settings)
{
    const json_t *bearer = json_object_get(settings, "bearer");
    if (json_is_boolean(bearer))
        auth->bearer = json_is_true(bearer);
    const json_t *integrations = json_object_get(settings, "integrations");
    if (json_is_array(integrations)) {
        json_array_clear(auth->integrations);
        size_t i;
        json_t *given;
        json_array_foreach(integrations, i, given)
            json_array_append_new(auth->integrations, integration_with_defaults(given));
    }
    json_t *without = json_object_get(settings, "without");
    if (json_is_array(without))
        json_object_set_new(json_array_get(auth->integrations, 0), "without",
                            json_deep_copy(without));
}

static bool
may(const json_t *integration, const char *resource)
{
    size_t i;
    json_t *right;
    json_array_foreach(json_object_get(integration, "without"), i, right)
    {
        if (json_is_string(right) && strcmp(json_string_value(right), resource) == 0)
            return false;
    }
    return true;
}

/* The integration of a bearer token, NULL if there is none or bearer is off. */
static const json_t *
bearer_integration(const struct auth *auth, const char *authorization)
{
    if (!auth->bearer || strncmp(authorization, "Bearer ", 7) != 0)
        return NULL;
    size_t i;
    json_t *integration;
    json_array_foreach(auth->integrations, i, integration)
    {
        if (strcmp(row_text(integration, "token"), authorization + 7) == 0)
            return integration;
    }
    return NULL;
}

bool
auth_check(struct auth *auth, const struct server_request *request, const struct target *target,
           const char *resource, struct answer *answer)
{
    if (!*resource)
        return true;
    const json_t *integration = NULL;
    if (strncmp(request->authorization, "OAuth ", 6) == 0) {
        integration = oauth_integration(auth->integrations, auth->nonces, request, target, answer);
        if (!integration)
            return false;
    } else {
        integration = bearer_integration(auth, request->authorization);
    }
    if (integration && may(integration, resource))
        return true;
    answer_unauthorized(answer, resource);
    return false;
}
