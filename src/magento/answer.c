#include "magento/answer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

/* What is kept of an answer for the connector log. */
#define ANSWER_TEXT_BYTES 65536
#define ANSWER_MAX_DEPTH 64
/* A message before it is cut; what does not fit is left out. */
#define MESSAGE_SOURCE_BYTES 65536

const char *
magento_outcome_name(enum magento_outcome outcome)
{
    switch (outcome) {
    case MAGENTO_DONE:
        return "done";
    case MAGENTO_AGAIN:
        return "again";
    case MAGENTO_UNKNOWN:
        return "unknown";
    case MAGENTO_REFUSED:
        return "refused";
    case MAGENTO_UNAUTHORIZED:
        return "unauthorized";
    case MAGENTO_DEADLINE:
        return "deadline";
    case MAGENTO_ABORTED:
        return "aborted";
    }
    return "unknown";
}

void
magento_answer_finish(struct magento_answer *answer)
{
    json_decref(answer->json);
    free(answer->request_text);
    free(answer->answer_text);
    *answer = (struct magento_answer){0};
}

/* Magento's own page (pub/errors/default/503.phtml), which it answers before it looks at the
 * request; a proxy's 503 says nothing about what stands behind it. */
static bool
is_maintenance_page(const struct magento_exchange *exchange)
{
    return exchange->body_bytes > 0 &&
           memmem(exchange->body, exchange->body_bytes, "Error 503: Service Unavailable",
                  strlen("Error 503: Service Unavailable")) != NULL &&
           memmem(exchange->body, exchange->body_bytes, "maintenance downtime or capacity problems",
                  strlen("maintenance downtime or capacity problems")) != NULL;
}

static unsigned
retry_after_ms(const char *header)
{
    int64_t seconds;

    /* The other form, a date, depends on the clocks of both and is left to the own delays. */
    if (header == NULL || parse_int64(header, 0, INT32_MAX, &seconds) != RESULT_OK)
        return 0;
    if (seconds > MAGENTO_RETRY_AFTER_MAX_MS / 1000)
        return MAGENTO_RETRY_AFTER_MAX_MS;
    return (unsigned)seconds * 1000;
}

/* Magento catches what goes wrong while it saves, a deadlock as well as a lack of stock, and says
 * no more than this. */
static bool
is_could_not_save(const char *message)
{
    return text_starts_with(message, "Could not save") ||
           (text_starts_with(message, "The ") && strstr(message, "couldn't be saved") != NULL);
}

static void
keep_text(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL((size_t)4 * ANSWER_TEXT_BYTES);
    size_t length =
        exchange->body_bytes < ANSWER_TEXT_BYTES ? exchange->body_bytes : ANSWER_TEXT_BYTES;

    if (length == 0)
        return;
    text_append_utf8(&text, exchange->body, length);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\0')
            text.data[i] = ' ';
    }
    if (buffer_take(&text, &answer->answer_text, NULL) != RESULT_OK)
        answer->answer_text = NULL;
}

/* What was cut within a character, or comes from a header, may not be UTF-8. */
static void
make_utf8(char *text)
{
    size_t length = strlen(text);

    while (*text != '\0') {
        size_t bytes = text_utf8_character(text, length);

        if (bytes == 0) {
            *text = '?';
            bytes = 1;
        }
        text += bytes;
        length -= bytes;
    }
}

void
magento_answer_say(struct magento_answer *answer, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(answer->message, sizeof(answer->message), format, arguments);
    va_end(arguments);
    if (length < 0)
        answer->message[0] = '\0';
    make_utf8(answer->message);
}

static void
judge_redirect(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    answer->outcome = exchange->is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN;
    if (exchange->location != NULL)
        magento_answer_say(
            answer, "Magento answered %ld and names %.200s instead: check AMSYNC_MAGENTO_URL",
            exchange->status, exchange->location);
    else
        magento_answer_say(answer, "Magento answered %ld", exchange->status);
}

