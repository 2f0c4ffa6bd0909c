#include "http/reception.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "http/answer.h"
#include "http/probes.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum request_state {
    REQUEST_READING,
    REQUEST_WAITING, /* for the checker or the commit */
    REQUEST_DECIDED,
};

struct notification_request {
    struct reception *reception;
    struct exchange *exchange;
    const struct route *route; /* NULL: 404 */
    enum request_state state;
    unsigned status; /* of the answer; WEBHOOK_GO_ON: not decided yet */
    struct error detail;
    struct request_body body;
    size_t ignored_bytes; /* of the body of a refused request */
    bool counted;
    int64_t complete_us; /* when it was */
    struct check_job job;
    struct commit_item item;
};

static struct notification_request *
request_of_job(struct check_job *job)
{
    return (struct notification_request *)(void *)((char *)job -
                                                   offsetof(struct notification_request, job));
}

static struct notification_request *
request_of_item(struct commit_item *item)
{
    return (struct notification_request *)(void *)((char *)item -
                                                   offsetof(struct notification_request, item));
}

static void
refuse(struct notification_request *request, unsigned status, const char *detail)
{
    request->status = status;
    error_set(&request->detail, "%s", detail);
}

static void
refuse_unavailable(struct notification_request *request)
{
    refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
           "notifications cannot be kept at the moment; send again later");
}

/* The kind, as far as it is known: enum document_kind or NOTIFICATION_KIND_UNKNOWN. */
static unsigned
kind_of(const struct notification_request *request)
{
    const struct webhook_notification *notification = &request->job.notification;
    const struct route *route = request->route;

    if (notification->company != NULL)
        return notification->kind;
    if (route != NULL && route->target == ROUTE_NOTIFICATION && !route->kind_from_query)
        return route->kind;
    return NOTIFICATION_KIND_UNKNOWN;
}

/* The same for the connector log. */
static const char *
entity_of(const struct notification_request *request)
{
    unsigned kind = kind_of(request);

    return kind == NOTIFICATION_KIND_UNKNOWN ? "notification"
                                             : document_kind_name((enum document_kind)kind);
}

/* Each request is counted once: when it is answered, else when it ends. */
static void
count_once(struct notification_request *request)
{
    struct ingest_metrics *metrics = request->reception->metrics;

    if (!request->counted)
        counter_add(
            &metrics->notifications[kind_of(request)][notification_result_of(request->status)], 1);
    request->counted = true;
}

/* In the connector log, for a notification with a valid secret. What is to be sent again as it is
 * (503) is not refused. */
static void
report(const struct notification_request *request)
{
    const struct webhook_notification *notification = &request->job.notification;

    if (request->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        return;
    const struct refusal refusal = {
        .status = request->status,
        .detail = request->detail.text,
        .entity = entity_of(request),
        .company = notification->company,
        .body = request->body.bytes,
        .body_bytes = request->body.length,
        .count = 1,
    };
    refusals_add(request->reception->refusals, &refusal, clock_boottime_ms());
}

static enum exchange_step
answer(struct notification_request *request)
{
    struct MHD_Connection *connection = request->exchange->connection;
    bool closing = request->reception->closing;
    bool queued;

    count_once(request);
    if (request->status == MHD_HTTP_ACCEPTED) {
        queued = answer_json(connection, MHD_HTTP_ACCEPTED, "{\"status\":\"accepted\"}", closing);
    } else if (request->status == MHD_HTTP_OK) {
        queued = answer_json(connection, MHD_HTTP_OK, "{\"status\":\"duplicate\"}", closing);
    } else if (request->route == NULL || request->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        queued = answer_unrouted(connection, request->route);
    } else {
        const struct problem_answer problem = {
            .status = request->status,
            .detail = request->detail.text,
            .www_authenticate =
                request->status == MHD_HTTP_UNAUTHORIZED ? "Secret realm=\"amsync\"" : NULL,
            .close = closing,
        };
        queued = answer_problem(connection, &problem);
    }
    if (queued && (request->status == MHD_HTTP_ACCEPTED || request->status == MHD_HTTP_OK))
        histogram_observe(&request->reception->metrics->acknowledge_us,
                          (uint64_t)(clock_boottime_us() - request->complete_us));
    return queued ? EXCHANGE_ANSWERED : EXCHANGE_ABORT;
}

static void
make_room(struct notification_request *request, size_t bytes)
{
    switch (request_body_reserve(&request->reception->bodies, &request->body, bytes)) {
    case RESULT_OK:
        return;
    case RESULT_REJECTED:
        request->status = MHD_HTTP_CONTENT_TOO_LARGE;
        error_set(&request->detail,
                  "the body has more than %" PRId64 " bytes (AMSYNC_MAX_BODY_BYTES)",
                  request->reception->settings->max_body_bytes);
        request_body_free(&request->reception->bodies, &request->body);
        report(request);
        return;
    case RESULT_NONE:
    case RESULT_RETRY:
    case RESULT_FAILED:
        refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
               "too much is being sent at the same time; send again later");
        request_body_free(&request->reception->bodies, &request->body);
        return;
    }
}

