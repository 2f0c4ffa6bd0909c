/*
 * Calls to Magento's REST API over one reused connection. The calls themselves are in
 * magento/orders.h and its like.
 *
 * A client belongs to one thread at a time; an endpoint may be shared by all. Nothing is sent twice:
 * of a write at most one request leaves, and none when it might still take effect after the claim
 * it is made under.
 */
#ifndef AMSYNC_MAGENTO_CLIENT_H
#define AMSYNC_MAGENTO_CLIENT_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/settings.h"
#include "magento/answer.h"
#include "magento/auth.h"
#include "magento/metrics.h"

/* Longer answers are cut off, which is an answer that did not come whole. */
#define MAGENTO_ANSWER_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define MAGENTO_BODY_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* Where Magento is, and who asks. Borrowed texts; not changed while a client uses it. */
struct magento_endpoint {
    const char *base_url; /* without a slash at its end */
    const char *store;    /* store view code, which stands in the path */
    struct magento_credentials credentials;
    unsigned timeout_ms; /* how long an answer is waited for, connecting included */
    unsigned quiet_ms;   /* how long after its sending a write may still take effect */
    /* Set by any thread when the program must stop: running calls end with MAGENTO_ABORTED, or
     * MAGENTO_UNKNOWN for a write that has left. */
    atomic_bool *abort;
    struct magento_metrics *metrics; /* where requests are counted; NULL: nowhere */
};

struct magento_client;

/* The endpoint that the settings describe; it borrows from them. `abort` may be NULL. Without
 * metrics. */
struct magento_endpoint magento_endpoint_of(const struct settings *settings, atomic_bool *abort);

/* Once in a program, before there are threads. RESULT_FAILED: libcurl cannot work. */
AMSYNC_MUST_USE enum result magento_global_init(struct error *err);

/* The caller ends it with magento_client_free; `endpoint` outlives it.
 * RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result magento_client_new(const struct magento_endpoint *endpoint,
                                               struct magento_client **ret_client);
void magento_client_free(struct magento_client **client);

/*
 * For the calls that follow: when the claim ends (clock_boottime_ms). A write that is not out before
 * this less timeout_ms and quiet_ms is not sent, nor a read whose answer may come too late to be
 * recorded before the claim ends. INT64_MAX, as at the start: never ends.
 */
void magento_client_set_deadline(struct magento_client *client, int64_t boottime_ms);

/* Whether a request has left since then. */
bool magento_client_has_asked(const struct magento_client *client);

/*
 * GET /rest/STORE/V1/PATH?QUERY, a read: it may leave twice, its outcome is never UNKNOWN. `path`
 * consists of segments that need no encoding. `answer` must be all zero or an earlier call's, which
 * is finished; the caller finishes it. Returns answer->outcome.
 */
enum magento_outcome magento_get(struct magento_client *client, enum magento_call call,
                                 const char *path, const struct magento_parameter *query,
                                 size_t query_count, struct magento_answer *answer);

/* POST /rest/STORE/V1/PATH?QUERY, a write; `body` may be NULL for none. */
enum magento_outcome magento_post(struct magento_client *client, enum magento_call call,
                                  const char *path, const struct magento_parameter *query,
                                  size_t query_count, const json_t *body,
                                  struct magento_answer *answer);

#endif
