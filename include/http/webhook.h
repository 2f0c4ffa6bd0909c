/*
 * Whether a request is a notification that is to be kept: the checks of its header and of its body.
 * Pure; any thread.
 */
#ifndef AMSYNC_HTTP_WEBHOOK_H
#define AMSYNC_HTTP_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/settings.h"
#include "http/routes.h"
#include "store/document_kind.h"

/* The answer's status when nothing stands against a request. */
#define WEBHOOK_GO_ON 0u

/* A body whose length the header does not tell. */
#define WEBHOOK_LENGTH_UNKNOWN SIZE_MAX

/* The header fields that matter; NULL: not there. */
struct webhook_header {
    const char *content_type;
    const char *content_encoding;
    const char *content_length;
    const char *transfer_encoding;
    const char *secret; /* of the name AMSYNC_WEBHOOK_HEADER */
};

struct webhook_header_verdict {
    unsigned status; /* WEBHOOK_GO_ON, 400, 401, 413 or 415 */
    bool secret_valid;
    bool secret_previous; /* it is AMSYNC_WEBHOOK_SECRET_PREVIOUS only */
    size_t body_bytes;    /* as announced, 0 without a body, or WEBHOOK_LENGTH_UNKNOWN */
    struct error detail;  /* for the answer */
};

/* In this order: how the body is to come, its type, the secret, its size. */
void webhook_check_header(const struct settings *settings, const struct webhook_header *header,
                          struct webhook_header_verdict *ret_verdict);

/* What is kept of a notification beside its body. */
struct webhook_notification {
    enum document_kind kind;
    char *company;
    char *query;
    char *id;
    int64_t acumatica_timestamp;
    uint8_t dedup[SHA256_BYTES];
};

/*
 * Reads the body of a request to `route`. Returns WEBHOOK_GO_ON; else 400, 403, or 503 (out of
 * memory), with `detail` for the answer. On 403 the notification is there, too. In every case the
 * caller ends `ret_notification` with webhook_notification_finish.
 */
AMSYNC_MUST_USE unsigned webhook_read_body(const struct settings *settings,
                                           const struct route *route, const char *body,
                                           size_t body_bytes,
                                           struct webhook_notification *ret_notification,
                                           struct error *detail);

/* Frees what it owns; safe on a zeroed one. */
void webhook_notification_finish(struct webhook_notification *notification);

#endif
