#include "base/settings_table.h"

#include <string.h>

#define AT(field) offsetof(struct settings, field)
#define MIB (INT64_C(1024) * 1024)

/* In the order of their enums. */
static const char *const auth_choices[] = {"bearer", "oauth1", NULL};
static const char *const bodies_choices[] = {"none", "errors", "all", NULL};
static const char *const level_choices[] = {"debug", "info", "warning", "error", NULL};

/* clang-format off */
static const struct setting table[] = {
    {.name = "AMSYNC_DATABASE_URL", .kind = SETTING_TEXT, .part = SETTINGS_DATABASE,
     .offset = AT(database_url), .required = true, .secret = true,
     .write = "a PostgreSQL connection URI or string, such as postgresql://amsync@db.internal/amsync",
     .help = "PostgreSQL: libpq connection URI or string"},

    {.name = "AMSYNC_COMPANIES", .kind = SETTING_LIST, .part = SETTINGS_WEBHOOK,
     .offset = AT(companies), .required = true,
     .write = "the CompanyId values to accept (Acumatica's tenants), separated by commas, or *",
     .help = "accepted `CompanyId` values (Acumatica's tenants), separated by commas; `*` accepts any"},
    {.name = "AMSYNC_WEBHOOK_SECRET", .kind = SETTING_TEXT, .part = SETTINGS_WEBHOOK,
     .offset = AT(webhook_secret), .required = true, .secret = true,
     .write = "the header value that Acumatica's notification destination sends",
     .help = "the value that Acumatica's notification destination sends in the header below"},
    {.name = "AMSYNC_WEBHOOK_SECRET_PREVIOUS", .kind = SETTING_TEXT, .part = SETTINGS_WEBHOOK,
     .offset = AT(webhook_secret_previous), .secret = true,
     .write = "the secret before the current one, or leave it out",
     .help = "accepted too, while the secret is being changed"},
    {.name = "AMSYNC_WEBHOOK_HEADER", .kind = SETTING_HEADER, .part = SETTINGS_WEBHOOK,
     .offset = AT(webhook_header), .fallback = "X-Amsync-Secret",
     .write = "the name of an HTTP header, such as X-Amsync-Secret",
     .help = "the header in which Acumatica's destination sends the secret"},
    {.name = "AMSYNC_QUERY_ORDERS", .kind = SETTING_LIST, .part = SETTINGS_WEBHOOK,
     .offset = AT(query_orders), .fallback = "AMSync-Orders",
     .write = "the names of generic inquiries, separated by commas",
     .help = "inquiries that bring orders to the route without a kind, separated by commas"},
    {.name = "AMSYNC_QUERY_SHIPMENTS", .kind = SETTING_LIST, .part = SETTINGS_WEBHOOK,
     .offset = AT(query_shipments), .fallback = "AMSync-Shipments",
     .write = "the names of generic inquiries, separated by commas",
     .help = "inquiries that bring shipments"},
    {.name = "AMSYNC_QUERY_INVOICES", .kind = SETTING_LIST, .part = SETTINGS_WEBHOOK,
     .offset = AT(query_invoices), .fallback = "AMSync-Invoices",
     .write = "the names of generic inquiries, separated by commas",
     .help = "inquiries that bring invoices"},

    {.name = "AMSYNC_MAGENTO_URL", .kind = SETTING_URL, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_url), .required = true,
     .write = "the shop's base URL without /rest, query or login, such as https://shop.example",
     .help = "base URL of the shop"},
    {.name = "AMSYNC_MAGENTO_STORE", .kind = SETTING_STORE, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_store), .fallback = "default",
     .write = "a store view code: a letter, then letters, digits and _, at most 32",
     .help = "code of the store view that orders belong to"},
    {.name = "AMSYNC_MAGENTO_AUTH", .kind = SETTING_CHOICE, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_auth), .fallback = "bearer", .choices = auth_choices,
     .write = "bearer or oauth1",
     .help = "`bearer`: the integration's access token as a bearer token; `oauth1`: OAuth 1.0a, "
             "which Magento allows unless told otherwise"},
    {.name = "AMSYNC_MAGENTO_TOKEN", .kind = SETTING_TEXT, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_token), .required = true, .secret = true,
     .write = "the access token of Magento's integration (System > Extensions > Integrations)",
     .help = "access token of Magento's integration"},
    {.name = "AMSYNC_MAGENTO_CONSUMER_KEY", .kind = SETTING_TEXT, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_consumer_key), .secret = true,
     .write = "the consumer key of Magento's integration",
     .help = "consumer key; needed by `oauth1`"},
    {.name = "AMSYNC_MAGENTO_CONSUMER_SECRET", .kind = SETTING_TEXT, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_consumer_secret), .secret = true,
     .write = "the consumer secret of Magento's integration",
     .help = "consumer secret; needed by `oauth1`"},
    {.name = "AMSYNC_MAGENTO_TOKEN_SECRET", .kind = SETTING_TEXT, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_token_secret), .secret = true,
     .write = "the access token secret of Magento's integration",
     .help = "access token secret; needed by `oauth1`"},
    {.name = "AMSYNC_MAGENTO_TIMEOUT_MS", .kind = SETTING_INTEGER, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_timeout_ms), .fallback = "30000", .min = 100, .max = 600000,
     .write = "milliseconds, 100 to 600000",
     .help = "how long an answer of Magento is waited for"},
    {.name = "AMSYNC_MAGENTO_QUIET_MS", .kind = SETTING_INTEGER, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_quiet_ms), .fallback = "120000", .min = 100, .max = 3600000,
     .write = "milliseconds, at least AMSYNC_MAGENTO_TIMEOUT_MS and at most 3600000",
     .help = "how long after it was sent a call may still take effect: at least the time-out above, "
             "and the time limits of PHP and of the proxy before it"},
    {.name = "AMSYNC_MAGENTO_ALLOW_HTTP", .kind = SETTING_SWITCH, .part = SETTINGS_MAGENTO,
     .offset = AT(magento_allow_http), .fallback = "off",
     .write = "on or off",
     .help = "`on` allows plain http to a Magento on another machine"},

    {.name = "AMSYNC_LISTEN", .kind = SETTING_LISTEN, .part = SETTINGS_LISTEN,
     .offset = AT(listen), .fallback = "0.0.0.0:8080",
     .write = "ADDRESS:PORT, such as 0.0.0.0:8080 or [::]:8080",
     .help = "where webhooks are taken"},
    {.name = "AMSYNC_ADMIN_LISTEN", .kind = SETTING_LISTEN, .part = SETTINGS_LISTEN,
     .offset = AT(admin_listen), .fallback = "127.0.0.1:9090",
     .write = "ADDRESS:PORT, such as 127.0.0.1:9090 or [::1]:9090",
     .help = "where probes, with details, and metrics are served"},

    {.name = "AMSYNC_SETTLE_MS", .kind = SETTING_INTEGER, .part = SETTINGS_SYNC,
     .offset = AT(settle_ms), .fallback = "250", .min = 0, .max = 60000,
     .write = "milliseconds, 0 to 60000",
     .help = "an order that is not in Magento yet is looked at this long after its first "
             "notification, so that what belongs together is seen together; two seconds later when "
             "it comes in a crowd of thousands"},
    {.name = "AMSYNC_LATE_SAVE_MS", .kind = SETTING_INTEGER, .part = SETTINGS_SYNC,
     .offset = AT(late_save_ms), .fallback = "5000", .min = 1, .max = 3600000,
     .write = "milliseconds, 1 to 3600000",
     .help = "an order that is not in Magento yet, and still Open although a newer shipment of it is "
             "confirmed, waits this long for its newest save: Magento cannot edit orders"},
    {.name = "AMSYNC_WORKERS", .kind = SETTING_INTEGER, .part = SETTINGS_SYNC,
     .offset = AT(workers), .fallback = "8", .min = 1, .max = 256,
     .write = "a number from 1 to 256",
     .help = "orders worked on at the same time"},
    {.name = "AMSYNC_MAX_CONNECTIONS", .kind = SETTING_INTEGER, .part = SETTINGS_WEBHOOK,
     .offset = AT(max_connections), .fallback = "1024", .min = 1, .max = 65536,
     .write = "a number from 1 to 65536",
     .help = "webhook connections at the same time; more get 503 with Retry-After"},
    {.name = "AMSYNC_MAX_BODY_BYTES", .kind = SETTING_INTEGER, .part = SETTINGS_WEBHOOK,
     .offset = AT(max_body_bytes), .fallback = "8388608", .min = 1024, .max = 256 * MIB,
     .write = "bytes, 1024 to 268435456",
     .help = "size of one notification; a larger one gets 413"},
    {.name = "AMSYNC_MAX_BUFFERED_BYTES", .kind = SETTING_INTEGER, .part = SETTINGS_WEBHOOK,
     .offset = AT(max_buffered_bytes), .fallback = "67108864", .min = 1024, .max = 4096 * MIB,
     .write = "bytes, at least AMSYNC_MAX_BODY_BYTES and at most 4294967296",
     .help = "size of all notifications being received at the same time; beyond it 503 with "
             "Retry-After"},
    {.name = "AMSYNC_MAX_ATTEMPTS", .kind = SETTING_INTEGER, .part = SETTINGS_SYNC,
     .offset = AT(max_attempts), .fallback = "12", .min = 1, .max = 1000,
     .write = "a number from 1 to 1000",
     .help = "attempts after which a document counts as stuck; it is then tried hourly"},
    {.name = "AMSYNC_RETENTION_DAYS", .kind = SETTING_INTEGER, .part = SETTINGS_SYNC,
     .offset = AT(retention_days), .fallback = "90", .min = 1, .max = 3650,
     .write = "days, 1 to 3650",
     .help = "how long notifications, the connector log and the contents of finished orders are kept"},
    {.name = "AMSYNC_LOG_BODIES", .kind = SETTING_CHOICE, .part = SETTINGS_SYNC,
     .offset = AT(log_bodies), .fallback = "errors", .choices = bodies_choices,
     .write = "none, errors or all",
     .help = "which of Magento's requests and answers are kept with the connector log: `none`, "
             "`errors` or `all`"},
    {.name = "AMSYNC_LOG_LEVEL", .kind = SETTING_CHOICE, .part = SETTINGS_PROCESS,
     .offset = AT(log_level), .fallback = "info", .choices = level_choices,
     .write = "debug, info, warning or error",
     .help = "least level of the process log on stderr: `debug`, `info`, `warning` or `error`"},
    {.name = "AMSYNC_SHUTDOWN_MS", .kind = SETTING_INTEGER, .part = SETTINGS_SYNC,
     .offset = AT(shutdown_ms), .fallback = "25000", .min = 0, .max = 600000,
     .write = "milliseconds, 0 to 600000",
     .help = "how long a stop waits for what is under way"},
};
/* clang-format on */

const struct setting *
settings_table(size_t *ret_count)
{
    *ret_count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct setting *
settings_table_find(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

bool
setting_is_in(const struct setting *setting, unsigned parts)
{
    return setting->part == SETTINGS_PROCESS || (setting->part & parts) != 0;
}
