#include "magento/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#define URL_MAX_BYTES 16384
#define HEADERS_MAX_BYTES ((size_t)256 * 1024)
#define CONNECT_TIMEOUT_MAX_MS 10000U
/* Below the keep-alive time of common servers (Apache 5 s, nginx 75 s), since a write into a
 * connection that is just being closed is a call of unknown outcome. */
#define IDLE_CONNECTION_MAX_S 4L
/* For recording, before its claim ends, what came of an order. */
#define RECORD_MARGIN_MS 1000

/* What the callbacks know of the running call. */
struct call {
    enum magento_call kind;
    bool is_write;
    int64_t last_sending_boottime_ms; /* it is not let out after this */
    const atomic_bool *abort;
    bool sent;
    bool past_deadline;
    bool aborted;
    bool repeated; /* libcurl was about to send it a second time */
    size_t header_bytes;
    struct buffer body;
};

struct magento_client {
    const struct magento_endpoint *endpoint;
    CURL *curl;
    int64_t deadline_boottime_ms;
    bool asked; /* since that was set */
    struct call call;
};

struct magento_endpoint
magento_endpoint_of(const struct settings *settings, atomic_bool *abort)
{
    return (struct magento_endpoint){
        .base_url = settings->magento_url,
        .store = settings->magento_store,
        .credentials =
            {
                .auth = settings->magento_auth,
                .token = settings->magento_token,
                .consumer_key = settings->magento_consumer_key,
                .consumer_secret = settings->magento_consumer_secret,
                .token_secret = settings->magento_token_secret,
            },
        .timeout_ms = (unsigned)settings->magento_timeout_ms,
        .quiet_ms = (unsigned)settings->magento_quiet_ms,
        .abort = abort,
    };
}

enum result
magento_global_init(struct error *err)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    if (code != CURLE_OK)
        return error_result(err, RESULT_FAILED, "libcurl: %s", curl_easy_strerror(code));
    return RESULT_OK;
}

static bool
is_aborted(struct call *call)
{
    if (call->abort != NULL && atomic_load_explicit(call->abort, memory_order_relaxed))
        call->aborted = true;
    return call->aborted;
}

/* Called when a connection stands and before the request is written to it. libcurl calls it again
 * when it repeats a request on its own, because a reused connection was closed without an answer;
 * the first may have been taken all the same. */
static int
before_sending(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct call *call = context;

    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (call->is_write && call->sent) {
        call->repeated = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (is_aborted(call))
        return CURL_PREREQFUNC_ABORT;
    if (clock_boottime_ms() > call->last_sending_boottime_ms) {
        call->past_deadline = true;
        return CURL_PREREQFUNC_ABORT;
    }
    call->sent = true;
    return CURL_PREREQFUNC_OK;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct call *call = context;

    buffer_append(&call->body, bytes, size * count);
    return buffer_result(&call->body) == RESULT_OK ? size * count : 0;
}

static size_t
take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct call *call = context;

    (void)bytes;
    call->header_bytes += size * count;
    return call->header_bytes <= HEADERS_MAX_BYTES ? size * count : 0;
}

static int
watch_progress(void *context, curl_off_t download_total, curl_off_t downloaded,
               curl_off_t upload_total, curl_off_t uploaded)
{
    (void)download_total;
    (void)downloaded;
    (void)upload_total;
    (void)uploaded;
    return is_aborted(context) ? 1 : 0;
}

/* What holds for every call of a client. */
static CURLcode
set_up(struct magento_client *client)
{
    const struct magento_endpoint *endpoint = client->endpoint;
    bool is_https = strncasecmp(endpoint->base_url, "https:", strlen("https:")) == 0;
    unsigned connect_ms = endpoint->timeout_ms < CONNECT_TIMEOUT_MAX_MS ? endpoint->timeout_ms
                                                                        : CONNECT_TIMEOUT_MAX_MS;
    CURL *curl = client->curl;
    CURLcode codes[] = {
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_https ? "https" : "http"),
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1),
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2),
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L),
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms),
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)endpoint->timeout_ms),
        curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_MAX_S),
        curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L),
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "amsync"),
        curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, before_sending),
        curl_easy_setopt(curl, CURLOPT_PREREQDATA, &client->call),
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body),
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &client->call),
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header),
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, &client->call),
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L),
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch_progress),
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &client->call),
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] != CURLE_OK)
            return codes[i];
    }
    return CURLE_OK;
}

