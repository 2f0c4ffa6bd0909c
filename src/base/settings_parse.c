#include "base/settings_table.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define SHOWN_CHARACTERS 80
#define STORE_CODE_LENGTH 32
#define SECRET_FILE_BYTES 16384

/* "NAME is "value": write ..."; of a secret only that it cannot be used. */
static enum result
bad_value(const struct setting *setting, const char *value, struct error *err)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer shown = BUFFER_INITIAL(8 * SHOWN_CHARACTERS);

    if (setting->secret)
        return error_result(err, RESULT_REJECTED,
                            "%s has a control character or a blank at one of its ends: write %s",
                            setting->name, setting->write);
    text_append_utf8(&shown, value, strnlen(value, SHOWN_CHARACTERS));
    return error_result(err, RESULT_REJECTED, "%s is \"%s\": write %s", setting->name,
                        buffer_text(&shown), setting->write);
}

static bool
is_printable(const char *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7F)
            return false;
    }
    return text_is_utf8(value, length);
}

/* Blanks at the ends are never meant, and a header's value loses them on its way. */
static bool
is_one_line(const char *value)
{
    size_t length = strlen(value);

    return length > 0 && value[0] != ' ' && value[length - 1] != ' ' && is_printable(value);
}

/* RFC 9110's token. */
static bool
is_header_name(const char *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c >= 0x80 || (!isalnum(c) && strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return length > 0;
}

static bool
is_store_code(const char *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c >= 0x80 || (!isalnum(c) && c != '_'))
            return false;
    }
    return length > 0 && length <= STORE_CODE_LENGTH && isalpha((unsigned char)value[0]);
}

static void
cleanup_curl_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void
cleanup_curl_text(char **text)
{
    curl_free(*text);
}

/* amsync adds rest/STORE/V1 itself. */
static bool
leads_to_rest(const char *path)
{
    const char *rest = strstr(path, "/rest");

    while (rest != NULL && rest[5] != '/' && rest[5] != '\0')
        rest = strstr(rest + 5, "/rest");
    return rest != NULL;
}

/* A base URL: http or https, no login, query or fragment. */
static bool
is_base_url(const char *value)
{
    char host[SETTINGS_HOST_BYTES];
    AMSYNC_CLEANUP(cleanup_curl_url) CURLU *url = curl_url();
    AMSYNC_CLEANUP(cleanup_curl_text) char *user = NULL;
    AMSYNC_CLEANUP(cleanup_curl_text) char *password = NULL;
    AMSYNC_CLEANUP(cleanup_curl_text) char *path = NULL;

    /* libcurl would take the "path" of https:///path for the host. */
    if (!settings_url_host(value, host) || !is_one_line(value) || strpbrk(value, " ?#") != NULL ||
        strstr(value, ":///") != NULL)
        return false;
    return curl_url_set(url, CURLUPART_URL, value, 0) == CURLUE_OK &&
           curl_url_get(url, CURLUPART_USER, &user, 0) != CURLUE_OK &&
           curl_url_get(url, CURLUPART_PASSWORD, &password, 0) != CURLUE_OK &&
           curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && !leads_to_rest(path);
}

