#include "cli/commands.h"

#include <curl/curl.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"

#define DEADLINE_MS 5000L
#define ANSWER_BYTES 65536
#define URL_BYTES 128

struct probe {
    char url[URL_BYTES];
    struct buffer answer;
    long http_status;
};

static size_t
receive(char *bytes, size_t size, size_t count, void *buffer_address)
{
    struct buffer *answer = buffer_address;

    buffer_append(answer, bytes, size * count);
    return buffer_result(answer) == RESULT_OK ? size * count : 0;
}

/* Where a listener that takes connections on all addresses is found from here. */
static void
write_url(const struct listen_address *address, char *url)
{
    bool ipv6 = strchr(address->host, ':') != NULL;
    const char *host = strcmp(address->host, "0.0.0.0") == 0 ? "127.0.0.1"
                       : strcmp(address->host, "::") == 0    ? "::1"
                                                             : address->host;

    (void)snprintf(url, URL_BYTES, ipv6 ? "http://[%s]:%u/readyz" : "http://%s:%u/readyz", host,
                   (unsigned)address->port);
}

static void
cleanup_curl(CURL **curl)
{
    curl_easy_cleanup(*curl);
}

static enum result
set_options(CURL *curl, struct probe *probe)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, probe->url);

    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_PROXY, "");
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, DEADLINE_MS);
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_WRITEDATA, &probe->answer);
    return code == CURLE_OK ? RESULT_OK : RESULT_FAILED;
}

/* RESULT_RETRY: nobody answers there, or not as HTTP, or not in time. */
static enum result
ask(struct probe *probe, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_curl) CURL *curl = curl_easy_init();

    if (curl == NULL || set_options(curl, probe) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "out of memory");

    CURLcode code = curl_easy_perform(curl);

    if (code != CURLE_OK)
        return error_result(err, RESULT_RETRY, "%s: %s", probe->url, curl_easy_strerror(code));
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &probe->http_status);
    return RESULT_OK;
}

static int
print_json_answer(struct cli_call *call, const struct probe *probe, bool ready)
{
    json_t *detail = NULL;
    const char *text = buffer_text(&probe->answer);

    if (json_decode(text, probe->answer.length, 16, 0, &detail, NULL) != RESULT_OK)
        detail = json_null();

    AMSYNC_CLEANUP(cleanup_json)
    json_t *answer = json_pack("{s:b, s:s, s:I, s:o}", "ready", (int)ready, "url", probe->url,
                               "http_status", (json_int_t)probe->http_status, "answer", detail);
    int exit_code = cli_print_json(call, answer);

    return exit_code != CLI_EXIT_DONE ? exit_code : ready ? CLI_EXIT_DONE : CLI_EXIT_NO;
}

static int
check(struct cli_call *call, bool json)
{
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    struct probe probe = {.answer = BUFFER_INITIAL(ANSWER_BYTES)};
    struct error err;
    int exit_code = cli_load_settings(call, SETTINGS_LISTEN, &settings);

    if (exit_code != CLI_EXIT_DONE)
        return exit_code;
    write_url(&settings.admin_listen, probe.url);

    enum result result = ask(&probe, &err);
    bool ready = result == RESULT_OK && probe.http_status == 200;

    if (result != RESULT_OK) {
        exit_code = cli_fail(call, result, &err);
    } else if (json) {
        exit_code = print_json_answer(call, &probe, ready);
    } else if (ready) {
        (void)fputs("ready\n", call->out);
    } else {
        error_set(&err, "not ready: %s answered %ld %s", probe.url, probe.http_status,
                  buffer_text(&probe.answer));
        exit_code = cli_fail(call, RESULT_REJECTED, &err);
    }
    buffer_free(&probe.answer);
    return exit_code;
}

static int
run(struct cli_call *call)
{
    bool json = false;
    const struct cli_option options[] = {
        {"json", NULL, &json},
        {0},
    };

    if (!cli_read_options(call, options))
        return call->exit_code;
    if (cli_refuse_arguments(call) != CLI_EXIT_DONE)
        return CLI_EXIT_USAGE;
    return check(call, json);
}

const struct cli_command cli_healthcheck = {
    .name = "healthcheck",
    .summary = "ask a running amsync serve whether it is ready",
    .help = "Usage: amsync healthcheck [--json]\n\n"
            "Asks /readyz of the admin listener (AMSYNC_ADMIN_LISTEN), for at most 5 seconds.\n"
            "Exits 0 if it is ready, 1 if it is not, 3 if nobody answers.\n\n"
            "  --json  the answer as one JSON object\n"
            "  --help  this text\n",
    .run = run,
};