static void
judge_unauthorized(struct magento_answer *answer)
{
    const json_t *parameters = json_object_get(answer->json, "parameters");
    const char *resource = json_object_text(parameters, "resources");

    answer->outcome = MAGENTO_UNAUTHORIZED;
    if (resource == NULL)
        resource = json_string_value(json_array_get(parameters, 0));
    if (resource != NULL && text_starts_with(resource, "Magento_"))
        (void)snprintf(answer->resource, sizeof(answer->resource), "%s", resource);
    make_utf8(answer->resource);
    if (answer->resource[0] != '\0')
        magento_answer_say(answer, "Magento's integration lacks %s", answer->resource);
    else if (answer->message[0] == '\0')
        magento_answer_say(answer, "Magento does not accept amsync's credentials (401)");
}

/* A 4xx of a firewall, a CDN or a web server without Magento's routes. That Magento has not seen the
 * request is likely, but not known. */
static void
judge_foreign(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    answer->outcome = exchange->is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN;
    answer->foreign = true;
    magento_answer_say(answer,
                       "Magento answered %ld, but not in Magento's words: check "
                       "AMSYNC_MAGENTO_URL, and the proxy or firewall before it",
                       exchange->status);
}

static void
judge_status(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    enum magento_outcome unclear = exchange->is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN;
    long status = exchange->status;

    if (status >= 300 && status < 400) {
        judge_redirect(exchange, answer);
    } else if (status == 401) {
        judge_unauthorized(answer);
    } else if (status == 429 || (status == 503 && is_maintenance_page(exchange))) {
        answer->outcome = MAGENTO_AGAIN;
        answer->retry_after_ms = retry_after_ms(exchange->retry_after);
        magento_answer_say(answer, "Magento answered %ld (%s)", status,
                           status == 429 ? "too many requests" : "maintenance");
    } else if (status == 408 || status < 200 || status >= 500) {
        char why[sizeof(answer->message)];

        memcpy(why, answer->message, sizeof(why));
        answer->outcome = unclear;
        answer->retry_after_ms = retry_after_ms(exchange->retry_after);
        magento_answer_say(answer, "Magento answered %ld%s%.900s", status,
                           why[0] != '\0' ? ": " : "", why);
    } else if (json_object_text(answer->json, "message") == NULL) {
        judge_foreign(exchange, answer);
    } else {
        answer->outcome = is_could_not_save(answer->message) ? unclear : MAGENTO_REFUSED;
        if (answer->message[0] == '\0')
            magento_answer_say(answer, "Magento answered %ld", status);
    }
}

static void
judge_done(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    answer->message[0] = '\0';
    if (answer->json != NULL) {
        answer->outcome = MAGENTO_DONE;
        return;
    }
    answer->outcome = exchange->is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN;
    magento_answer_say(answer, "Magento answered %ld, but not with JSON: check AMSYNC_MAGENTO_URL",
                       exchange->status);
}

static void
judge_without_answer(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    const char *why =
        exchange->transport_error != NULL ? exchange->transport_error : "no answer came";

    if (exchange->past_deadline && !exchange->sent) {
        answer->outcome = MAGENTO_DEADLINE;
        magento_answer_say(answer,
                           "not sent: too little time was left to wait for Magento's answer");
    } else if (exchange->aborted && (!exchange->sent || !exchange->is_write)) {
        answer->outcome = MAGENTO_ABORTED;
        magento_answer_say(answer, "not sent: amsync is stopping");
    } else if (!exchange->sent) {
        answer->outcome = MAGENTO_AGAIN;
        magento_answer_say(answer, "Magento could not be reached: %s", why);
    } else {
        answer->outcome = exchange->is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN;
        magento_answer_say(answer, "Magento's answer did not come whole: %s", why);
    }
}

/* What Magento says of a refusal decides about it, so it must have been read. */
static void
judge_without_memory(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
    answer->outcome = exchange->is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN;
    magento_answer_say(answer, "Magento answered %ld, but amsync is out of memory",
                       exchange->status);
}

/* The body as JSON, and what Magento says in it. RESULT_REJECTED: it is not JSON. */
static enum result
read_body(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    if (exchange->body_bytes == 0)
        return RESULT_REJECTED;

    enum result result = json_decode(exchange->body, exchange->body_bytes, ANSWER_MAX_DEPTH,
                                     JSON_FLAG_BOM | JSON_FLAG_SCALAR, &answer->json, NULL);

    return result == RESULT_OK ? magento_message_fill(answer->json, answer->message) : result;
}

