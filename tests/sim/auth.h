/*
 * Who may call what: integrations with a bearer token, an OAuth 1.0a consumer and rights.
 *
 * Rights are Magento's resource names ("Magento_Sales::ship"); an integration has all but those
 * taken away from it.
 */
#ifndef AMSYNC_SIM_AUTH_H
#define AMSYNC_SIM_AUTH_H

#include "base/error.h"
#include "sim/answer.h"
#include "sim/server.h"
#include "sim/target.h"

#include <jansson.h>
#include <stdbool.h>

struct auth;

/* What an integration is known by until auth_configure says something else. */
#define AUTH_TOKEN "sim-token-aaaaaaaaaaaaaaaaaaaaaa"
#define AUTH_TOKEN_SECRET "sim-token-secret-bbbbbbbbbbbbbbb"
#define AUTH_CONSUMER_KEY "sim-consumer-key-ccccccccccccccc"
#define AUTH_CONSUMER_SECRET "sim-consumer-secret-dddddddddddd"

/* NULL: out of memory. Bearer is on, with one integration as above that has all rights. */
struct auth *auth_new(void);
void auth_free(struct auth *auth);

/* Forgets the nonces that were used. */
void auth_reset(struct auth *auth);

/*
 * Settings, each optional: "bearer" (true or false); "integrations": a list of {"token",
 * "token_secret", "consumer_key", "consumer_secret", "without": [rights]}, where what is left out
 * is as above; "without": the rights taken away from the first integration.
 */
void auth_configure(struct auth *auth, const json_t *settings);

/* False: answered. `resource` is the right that the call needs, "" if anyone may make it. */
bool auth_check(struct auth *auth, const struct server_request *request,
                const struct target *target, const char *resource, struct answer *answer);

#endif
