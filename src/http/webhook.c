#include "http/webhook.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "intake/envelope.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>

/* application/json and text/json, with or without parameters. */
static bool
is_json_type(const char *content_type)
{
    static const char *const types[] = {"application/json", "text/json"};
    size_t length = strcspn(content_type, "; \t");

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (length == strlen(types[i]) && strncasecmp(content_type, types[i], length) == 0)
            return true;
    }
    return false;
}

/* Both secrets are compared in full, whether or not the first is the one. */
static void
check_secret(const struct settings *settings, const char *secret,
             struct webhook_header_verdict *verdict)
{
    const char *given = secret == NULL ? "" : secret;
    const char *current = settings->webhook_secret;
    const char *previous = settings->webhook_secret_previous;
    size_t length = strlen(given);
    bool is_current = secret_equals(current, strlen(current), given, length);
    bool is_previous = previous != NULL && secret_equals(previous, strlen(previous), given, length);

    verdict->secret_valid = secret != NULL && (is_current | is_previous);
    verdict->secret_previous = secret != NULL && (is_previous & !is_current);
}

/* A proxy in front could read a contradictory header differently: then bodies get mixed up. */
static unsigned
check_framing(const struct webhook_header *header, size_t *ret_bytes, struct error *detail)
{
    int64_t bytes = 0;

    if (header->transfer_encoding != NULL) {
        if (strcasecmp(header->transfer_encoding, "chunked") != 0) {
            error_set(detail, "Transfer-Encoding must be chunked or absent");
            return MHD_HTTP_BAD_REQUEST;
        }
        if (header->content_length != NULL) {
            error_set(detail, "send Content-Length or Transfer-Encoding, not both");
            return MHD_HTTP_BAD_REQUEST;
        }
        *ret_bytes = WEBHOOK_LENGTH_UNKNOWN;
        return WEBHOOK_GO_ON;
    }
    if (header->content_length != NULL &&
        parse_int64(header->content_length, 0, INT64_MAX, &bytes) != RESULT_OK) {
        error_set(detail, "Content-Length is not a number");
        return MHD_HTTP_BAD_REQUEST;
    }
    *ret_bytes = (size_t)bytes;
    return WEBHOOK_GO_ON;
}