bool
settings_url_host(const char *url, char ret_host[SETTINGS_HOST_BYTES])
{
    AMSYNC_CLEANUP(cleanup_curl_url) CURLU *parsed = curl_url();
    AMSYNC_CLEANUP(cleanup_curl_text) char *scheme = NULL;
    AMSYNC_CLEANUP(cleanup_curl_text) char *host = NULL;

    if (curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return false;
    if ((strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) || host[0] == '\0' ||
        strlen(host) >= SETTINGS_HOST_BYTES)
        return false;
    memcpy(ret_host, host, strlen(host) + 1);
    return true;
}

static enum result
parse_text(const struct setting *setting, const char *value, void *field, struct error *err)
{
    bool good = setting->kind == SETTING_HEADER  ? is_header_name(value)
                : setting->kind == SETTING_STORE ? is_store_code(value)
                : setting->kind == SETTING_URL   ? is_base_url(value)
                                                 : is_one_line(value);

    if (!good)
        return bad_value(setting, value, err);

    char *text = strdup(value);

    if (text == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    if (setting->kind == SETTING_URL) {
        for (size_t length = strlen(text); text[length - 1] == '/'; length--)
            text[length - 1] = '\0';
    }
    *(char **)field = text;
    return RESULT_OK;
}

static enum result
parse_list(const struct setting *setting, const char *value, void *field, struct error *err)
{
    struct text_list list;

    if (!is_printable(value))
        return bad_value(setting, value, err);
    if (text_split_list(value, &list) != RESULT_OK)
        return error_result(err, RESULT_FAILED, "out of memory");
    if (list.count == 0) {
        text_list_free(&list);
        return bad_value(setting, value, err);
    }
    *(struct text_list *)field = list;
    return RESULT_OK;
}

static enum result
parse_choice(const struct setting *setting, const char *value, void *field, struct error *err)
{
    /* gcc and clang give an enum without negative values this type. */
    _Static_assert(sizeof(enum log_level) == sizeof(unsigned), "an enum is an unsigned int");

    for (unsigned i = 0; setting->choices[i] != NULL; i++) {
        if (strcmp(setting->choices[i], value) == 0) {
            *(unsigned *)field = i;
            return RESULT_OK;
        }
    }
    return bad_value(setting, value, err);
}

static enum result
parse_switch(const struct setting *setting, const char *value, void *field, struct error *err)
{
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return bad_value(setting, value, err);
    *(bool *)field = strcmp(value, "on") == 0;
    return RESULT_OK;
}

/* An IPv4 address, or an IPv6 address in brackets; `ret_host` is without them. */
static bool
read_address(const char *text, size_t length, char *ret_host, size_t host_size)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    const char *start = bracketed ? text + 1 : text;
    size_t host_length = bracketed ? length - 2 : length;

    if (host_length >= host_size)
        return false;
    memcpy(ret_host, start, host_length);
    ret_host[host_length] = '\0';
    return inet_pton(bracketed ? AF_INET6 : AF_INET, ret_host, address) == 1;
}

static enum result
parse_listen(const struct setting *setting, const char *value, void *field, struct error *err)
{
    struct listen_address *address = field;
    const char *colon = strrchr(value, ':');
    char host[INET6_ADDRSTRLEN];
    int64_t port;

    if (colon == NULL || !read_address(value, (size_t)(colon - value), host, sizeof(host)) ||
        parse_int64(colon + 1, 0, UINT16_MAX, &port) != RESULT_OK)
        return bad_value(setting, value, err);
    address->host = strdup(host);
    address->port = (uint16_t)port;
    return address->host == NULL ? error_result(err, RESULT_FAILED, "out of memory") : RESULT_OK;
}

enum result
setting_parse(const struct setting *setting, const char *value, struct settings *settings,
              struct error *err)
{
    void *field = (char *)settings + setting->offset;

    switch (setting->kind) {
    case SETTING_TEXT:
    case SETTING_HEADER:
    case SETTING_STORE:
    case SETTING_URL:
        return parse_text(setting, value, field, err);
    case SETTING_LIST:
        return parse_list(setting, value, field, err);
    case SETTING_INTEGER:
        if (parse_int64(value, setting->min, setting->max, field) != RESULT_OK)
            return bad_value(setting, value, err);
        return RESULT_OK;
    case SETTING_SWITCH:
        return parse_switch(setting, value, field, err);
    case SETTING_CHOICE:
        return parse_choice(setting, value, field, err);
    case SETTING_LISTEN:
        return parse_listen(setting, value, field, err);
    }
    return error_result(err, RESULT_FAILED, "%s is of no known kind", setting->name);
}

/* Fills `bytes` from the descriptor until its end; false with errno set. */
static bool
read_all(int fd, char *bytes, size_t size, size_t *ret_length)
{
    size_t length = 0;

    while (length < size) {
        ssize_t got = read(fd, bytes + length, size - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    *ret_length = length;
    return true;
}

/* What is no path may be the secret itself, written where its file belongs. */
static const char *
shown_path(const char *path)
{
    return path[0] == '/' || path[0] == '.' ? path : "a file, not shown as it may be the secret";
}

enum result
setting_read_file(const char *name, const char *path, char **ret_value, struct error *err)
{
    char bytes[SECRET_FILE_BYTES + 1];
    size_t length = 0;
    enum result result = RESULT_REJECTED;
    /* Without blocking: a pipe that nobody writes to is as good as an empty file. */
    AMSYNC_CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || !read_all(fd, bytes, sizeof(bytes), &length))
        return error_result(err, RESULT_REJECTED, "%s names %s, which cannot be read: %m", name,
                            shown_path(path));
    while (length > 0 && length < sizeof(bytes) &&
           (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
        length--;
    if (length == 0) {
        error_set(err, "%s names %s, which is empty: write the secret into it", name,
                  shown_path(path));
    } else if (length > SECRET_FILE_BYTES) {
        error_set(err, "%s names %s, which has more than %d bytes: it holds something else", name,
                  shown_path(path), SECRET_FILE_BYTES);
    } else if (memchr(bytes, '\0', length) != NULL) {
        error_set(err, "%s names %s, which has a NUL byte: write text into it", name,
                  shown_path(path));
    } else {
        *ret_value = strndup(bytes, length);
        result = *ret_value == NULL ? error_result(err, RESULT_FAILED, "out of memory") : RESULT_OK;
    }
    explicit_bzero(bytes, sizeof(bytes));
    return result;
}
