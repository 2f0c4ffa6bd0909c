/*
 * Settings: environment variables, described by one table in settings.c, from which they are read,
 * printed and documented.
 *
 * A secret NAME may be given as NAME_FILE instead, the path of a file that holds it (what ends the
 * last line is cut off). A setting that is there but empty counts as not there.
 */
#ifndef AMSYNC_BASE_SETTINGS_H
#define AMSYNC_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

/* What a command uses; settings of other parts are neither read nor required. */
enum settings_part {
    SETTINGS_PROCESS = 0,       /* log_level, read always */
    SETTINGS_DATABASE = 1 << 0, /* database_url */
    SETTINGS_WEBHOOK = 1 << 1,  /* companies, webhook_*, query_*, max_*_bytes, max_connections */
    SETTINGS_LISTEN = 1 << 2,   /* listen, admin_listen */
    SETTINGS_MAGENTO = 1 << 3,  /* magento_* */
    SETTINGS_SYNC = 1 << 4,     /* settle_ms, late_save_ms, workers, max_attempts, retention_days,
                                   log_bodies, shutdown_ms */
    SETTINGS_ALL = (1 << 5) - 1,
};

enum magento_auth {
    MAGENTO_AUTH_BEARER,
    MAGENTO_AUTH_OAUTH1,
};

enum log_bodies {
    LOG_BODIES_NONE,
    LOG_BODIES_ERRORS,
    LOG_BODIES_ALL,
};

struct listen_address {
    char *host;    /* an IP address, without the brackets of IPv6 */
    uint16_t port; /* 0: any free port */
};

/*
 * Owned by whoever loaded it, read-only afterwards, so that all threads may share it. Texts that
 * are not set are NULL; of parts that were not asked for everything is zero.
 */
struct settings {
    /* SETTINGS_DATABASE */
    char *database_url;

    /* SETTINGS_WEBHOOK */
    struct text_list companies; /* a single "*" accepts any: settings_accept_company */
    char *webhook_secret;
    char *webhook_secret_previous; /* or NULL */
    char *webhook_header;
    struct text_list query_orders;
    struct text_list query_shipments;
    struct text_list query_invoices;
    int64_t max_connections;
    int64_t max_body_bytes;
    int64_t max_buffered_bytes;

    /* SETTINGS_LISTEN */
    struct listen_address listen;
    struct listen_address admin_listen;

    /* SETTINGS_MAGENTO */
    char *magento_url; /* without a slash at its end */
    char *magento_store;
    enum magento_auth magento_auth;
    char *magento_token;           /* bearer's token, or oauth1's access token */
    char *magento_consumer_key;    /* oauth1, else NULL */
    char *magento_consumer_secret; /* oauth1, else NULL */
    char *magento_token_secret;    /* oauth1, else NULL */
    int64_t magento_timeout_ms;
    int64_t magento_quiet_ms;
    bool magento_allow_http;

    /* SETTINGS_SYNC */
    int64_t settle_ms;
    int64_t late_save_ms;
    int64_t workers;
    int64_t max_attempts;
    int64_t retention_days;
    enum log_bodies log_bodies;
    int64_t shutdown_ms;

    enum log_level log_level;
};

/* Called for each AMSYNC_ name that is no setting; `message` is one line for a person. */
typedef void settings_warning_fn(void *context, const char *message);

/*
 * Reads the settings of `parts` (settings_part, or-ed) from `environment`, an array of NAME=value
 * ended by NULL, as `environ`. On success the caller ends `ret_settings` with settings_finish.
 * `warning` may be NULL.
 * RESULT_REJECTED: something is missing or wrong; `err` is one line that names the variable, its
 * value unless it is secret, and what to write. RESULT_FAILED: out of memory.
 * Before there are threads, since another thread may change the environment.
 */
AMSYNC_MUST_USE enum result settings_load(char *const *environment, unsigned parts,
                                          settings_warning_fn *warning, void *warning_context,
                                          struct settings *ret_settings, struct error *err);

/* Frees what it owns, overwriting secrets; safe on zeroed settings. */
void settings_finish(struct settings *settings);

/* Whether notifications of this CompanyId are taken. */
bool settings_accept_company(const struct settings *settings, const char *company);

/* Appends NAME=value lines of the settings of `parts`; of a secret only whether it is set. */
void settings_print(const struct settings *settings, unsigned parts, struct buffer *output);

/* Appends the effective settings of `parts` as one JSON object, a secret as true (set) or null.
 * RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result settings_print_json(const struct settings *settings, unsigned parts,
                                                struct buffer *output);

/* Appends the table of all settings for the README, in Markdown. */
void settings_print_markdown(struct buffer *output);

#endif