enum result
magento_client_new(const struct magento_endpoint *endpoint, struct magento_client **ret_client)
{
    struct magento_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return RESULT_FAILED;
    client->endpoint = endpoint;
    client->deadline_boottime_ms = INT64_MAX;
    buffer_init(&client->call.body, MAGENTO_ANSWER_MAX_BYTES);
    client->curl = curl_easy_init();
    if (client->curl == NULL || set_up(client) != CURLE_OK) {
        magento_client_free(&client);
        return RESULT_FAILED;
    }
    *ret_client = client;
    return RESULT_OK;
}

void
magento_client_free(struct magento_client **client)
{
    if (*client == NULL)
        return;
    curl_easy_cleanup((*client)->curl);
    buffer_free(&(*client)->call.body);
    free(*client);
    *client = NULL;
}

void
magento_client_set_deadline(struct magento_client *client, int64_t boottime_ms)
{
    client->deadline_boottime_ms = boottime_ms;
    client->asked = false;
}

bool
magento_client_has_asked(const struct magento_client *client)
{
    return client->asked;
}

static enum result
build_url(const struct magento_endpoint *endpoint, const char *path,
          const struct magento_parameter *query, size_t query_count, char **ret_bare,
          char **ret_url)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer url = BUFFER_INITIAL(URL_MAX_BYTES);
    AMSYNC_CLEANUP(cleanup_free) char *bare = NULL;
    enum result result;

    buffer_append_format(&url, "%s/rest/", endpoint->base_url);
    text_append_percent_encoded(&url, endpoint->store, strlen(endpoint->store));
    buffer_append_format(&url, "/V1/%s", path);
    bare = strdup(buffer_text(&url));
    for (size_t i = 0; i < query_count; i++) {
        buffer_append_byte(&url, i == 0 ? '?' : '&');
        text_append_percent_encoded(&url, query[i].name, strlen(query[i].name));
        buffer_append_byte(&url, '=');
        text_append_percent_encoded(&url, query[i].value, strlen(query[i].value));
    }
    if (bare == NULL)
        return RESULT_FAILED;
    result = buffer_take(&url, ret_url, NULL);
    if (result == RESULT_OK)
        *ret_bare = TAKE_PTR(bare);
    return result;
}

static void
cleanup_slist(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static bool
append_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

static enum result
build_headers(const struct magento_endpoint *endpoint, const char *method, const char *bare_url,
              const struct magento_parameter *query, size_t query_count,
              struct curl_slist **ret_headers)
{
    AMSYNC_CLEANUP(cleanup_slist) struct curl_slist *headers = NULL;
    AMSYNC_CLEANUP(buffer_free) struct buffer line = BUFFER_INITIAL(URL_MAX_BYTES);
    AMSYNC_CLEANUP(cleanup_free) char *authorization = NULL;
    enum result result = magento_authorization(&endpoint->credentials, method, bare_url, query,
                                               query_count, &authorization);

    if (result != RESULT_OK)
        return result;
    buffer_append_format(&line, "Authorization: %s", authorization);
    if (buffer_result(&line) != RESULT_OK || !append_header(&headers, buffer_text(&line)) ||
        !append_header(&headers, "Accept: application/json") ||
        !append_header(&headers, "Expect:") ||
        (strcmp(method, "POST") == 0 && !append_header(&headers, "Content-Type: application/json")))
        return RESULT_FAILED;
    *ret_headers = TAKE_PTR(headers);
    return RESULT_OK;
}

static CURLcode
set_method(CURL *curl, const char *body, size_t body_bytes)
{
    CURLcode code;

    if (body == NULL)
        return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    code = curl_easy_setopt(curl, CURLOPT_POST, 1L);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_bytes);
    return code;
}

