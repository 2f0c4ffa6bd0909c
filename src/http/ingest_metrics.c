#include "http/ingest_metrics.h"

#include <microhttpd.h>

#include "store/inbox.h"

static const struct histogram_scale ROWS = {
    .per_unit = 1,
    .bound_count = 9,
    .bounds = {1, 2, 4, 8, 16, 32, 64, 128, INBOX_BATCH_MAX},
};

static const char *const RESULTS[NOTIFICATION_RESULT_COUNT] = {
    [NOTIFICATION_ACCEPTED] = "accepted",
    [NOTIFICATION_DUPLICATE] = "duplicate",
    [NOTIFICATION_MALFORMED] = "malformed",
    [NOTIFICATION_UNAUTHORIZED] = "unauthorized",
    [NOTIFICATION_UNKNOWN_COMPANY] = "unknown_company",
    [NOTIFICATION_UNKNOWN_PATH] = "unknown_path",
    [NOTIFICATION_WRONG_METHOD] = "wrong_method",
    [NOTIFICATION_TOO_LARGE] = "too_large",
    [NOTIFICATION_WRONG_TYPE] = "wrong_type",
    [NOTIFICATION_UNAVAILABLE] = "unavailable",
    [NOTIFICATION_INCOMPLETE] = "incomplete",
};

void
ingest_metrics_init(struct ingest_metrics *metrics)
{
    *metrics = (struct ingest_metrics){0};
    histogram_init(&metrics->acknowledge_us, &histogram_of_seconds);
    histogram_init(&metrics->batch_rows, &ROWS);
}

enum notification_result
notification_result_of(unsigned status)
{
    switch (status) {
    case 0:
        return NOTIFICATION_INCOMPLETE;
    case MHD_HTTP_ACCEPTED:
        return NOTIFICATION_ACCEPTED;
    case MHD_HTTP_OK:
        return NOTIFICATION_DUPLICATE;
    case MHD_HTTP_UNAUTHORIZED:
        return NOTIFICATION_UNAUTHORIZED;
    case MHD_HTTP_FORBIDDEN:
        return NOTIFICATION_UNKNOWN_COMPANY;
    case MHD_HTTP_NOT_FOUND:
        return NOTIFICATION_UNKNOWN_PATH;
    case MHD_HTTP_METHOD_NOT_ALLOWED:
        return NOTIFICATION_WRONG_METHOD;
    case MHD_HTTP_CONTENT_TOO_LARGE:
        return NOTIFICATION_TOO_LARGE;
    case MHD_HTTP_UNSUPPORTED_MEDIA_TYPE:
        return NOTIFICATION_WRONG_TYPE;
    case MHD_HTTP_SERVICE_UNAVAILABLE:
        return NOTIFICATION_UNAVAILABLE;
    default:
        return NOTIFICATION_MALFORMED;
    }
}

const char *
notification_kind_label(unsigned kind)
{
    return kind == NOTIFICATION_KIND_UNKNOWN ? "unknown"
                                             : document_kind_name((enum document_kind)kind);
}

const char *
notification_result_label(enum notification_result result)
{
    return RESULTS[result];
}