void
magento_answer_judge(const struct magento_exchange *exchange, struct magento_answer *answer)
{
    answer->message[0] = '\0';
    answer->resource[0] = '\0';
    answer->retry_after_ms = 0;
    answer->foreign = false;
    answer->http_status = (int)exchange->status;
    keep_text(exchange, answer);
    if (exchange->transport_error != NULL || !exchange->sent) {
        judge_without_answer(exchange, answer);
        return;
    }

    if (read_body(exchange, answer) == RESULT_FAILED)
        judge_without_memory(exchange, answer);
    else if (exchange->status >= 200 && exchange->status < 300)
        judge_done(exchange, answer);
    else
        judge_status(exchange, answer);
}

enum magento_outcome
magento_answer_lacks(struct magento_answer *answer, bool is_write, const char *what)
{
    answer->outcome = is_write ? MAGENTO_UNKNOWN : MAGENTO_AGAIN;
    magento_answer_say(answer, "Magento answered %d without %s", answer->http_status, what);
    return answer->outcome;
}

static void
append_scalar(struct buffer *line, const json_t *value)
{
    if (json_typeof(value) == JSON_STRING)
        buffer_append_text(line, json_string_value(value));
    else if (json_typeof(value) == JSON_INTEGER)
        buffer_append_format(line, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_typeof(value) == JSON_REAL)
        buffer_append_format(line, "%.15g", json_real_value(value));
}

/* The parameter that the text after a % names, and how many bytes its name has. */
static const json_t *
parameter_at(const json_t *parameters, const char *text, size_t *ret_length)
{
    size_t length = 0;

    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    /* The longest name wins, as in Magento: %field before %f. */
    for (; length > 0; length--) {
        const json_t *value = NULL;

        *ret_length = length;
        if (json_is_object(parameters)) {
            value = json_object_getn(parameters, text, length);
        } else {
            char digits[8];
            int64_t index;

            if (length >= sizeof(digits))
                continue;
            memcpy(digits, text, length);
            digits[length] = '\0';
            if (parse_int64(digits, 1, 1000, &index) == RESULT_OK)
                value = json_array_get(parameters, (size_t)index - 1);
        }
        if (value != NULL)
            return value;
    }
    return NULL;
}

static void
append_filled(struct buffer *line, const json_t *error)
{
    const char *text = json_object_text(error, "message");
    const json_t *parameters = json_object_get(error, "parameters");

    while (text != NULL && *text != '\0') {
        size_t name_length = 0;
        const json_t *value =
            *text == '%' ? parameter_at(parameters, text + 1, &name_length) : NULL;

        if (value != NULL) {
            append_scalar(line, value);
            text += 1 + name_length;
        } else {
            buffer_append_byte(line, *text++);
        }
    }
}

enum result
magento_message_fill(const json_t *error, char ret_message[MAGENTO_MESSAGE_BYTES])
{
    AMSYNC_CLEANUP(buffer_free) struct buffer line = BUFFER_INITIAL(MESSAGE_SOURCE_BYTES);
    const json_t *further = json_object_array(error, "errors");
    size_t length;

    append_filled(&line, error);
    for (size_t i = 0; i < json_array_size(further); i++) {
        buffer_append_byte(&line, ' ');
        append_filled(&line, json_array_get(further, i));
    }

    if (buffer_result(&line) == RESULT_FAILED)
        return RESULT_FAILED;
    length = line.length < MAGENTO_MESSAGE_BYTES ? line.length : MAGENTO_MESSAGE_BYTES - 1;
    memcpy(ret_message, buffer_text(&line), length);
    ret_message[length] = '\0';
    /* The cut may fall within a character. */
    while (length > 0 && !text_is_utf8(ret_message, length))
        ret_message[--length] = '\0';
    for (char *c = ret_message; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ')
            *c = ' ';
    }
    return RESULT_OK;
}
