#include "base/settings.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/settings_table.h"

#define NAME_PREFIX "AMSYNC_"
#define FILE_SUFFIX "_FILE"
#define NAME_BYTES 128

/* Names that have their place in a later version; a trailing * stands for any rest. */
static const char *const later_names[] = {"AMSYNC_ADMIN_TOKEN*", "AMSYNC_ACUMATICA_*",
                                          "AMSYNC_MAGENTO_USER*", "AMSYNC_MAGENTO_PASSWORD*"};

/* The value of `name`; an empty one is none. */
static const char *
lookup(char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; environment[i] != NULL; i++) {
        const char *entry = environment[i];

        if (strncmp(entry, name, length) == 0 && entry[length] == '=')
            return entry[length + 1] == '\0' ? NULL : entry + length + 1;
    }
    return NULL;
}

static void
cleanup_secret(char **text)
{
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    free(*text);
}

static const char *
file_name_of(const struct setting *setting, char *name, size_t size)
{
    (void)snprintf(name, size, "%s" FILE_SUFFIX, setting->name);
    return name;
}

/* RESULT_NONE: there is neither a value, nor a file, nor a default. */
static enum result
load_setting(char *const *environment, const struct setting *setting, struct settings *settings,
             struct error *err)
{
    char file_name[NAME_BYTES];
    const char *value = lookup(environment, setting->name);
    const char *path =
        setting->secret ? lookup(environment, file_name_of(setting, file_name, sizeof(file_name)))
                        : NULL;
    AMSYNC_CLEANUP(cleanup_secret) char *from_file = NULL;

    if (value != NULL && path != NULL)
        return error_result(err, RESULT_REJECTED, "both %s and %s are set: keep one of them",
                            setting->name, file_name);
    if (path != NULL) {
        enum result result = setting_read_file(file_name, path, &from_file, err);

        if (result != RESULT_OK)
            return result;
        value = from_file;
    }
    if (value == NULL)
        value = setting->fallback;
    return value == NULL ? RESULT_NONE : setting_parse(setting, value, settings, err);
}

static enum result
missing(const char *name, const char *because, struct error *err)
{
    const struct setting *setting = settings_table_find(name);

    if (!setting->secret)
        return error_result(err, RESULT_REJECTED, "%s is missing%s: write %s", name, because,
                            setting->write);
    return error_result(err, RESULT_REJECTED,
                        "%s is missing%s: write %s, or name a file that holds it in %s" FILE_SUFFIX,
                        name, because, setting->write, name);
}

static bool
is_later(const char *entry, size_t name_length)
{
    for (size_t i = 0; i < sizeof(later_names) / sizeof(later_names[0]); i++) {
        size_t length = strlen(later_names[i]) - 1;

        if (name_length >= length && strncmp(entry, later_names[i], length) == 0)
            return true;
    }
    return false;
}

static bool
is_known(const char *name)
{
    size_t length = strlen(name);
    size_t suffix_length = strlen(FILE_SUFFIX);

    if (settings_table_find(name) != NULL)
        return true;
    if (length <= suffix_length || strcmp(name + length - suffix_length, FILE_SUFFIX) != 0)
        return false;

    char base[NAME_BYTES];

    (void)snprintf(base, sizeof(base), "%.*s", (int)(length - suffix_length), name);

    const struct setting *setting = settings_table_find(base);

    return setting != NULL && setting->secret;
}

/* What is set but means nothing: an error when it will once, else a warning. */
static enum result
check_names(char *const *environment, settings_warning_fn *warning, void *context,
            struct error *err)
{
    for (size_t i = 0; environment[i] != NULL; i++) {
        char name[NAME_BYTES];
        char message[2 * NAME_BYTES];
        size_t length = strcspn(environment[i], "=");

        if (!text_starts_with(environment[i], NAME_PREFIX))
            continue;
        (void)snprintf(name, sizeof(name), "%.*s", (int)(length < NAME_BYTES ? length : NAME_BYTES),
                       environment[i]);
        if (is_later(environment[i], length) && lookup(environment, name) != NULL)
            return error_result(err, RESULT_REJECTED, "%s is not in this version: unset it", name);
        if (warning == NULL || is_known(name) || is_later(environment[i], length))
            continue;
        (void)snprintf(message, sizeof(message),
                       "%s is not a setting and has no effect; amsync config lists them", name);
        warning(context, message);
    }
    return RESULT_OK;
}

