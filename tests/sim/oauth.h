/* Verification of OAuth 1.0a signatures as Magento 2.4.7 does it: HMAC-SHA256 only. */
#ifndef AMSYNC_SIM_OAUTH_H
#define AMSYNC_SIM_OAUTH_H

#include "sim/answer.h"
#include "sim/server.h"
#include "sim/target.h"

#include <jansson.h>

/*
 * The integration (borrowed from the list) whose consumer and token signed the request; NULL:
 * answered with what is wrong. A nonce is remembered in `nonces` and good once per consumer.
 */
const json_t *oauth_integration(const json_t *integrations, json_t *nonces,
                                const struct server_request *request, const struct target *target,
                                struct answer *answer);

#endif