static unsigned
check_type(const struct webhook_header *header, struct error *detail)
{
    if (header->content_type != NULL && !is_json_type(header->content_type)) {
        error_set(detail, "Content-Type must be application/json");
        return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    if (header->content_encoding != NULL && strcasecmp(header->content_encoding, "identity") != 0) {
        error_set(detail, "a body with a Content-Encoding is not understood; send it plain");
        return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    return WEBHOOK_GO_ON;
}

void
webhook_check_header(const struct settings *settings, const struct webhook_header *header,
                     struct webhook_header_verdict *ret_verdict)
{
    struct webhook_header_verdict verdict = {.body_bytes = WEBHOOK_LENGTH_UNKNOWN};

    check_secret(settings, header->secret, &verdict);
    verdict.status = check_framing(header, &verdict.body_bytes, &verdict.detail);
    if (verdict.status == WEBHOOK_GO_ON)
        verdict.status = check_type(header, &verdict.detail);
    if (verdict.status == WEBHOOK_GO_ON && !verdict.secret_valid) {
        error_set(&verdict.detail,
                  header->secret == NULL ? "the header %s with the shared secret is missing"
                                         : "the shared secret in the header %s is not the one set",
                  settings->webhook_header);
        verdict.status = MHD_HTTP_UNAUTHORIZED;
    }
    if (verdict.status == WEBHOOK_GO_ON && verdict.body_bytes != WEBHOOK_LENGTH_UNKNOWN &&
        verdict.body_bytes > (size_t)settings->max_body_bytes) {
        error_set(&verdict.detail,
                  "the body has more than %" PRId64 " bytes (AMSYNC_MAX_BODY_BYTES)",
                  settings->max_body_bytes);
        verdict.status = MHD_HTTP_CONTENT_TOO_LARGE;
    }
    *ret_verdict = verdict;
}

static unsigned
find_kind(const struct settings *settings, const struct route *route, const char *query,
          enum document_kind *ret_kind, struct error *detail)
{
    const struct inquiry_names names = {
        .orders = &settings->query_orders,
        .shipments = &settings->query_shipments,
        .invoices = &settings->query_invoices,
    };

    if (!route->kind_from_query) {
        *ret_kind = route->kind;
        return WEBHOOK_GO_ON;
    }
    if (envelope_kind_from_query(query, &names, ret_kind) == RESULT_OK)
        return WEBHOOK_GO_ON;
    error_set(
        detail,
        "Query \"%s\" is in none of AMSYNC_QUERY_ORDERS, AMSYNC_QUERY_SHIPMENTS and "
        "AMSYNC_QUERY_INVOICES. Next: add the inquiry's title to AMSYNC_QUERY_ORDERS, "
        "AMSYNC_QUERY_SHIPMENTS or AMSYNC_QUERY_INVOICES and restart amsync serve, or send to "
        "/webhooks/acumatica/orders, /shipments or /invoices",
        query);
    return MHD_HTTP_BAD_REQUEST;
}

static enum result
keep_notification(const struct envelope *envelope, enum document_kind kind, const char *body,
                  size_t body_bytes, struct webhook_notification *notification)
{
    const char *kind_name = document_kind_name(kind);
    const struct digest_part parts[] = {
        {.bytes = kind_name, .length = strlen(kind_name)},
        {.bytes = body, .length = body_bytes},
    };

    notification->kind = kind;
    notification->company = strdup(envelope_company(envelope));
    notification->query = strdup(envelope_query(envelope));
    notification->id = strdup(envelope_id(envelope));
    notification->acumatica_timestamp = envelope_timestamp(envelope);
    if (notification->company == NULL || notification->query == NULL || notification->id == NULL)
        return RESULT_FAILED;
    return sha256_parts(parts, sizeof(parts) / sizeof(parts[0]), notification->dedup);
}

static unsigned
out_of_memory(struct error *detail)
{
    error_set(detail, "out of memory; send again later");
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned
read_body(const struct settings *settings, const struct route *route, const char *body,
          size_t body_bytes, struct webhook_notification *ret_notification, struct error *detail)
{
    AMSYNC_CLEANUP(envelope_free) struct envelope *envelope = NULL;
    enum document_kind kind = DOCUMENT_ORDER;

    *ret_notification = (struct webhook_notification){0};
    enum result result = envelope_parse_outline(body, body_bytes, &envelope, detail);
    if (result == RESULT_REJECTED)
        return MHD_HTTP_BAD_REQUEST;
    if (result != RESULT_OK)
        return out_of_memory(detail);
    unsigned status = find_kind(settings, route, envelope_query(envelope), &kind, detail);
    if (status != WEBHOOK_GO_ON)
        return status;
    if (keep_notification(envelope, kind, body, body_bytes, ret_notification) != RESULT_OK)
        return out_of_memory(detail);
    if (!settings_accept_company(settings, ret_notification->company)) {
        error_set(
            detail,
            "CompanyId \"%s\" is not in AMSYNC_COMPANIES, where upper and lower case count. Next: "
            "add the CompanyId to AMSYNC_COMPANIES, if it is yours, and restart amsync serve",
            ret_notification->company);
        return MHD_HTTP_FORBIDDEN;
    }
    return WEBHOOK_GO_ON;
}

/* A sender may have put the secret where a name belongs, and refusals are shown to others. */
static enum result
mask_secrets(const struct settings *settings, char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    enum result result = text_mask_secret(text, length, settings->webhook_secret);

    if (result == RESULT_OK)
        result = text_mask_secret(text, length, settings->webhook_secret_previous);
    return result;
}

unsigned
webhook_read_body(const struct settings *settings, const struct route *route, const char *body,
                  size_t body_bytes, struct webhook_notification *ret_notification,
                  struct error *detail)
{
    unsigned status = read_body(settings, route, body, body_bytes, ret_notification, detail);

    if (status != WEBHOOK_GO_ON && (mask_secrets(settings, detail->text) != RESULT_OK ||
                                    mask_secrets(settings, ret_notification->company) != RESULT_OK))
        return out_of_memory(detail);
    return status;
}

void
webhook_notification_finish(struct webhook_notification *notification)
{
    free(notification->company);
    free(notification->query);
    free(notification->id);
    *notification = (struct webhook_notification){0};
}