static bool
is_loopback(const char *host)
{
    struct in_addr address;

    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static enum result
check_oauth1(const struct settings *settings, struct error *err)
{
    static const char because[] = ", which AMSYNC_MAGENTO_AUTH=oauth1 needs";

    if (settings->magento_auth != MAGENTO_AUTH_OAUTH1)
        return RESULT_OK;
    if (settings->magento_consumer_key == NULL)
        return missing("AMSYNC_MAGENTO_CONSUMER_KEY", because, err);
    if (settings->magento_consumer_secret == NULL)
        return missing("AMSYNC_MAGENTO_CONSUMER_SECRET", because, err);
    if (settings->magento_token_secret == NULL)
        return missing("AMSYNC_MAGENTO_TOKEN_SECRET", because, err);
    return RESULT_OK;
}

static enum result
check_magento(const struct settings *settings, struct error *err)
{
    assert(settings->magento_url != NULL); /* it is required */

    char host[SETTINGS_HOST_BYTES];

    /* It was read as a URL before, so that only libcurl's memory can be missing. */
    if (!settings_url_host(settings->magento_url, host))
        return error_result(err, RESULT_FAILED, "out of memory");
    if (strncasecmp(settings->magento_url, "http:", 5) == 0 && !settings->magento_allow_http &&
        !is_loopback(host))
        return error_result(err, RESULT_REJECTED,
                            "AMSYNC_MAGENTO_URL is \"%s\": write https://, since the token would "
                            "cross the network unprotected, or set AMSYNC_MAGENTO_ALLOW_HTTP=on",
                            settings->magento_url);
    if (settings->magento_quiet_ms < settings->magento_timeout_ms)
        return error_result(err, RESULT_REJECTED,
                            "AMSYNC_MAGENTO_QUIET_MS is %lld: write at least the %lld of "
                            "AMSYNC_MAGENTO_TIMEOUT_MS",
                            (long long)settings->magento_quiet_ms,
                            (long long)settings->magento_timeout_ms);
    return check_oauth1(settings, err);
}

/* An inquiry's name has to tell the kind. */
static enum result
check_queries(const struct settings *settings, struct error *err)
{
    static const char *const names[] = {"AMSYNC_QUERY_ORDERS", "AMSYNC_QUERY_SHIPMENTS",
                                        "AMSYNC_QUERY_INVOICES"};
    const struct text_list *lists[] = {&settings->query_orders, &settings->query_shipments,
                                       &settings->query_invoices};

    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            const char *query = lists[i]->items[k];

            for (size_t j = i + 1; j < 3; j++) {
                if (text_list_contains(lists[j], query))
                    return error_result(err, RESULT_REJECTED,
                                        "%s and %s both have \"%s\": keep it in one of them",
                                        names[i], names[j], query);
            }
        }
    }
    return RESULT_OK;
}

static enum result
check_webhook(const struct settings *settings, struct error *err)
{
    if (text_list_contains(&settings->companies, "*") && settings->companies.count > 1)
        return error_result(err, RESULT_REJECTED,
                            "AMSYNC_COMPANIES has * beside names: write * alone, or the names");
    if (settings->max_buffered_bytes < settings->max_body_bytes)
        return error_result(err, RESULT_REJECTED,
                            "AMSYNC_MAX_BUFFERED_BYTES is %lld: write at least the %lld of "
                            "AMSYNC_MAX_BODY_BYTES",
                            (long long)settings->max_buffered_bytes,
                            (long long)settings->max_body_bytes);
    return check_queries(settings, err);
}

static enum result
check_choice_of_later(char *const *environment, struct error *err)
{
    const char *auth = lookup(environment, "AMSYNC_MAGENTO_AUTH");

    if (auth != NULL && strcmp(auth, "admin") == 0)
        return error_result(err, RESULT_REJECTED,
                            "AMSYNC_MAGENTO_AUTH=admin is not in this version: write bearer or "
                            "oauth1");
    return RESULT_OK;
}

static enum result
load_all(char *const *environment, unsigned parts, struct settings *settings, struct error *err)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    enum result result;

    for (size_t i = 0; i < count; i++) {
        if (!setting_is_in(&table[i], parts))
            continue;
        result = load_setting(environment, &table[i], settings, err);
        if (result == RESULT_NONE && table[i].required)
            return missing(table[i].name, "", err);
        if (result != RESULT_OK && result != RESULT_NONE)
            return result;
    }
    if ((parts & SETTINGS_WEBHOOK) != 0) {
        result = check_webhook(settings, err);
        if (result != RESULT_OK)
            return result;
    }
    return (parts & SETTINGS_MAGENTO) != 0 ? check_magento(settings, err) : RESULT_OK;
}

enum result
settings_load(char *const *environment, unsigned parts, settings_warning_fn *warning,
              void *warning_context, struct settings *ret_settings, struct error *err)
{
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    enum result result = check_names(environment, warning, warning_context, err);

    if (result == RESULT_OK)
        result = check_choice_of_later(environment, err);
    if (result == RESULT_OK)
        result = load_all(environment, parts, &settings, err);
    if (result != RESULT_OK)
        return result;
    *ret_settings = settings;
    settings = (struct settings){0};
    return RESULT_OK;
}

void
settings_finish(struct settings *settings)
{
    size_t count;
    const struct setting *table = settings_table(&count);

    for (size_t i = 0; i < count; i++) {
        void *field = (char *)settings + table[i].offset;

        switch (table[i].kind) {
        case SETTING_TEXT:
        case SETTING_HEADER:
        case SETTING_STORE:
        case SETTING_URL:
            cleanup_secret(field);
            break;
        case SETTING_LIST:
            text_list_free(field);
            break;
        case SETTING_LISTEN:
            free(((struct listen_address *)field)->host);
            break;
        case SETTING_INTEGER:
        case SETTING_SWITCH:
        case SETTING_CHOICE:
            break;
        }
    }
    *settings = (struct settings){0};
}

bool
settings_accept_company(const struct settings *settings, const char *company)
{
    return text_list_contains(&settings->companies, "*") ||
           text_list_contains(&settings->companies, company);
}