static const char *
header_value(CURL *curl, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

static const char *
transport_error(const struct call *call, CURLcode code, const char *detail)
{
    if (code == CURLE_OK)
        return NULL;
    if (call->repeated)
        return "the connection was closed without an answer";
    if (buffer_result(&call->body) != RESULT_OK || call->header_bytes > HEADERS_MAX_BYTES)
        return "the answer was too long";
    return detail[0] != '\0' ? detail : curl_easy_strerror(code);
}

/* A page of errors may show the request with its headers: what came goes to the log without secrets.
 * Where that fails, nothing is taken as having come. */
static void
mask_secrets(const struct magento_credentials *credentials, struct buffer *body)
{
    const char *const secrets[] = {credentials->token, credentials->consumer_key,
                                   credentials->consumer_secret, credentials->token_secret};

    for (size_t i = 0; body->length > 0 && i < sizeof(secrets) / sizeof(secrets[0]); i++)
        if (text_mask_secret(body->data, body->length, secrets[i]) != RESULT_OK)
            buffer_reset(body);
}

/* Sends the prepared request and judges what came. */
static void
exchange(struct magento_client *client, struct magento_answer *answer)
{
    struct call *call = &client->call;
    char detail[CURL_ERROR_SIZE] = "";
    int64_t started_us = clock_boottime_us();
    long status = 0;

    (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, detail);

    CURLcode code = curl_easy_perform(client->curl);

    client->asked = client->asked || call->sent;
    (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, NULL);
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);

    mask_secrets(&client->endpoint->credentials, &call->body);

    struct magento_exchange seen = {
        .is_write = call->is_write,
        .sent = call->sent,
        .past_deadline = call->past_deadline,
        .aborted = call->aborted,
        .transport_error = transport_error(call, code, detail),
        .status = call->sent ? status : 0,
        .retry_after = header_value(client->curl, "Retry-After"),
        .location = header_value(client->curl, "Location"),
        .body = buffer_text(&call->body),
        .body_bytes = call->body.length,
    };

    magento_answer_judge(&seen, answer);

    int64_t duration_us = clock_boottime_us() - started_us;

    answer->duration_ms = (int)(duration_us / 1000);
    if (client->endpoint->metrics != NULL)
        magento_metrics_count(client->endpoint->metrics, call->kind, answer->outcome, duration_us);
}

/* Nothing has left; the same call may work when there is memory again. */
static enum magento_outcome
not_sent(struct magento_answer *answer, const char *why)
{
    struct magento_exchange nothing = {.transport_error = why};

    magento_answer_judge(&nothing, answer);
    return answer->outcome;
}

static int64_t
last_sending_boottime_ms(const struct magento_client *client, bool is_write)
{
    const struct magento_endpoint *endpoint = client->endpoint;
    int64_t after_ms = is_write ? (int64_t)endpoint->quiet_ms : RECORD_MARGIN_MS;

    return client->deadline_boottime_ms - (int64_t)endpoint->timeout_ms - after_ms;
}

/* A GET without a body, else a POST. */
static enum magento_outcome
perform(struct magento_client *client, enum magento_call kind, const char *path,
        const struct magento_parameter *query, size_t query_count, const char *body,
        size_t body_bytes, struct magento_answer *answer)
{
    const struct magento_endpoint *endpoint = client->endpoint;
    AMSYNC_CLEANUP(cleanup_slist) struct curl_slist *headers = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *bare_url = NULL;
    AMSYNC_CLEANUP(cleanup_free) char *url = NULL;
    struct call *call = &client->call;

    if (build_url(endpoint, path, query, query_count, &bare_url, &url) != RESULT_OK ||
        build_headers(endpoint, body == NULL ? "GET" : "POST", bare_url, query, query_count,
                      &headers) != RESULT_OK ||
        curl_easy_setopt(client->curl, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        set_method(client->curl, body, body_bytes) != CURLE_OK)
        return not_sent(answer, "out of memory");

    buffer_reset(&call->body);
    *call = (struct call){
        .kind = kind,
        .is_write = body != NULL,
        .last_sending_boottime_ms = last_sending_boottime_ms(client, body != NULL),
        .abort = endpoint->abort,
        .body = call->body,
    };
    exchange(client, answer);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, NULL);
    return answer->outcome;
}

enum magento_outcome
magento_get(struct magento_client *client, enum magento_call call, const char *path,
            const struct magento_parameter *query, size_t query_count,
            struct magento_answer *answer)
{
    magento_answer_finish(answer);
    return perform(client, call, path, query, query_count, NULL, 0, answer);
}

enum magento_outcome
magento_post(struct magento_client *client, enum magento_call call, const char *path,
             const struct magento_parameter *query, size_t query_count, const json_t *body,
             struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_free) char *text = NULL;
    size_t length = 0;

    magento_answer_finish(answer);
    if (body != NULL) {
        enum result result = json_encode(body, MAGENTO_BODY_MAX_BYTES, &text, &length);

        if (result != RESULT_OK)
            (void)not_sent(answer, "out of memory");
        if (result == RESULT_REJECTED) {
            answer->outcome = MAGENTO_REFUSED;
            magento_answer_say(answer, "the request is too long");
        }
        if (result != RESULT_OK)
            return answer->outcome;
    }
    (void)perform(client, call, path, query, query_count, text != NULL ? text : "", length, answer);
    answer->request_text = TAKE_PTR(text);
    return answer->outcome;
}