static const char *
header_value(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const struct sockaddr *
client_address(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    return info == NULL ? NULL : info->client_addr;
}

/* Acumatica's destination has another address than amsync serves. */
static void
refuse_unrouted(struct notification_request *request, unsigned status, bool secret_valid)
{
    refuse(request, status,
           "the address is none that takes notifications. Next: give Acumatica's destination "
           "(SM302000) the address https://.../webhooks/acumatica");
    if (secret_valid)
        report(request);
}

static void
check_header(struct notification_request *request, const char *method,
             struct webhook_header_verdict *verdict)
{
    struct reception *reception = request->reception;
    struct MHD_Connection *connection = request->exchange->connection;
    const struct webhook_header header = {
        .content_type = header_value(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
        .content_encoding = header_value(connection, MHD_HTTP_HEADER_CONTENT_ENCODING),
        .content_length = header_value(connection, MHD_HTTP_HEADER_CONTENT_LENGTH),
        .transfer_encoding = header_value(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING),
        .secret = header_value(connection, reception->settings->webhook_header),
    };

    webhook_check_header(reception->settings, &header, verdict);
    if (request->route == NULL) {
        refuse_unrouted(request, MHD_HTTP_NOT_FOUND, verdict->secret_valid);
        return;
    }
    if (!route_accepts(request->route, method)) {
        refuse_unrouted(request, MHD_HTTP_METHOD_NOT_ALLOWED, verdict->secret_valid);
        return;
    }
    request->status = verdict->status;
    request->detail = verdict->detail;
    if (verdict->secret_previous)
        counter_add(&reception->metrics->previous_secret_used, 1);
    if (verdict->status == MHD_HTTP_UNAUTHORIZED)
        refusals_add_unauthorized(reception->refusals, client_address(connection),
                                  entity_of(request), clock_boottime_ms());
    else if (verdict->status != WEBHOOK_GO_ON && verdict->secret_valid)
        report(request);
    else if (verdict->status == WEBHOOK_GO_ON && reception->unavailable)
        refuse_unavailable(request);
}

static enum exchange_step
begin(void *context, struct exchange *exchange)
{
    struct reception *reception = context;
    struct webhook_header_verdict verdict;
    const struct route *route = route_find(ROUTE_ON_WEBHOOK, exchange->path);

    if (route != NULL && route->target != ROUTE_NOTIFICATION &&
        route_accepts(route, exchange->method))
        return probe_answer(exchange, route, reception->readiness, false);
    struct notification_request *request = calloc(1, sizeof(*request));
    if (request == NULL)
        return EXCHANGE_ABORT;
    *request = (struct notification_request){
        .reception = reception,
        .exchange = exchange,
        .route = route,
        .job = {.route = route},
    };
    exchange->request = request;
    check_header(request, exchange->method, &verdict);
    if (request->status == WEBHOOK_GO_ON)
        make_room(request, verdict.body_bytes == WEBHOOK_LENGTH_UNKNOWN ? 0 : verdict.body_bytes);
    bool is_drained = verdict.body_bytes <= RECEPTION_DRAIN_BYTES &&
                      header_value(exchange->connection, MHD_HTTP_HEADER_EXPECT) == NULL;
    return request->status == WEBHOOK_GO_ON || is_drained ? EXCHANGE_READ : answer(request);
}

static enum exchange_step
take_piece(void *context, struct exchange *exchange, const char *bytes, size_t count)
{
    struct notification_request *request = exchange->request;

    (void)context;
    if (request->status == WEBHOOK_GO_ON)
        make_room(request, request->body.length + count);
    if (request->status != WEBHOOK_GO_ON) {
        /* Nothing can be answered before the end; one that does not come is not waited for. */
        request->ignored_bytes += count;
        return request->ignored_bytes > (size_t)request->reception->settings->max_body_bytes
                   ? EXCHANGE_ABORT
                   : EXCHANGE_READ;
    }
    request_body_append(&request->body, bytes, count);
    return EXCHANGE_READ;
}

/* The job is done: the notification is to be kept, or refused. */
static void
take_verdict(struct notification_request *request)
{
    const struct webhook_notification *notification = &request->job.notification;
    struct reception *reception = request->reception;

    request->status = request->job.status;
    request->detail = request->job.detail;
    if (request->status == WEBHOOK_GO_ON && reception->unavailable)
        refuse_unavailable(request);
    if (request->status != WEBHOOK_GO_ON) {
        report(request);
        request->state = REQUEST_DECIDED;
        return;
    }
    request->item.row = (struct inbox_row){
        .kind = notification->kind,
        .company = notification->company,
        .query = notification->query,
        .notification_id = notification->id,
        .acumatica_timestamp = notification->acumatica_timestamp,
        .body = request->body.bytes,
        .body_bytes = request->body.length,
    };
    memcpy(request->item.row.dedup, notification->dedup, sizeof(notification->dedup));
    request->state = REQUEST_WAITING;
    group_commit_add(reception->commit, &request->item, clock_boottime_ms());
}

static void
check_body(struct notification_request *request)
{
    struct reception *reception = request->reception;
    struct check_job *job = &request->job;

    if (reception->unavailable) {
        refuse_unavailable(request);
        return;
    }
    job->body = request->body.bytes == NULL ? "" : request->body.bytes;
    job->body_bytes = request->body.length;
    if (job->body_bytes <= CHECKER_LARGE_BYTES) {
        job->status = webhook_read_body(reception->settings, job->route, job->body, job->body_bytes,
                                        &job->notification, &job->detail);
        take_verdict(request);
    } else if (checker_submit(reception->checker, job)) {
        request->state = REQUEST_WAITING;
        reception->checking++;
    } else {
        refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
               "too many large notifications are being checked; send again later");
    }
}

static enum exchange_step
end(void *context, struct exchange *exchange)
{
    struct notification_request *request = exchange->request;

    (void)context;
    if (request->state == REQUEST_READING && request->status == WEBHOOK_GO_ON) {
        request->complete_us = clock_boottime_us();
        check_body(request);
    }
    return request->state == REQUEST_WAITING ? EXCHANGE_WAIT : answer(request);
}

static void
done(void *context, struct exchange *exchange)
{
    struct notification_request *request = exchange->request;

    (void)context;
    if (request == NULL)
        return;
    assert(request->state != REQUEST_WAITING);
    count_once(request);
    request_body_free(&request->reception->bodies, &request->body);
    webhook_notification_finish(&request->job.notification);
    free(request);
    exchange->request = NULL;
}

struct exchange_handler
reception_handler(struct reception *reception)
{
    return (struct exchange_handler){
        .context = reception,
        .begin = begin,
        .body = take_piece,
        .end = end,
        .done = done,
    };
}

static void
decide(struct notification_request *request)
{
    request->state = REQUEST_DECIDED;
    request_body_free(&request->reception->bodies, &request->body);
    listener_resume(request->reception->listener, request->exchange);
}

void
reception_committed(void *context, struct commit_item *item, enum commit_outcome outcome,
                    const struct error *err)
{
    struct notification_request *request = request_of_item(item);

    (void)context;
    switch (outcome) {
    case COMMIT_ACCEPTED:
        request->status = MHD_HTTP_ACCEPTED;
        break;
    case COMMIT_DUPLICATE:
        request->status = MHD_HTTP_OK;
        break;
    case COMMIT_REFUSED:
        request->status = MHD_HTTP_BAD_REQUEST;
        error_set(&request->detail, "this notification cannot be stored: %s", err->text);
        report(request);
        break;
    case COMMIT_UNAVAILABLE:
        refuse_unavailable(request);
        break;
    }
    decide(request);
}

void
reception_run(struct reception *reception)
{
    struct check_job *job;

    while ((job = checker_take(reception->checker)) != NULL) {
        struct notification_request *request = request_of_job(job);
        reception->checking--;
        take_verdict(request);
        if (request->state == REQUEST_DECIDED)
            decide(request);
    }
}
