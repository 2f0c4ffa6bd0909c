/*
 * What became of the requests to the webhook listener. The ingest thread counts, any thread reads.
 */
#ifndef AMSYNC_HTTP_INGEST_METRICS_H
#define AMSYNC_HTTP_INGEST_METRICS_H

#include "base/counter.h"
#include "store/document_kind.h"

/* A document_kind, or this: the request did not come as far as telling it. */
#define NOTIFICATION_KIND_UNKNOWN (DOCUMENT_INVOICE + 1)
#define NOTIFICATION_KIND_COUNT (NOTIFICATION_KIND_UNKNOWN + 1)

enum notification_result {
    NOTIFICATION_ACCEPTED,
    NOTIFICATION_DUPLICATE,
    NOTIFICATION_MALFORMED,
    NOTIFICATION_UNAUTHORIZED,
    NOTIFICATION_UNKNOWN_COMPANY,
    NOTIFICATION_UNKNOWN_PATH,
    NOTIFICATION_WRONG_METHOD,
    NOTIFICATION_TOO_LARGE,
    NOTIFICATION_WRONG_TYPE,
    NOTIFICATION_UNAVAILABLE, /* 503: to be sent again */
    NOTIFICATION_INCOMPLETE,  /* it ended before its answer was decided */
};
#define NOTIFICATION_RESULT_COUNT (NOTIFICATION_INCOMPLETE + 1)

struct ingest_metrics {
    struct counter notifications[NOTIFICATION_KIND_COUNT][NOTIFICATION_RESULT_COUNT];
    struct counter previous_secret_used;
    struct histogram acknowledge_us; /* from the complete request to its 202 or 200 */
    struct histogram batch_rows;     /* committed by one statement */
    struct counter reconnects;
};

void ingest_metrics_init(struct ingest_metrics *metrics);

/* What an answer's status says; 0, that there is none, is NOTIFICATION_INCOMPLETE. Pure. */
enum notification_result notification_result_of(unsigned status);

/* As the labels have them: "order", "unknown"; "accepted", "wrong_type". */
const char *notification_kind_label(unsigned kind);
const char *notification_result_label(enum notification_result result);

#endif
