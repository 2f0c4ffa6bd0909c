#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/settings_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_ENTRIES 64

/* What is required and nothing else. */
static const char *const good[] = {
    "PATH=/bin",
    "AMSYNC_DATABASE_URL=postgresql://amsync:hush@db/amsync",
    "AMSYNC_COMPANIES=MyStore",
    "AMSYNC_WEBHOOK_SECRET=s3cret",
    "AMSYNC_MAGENTO_URL=https://shop.example/",
    "AMSYNC_MAGENTO_TOKEN=t0ken",
};

/* What settings_warning_fn was told, a line each. */
struct warnings {
    char text[2048];
};

static void
keep_warning(void *context, const char *message)
{
    struct warnings *warnings = context;
    size_t length = strlen(warnings->text);

    (void)snprintf(warnings->text + length, sizeof(warnings->text) - length, "%s\n", message);
}

/*
 * The good environment with the lines of `changes` put before it, since the first entry of a name
 * counts; a line without "=" takes the variable out.
 */
static enum result
load_parts(const char *changes, unsigned parts, struct warnings *warnings, struct settings *ret,
           struct error *err)
{
    AMSYNC_CLEANUP(cleanup_free) char *lines = strdup(changes);
    char base[COUNT(good)][128];
    char *environment[MAX_ENTRIES] = {NULL};
    char *rest = lines;
    size_t count = 0;

    for (size_t i = 0; i < COUNT(good); i++)
        (void)snprintf(base[i], sizeof(base[i]), "%s", good[i]);
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (strchr(line, '=') != NULL)
            environment[count++] = line;
        for (size_t i = 0; i < COUNT(good) && strchr(line, '=') == NULL; i++) {
            if (line[0] != '\0' && strcspn(base[i], "=") == strlen(line) &&
                strncmp(base[i], line, strlen(line)) == 0)
                base[i][0] = '\0';
        }
    }
    for (size_t i = 0; i < COUNT(good); i++)
        environment[count++] = base[i];
    return settings_load(environment, parts, keep_warning, warnings, ret, err);
}

static enum result
load(const char *changes, struct settings *ret, struct error *err)
{
    struct warnings warnings = {0};

    return load_parts(changes, SETTINGS_ALL, &warnings, ret, err);
}

static void
defaults_are_those_of_the_contract(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    struct error err = {0};

    assert_int_equal(load("", &settings, &err), RESULT_OK);
    assert_string_equal(settings.database_url, "postgresql://amsync:hush@db/amsync");
    assert_int_equal(settings.companies.count, 1);
    assert_string_equal(settings.companies.items[0], "MyStore");
    assert_string_equal(settings.webhook_secret, "s3cret");
    assert_null(settings.webhook_secret_previous);
    assert_string_equal(settings.webhook_header, "X-Amsync-Secret");
    assert_string_equal(settings.query_orders.items[0], "AMSync-Orders");
    assert_string_equal(settings.query_shipments.items[0], "AMSync-Shipments");
    assert_string_equal(settings.query_invoices.items[0], "AMSync-Invoices");
    assert_string_equal(settings.magento_url, "https://shop.example");
    assert_string_equal(settings.magento_store, "default");
    assert_int_equal(settings.magento_auth, MAGENTO_AUTH_BEARER);
    assert_string_equal(settings.magento_token, "t0ken");
    assert_null(settings.magento_consumer_key);
    assert_int_equal(settings.magento_timeout_ms, 30000);
    assert_int_equal(settings.magento_quiet_ms, 120000);
    assert_false(settings.magento_allow_http);
    assert_string_equal(settings.listen.host, "0.0.0.0");
    assert_int_equal(settings.listen.port, 8080);
    assert_string_equal(settings.admin_listen.host, "127.0.0.1");
    assert_int_equal(settings.admin_listen.port, 9090);
    assert_int_equal(settings.settle_ms, 250);
    assert_int_equal(settings.late_save_ms, 5000);
    assert_int_equal(settings.workers, 8);
    assert_int_equal(settings.max_connections, 1024);
    assert_int_equal(settings.max_body_bytes, 8388608);
    assert_int_equal(settings.max_buffered_bytes, 67108864);
    assert_int_equal(settings.max_attempts, 12);
    assert_int_equal(settings.retention_days, 90);
    assert_int_equal(settings.log_bodies, LOG_BODIES_ERRORS);
    assert_int_equal(settings.log_level, LOG_LEVEL_INFO);
    assert_int_equal(settings.shutdown_ms, 25000);
}

static void
every_setting_can_be_set(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    struct error err = {0};

    assert_int_equal(load("AMSYNC_COMPANIES= One, Two \n"
                          "AMSYNC_WEBHOOK_SECRET_PREVIOUS=0ld\n"
                          "AMSYNC_WEBHOOK_HEADER=X-Other\n"
                          "AMSYNC_QUERY_ORDERS=O1,O2\n"
                          "AMSYNC_QUERY_SHIPMENTS=S1\n"
                          "AMSYNC_QUERY_INVOICES=I1\n"
                          "AMSYNC_MAGENTO_URL=http://127.0.0.1:8000/magento//\n"
                          "AMSYNC_MAGENTO_STORE=store_2\n"
                          "AMSYNC_MAGENTO_AUTH=oauth1\n"
                          "AMSYNC_MAGENTO_CONSUMER_KEY=ck\n"
                          "AMSYNC_MAGENTO_CONSUMER_SECRET=cs\n"
                          "AMSYNC_MAGENTO_TOKEN_SECRET=ts\n"
                          "AMSYNC_MAGENTO_TIMEOUT_MS=500\n"
                          "AMSYNC_MAGENTO_QUIET_MS=500\n"
                          "AMSYNC_MAGENTO_ALLOW_HTTP=on\n"
                          "AMSYNC_LISTEN=[::]:0\n"
                          "AMSYNC_ADMIN_LISTEN=[::1]:65535\n"
                          "AMSYNC_SETTLE_MS=0\n"
                          "AMSYNC_WORKERS=1\n"
                          "AMSYNC_MAX_CONNECTIONS=2\n"
                          "AMSYNC_MAX_BODY_BYTES=2048\n"
                          "AMSYNC_MAX_BUFFERED_BYTES=2048\n"
                          "AMSYNC_MAX_ATTEMPTS=3\n"
                          "AMSYNC_RETENTION_DAYS=4\n"
                          "AMSYNC_LOG_BODIES=all\n"
                          "AMSYNC_LOG_LEVEL=debug\n"
                          "AMSYNC_SHUTDOWN_MS=5",
                          &settings, &err),
                     RESULT_OK);
    assert_int_equal(settings.companies.count, 2);
    assert_string_equal(settings.companies.items[1], "Two");
    assert_string_equal(settings.webhook_secret_previous, "0ld");
    assert_string_equal(settings.webhook_header, "X-Other");
    assert_string_equal(settings.query_orders.items[1], "O2");
    assert_string_equal(settings.query_shipments.items[0], "S1");
    assert_string_equal(settings.query_invoices.items[0], "I1");
    assert_string_equal(settings.magento_url, "http://127.0.0.1:8000/magento");
    assert_string_equal(settings.magento_store, "store_2");
    assert_int_equal(settings.magento_auth, MAGENTO_AUTH_OAUTH1);
    assert_string_equal(settings.magento_consumer_key, "ck");
    assert_string_equal(settings.magento_consumer_secret, "cs");
    assert_string_equal(settings.magento_token_secret, "ts");
    assert_int_equal(settings.magento_timeout_ms, 500);
    assert_int_equal(settings.magento_quiet_ms, 500);
    assert_true(settings.magento_allow_http);
    assert_string_equal(settings.listen.host, "::");
    assert_int_equal(settings.listen.port, 0);
    assert_string_equal(settings.admin_listen.host, "::1");
    assert_int_equal(settings.admin_listen.port, 65535);
    assert_int_equal(settings.settle_ms, 0);
    assert_int_equal(settings.workers, 1);
    assert_int_equal(settings.max_connections, 2);
    assert_int_equal(settings.max_body_bytes, 2048);
    assert_int_equal(settings.max_buffered_bytes, 2048);
    assert_int_equal(settings.max_attempts, 3);
    assert_int_equal(settings.retention_days, 4);
    assert_int_equal(settings.log_bodies, LOG_BODIES_ALL);
    assert_int_equal(settings.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(settings.shutdown_ms, 5);
}

/* What is set, and the whole line that is shown. */
static const struct {
    const char *changes;
    const char *line;
} mistakes[] = {
    {"AMSYNC_DATABASE_URL",
     "AMSYNC_DATABASE_URL is missing: write a PostgreSQL connection URI or string, such as "
     "postgresql://amsync@db.internal/amsync, or name a file that holds it in "
     "AMSYNC_DATABASE_URL_FILE"},
    {"AMSYNC_COMPANIES",
     "AMSYNC_COMPANIES is missing: write the CompanyId values to accept (Acumatica's tenants), "
     "separated by commas, or *"},
    {"AMSYNC_COMPANIES=",
     "AMSYNC_COMPANIES is missing: write the CompanyId values to accept (Acumatica's tenants), "
     "separated by commas, or *"},
    {"AMSYNC_COMPANIES=,",
     "AMSYNC_COMPANIES is \",\": write the CompanyId values to accept (Acumatica's tenants), "
     "separated by commas, or *"},
    {"AMSYNC_COMPANIES=*,MyStore",
     "AMSYNC_COMPANIES has * beside names: write * alone, or the names"},
    {"AMSYNC_WORKERS=0", "AMSYNC_WORKERS is \"0\": write a number from 1 to 256"},
    {"AMSYNC_WORKERS=257", "AMSYNC_WORKERS is \"257\": write a number from 1 to 256"},
    {"AMSYNC_WORKERS=8 ", "AMSYNC_WORKERS is \"8 \": write a number from 1 to 256"},
    {"AMSYNC_WORKERS=\xFF", "AMSYNC_WORKERS is \"\xEF\xBF\xBD\": write a number from 1 to 256"},
    {"AMSYNC_WORKERS=99999999999999999999",
     "AMSYNC_WORKERS is \"99999999999999999999\": write a number from 1 to 256"},
    {"AMSYNC_MAGENTO_ALLOW_HTTP=yes", "AMSYNC_MAGENTO_ALLOW_HTTP is \"yes\": write on or off"},
    {"AMSYNC_LOG_LEVEL=INFO", "AMSYNC_LOG_LEVEL is \"INFO\": write debug, info, warning or error"},
    {"AMSYNC_LOG_BODIES=some", "AMSYNC_LOG_BODIES is \"some\": write none, errors or all"},
    {"AMSYNC_MAGENTO_AUTH=basic", "AMSYNC_MAGENTO_AUTH is \"basic\": write bearer or oauth1"},
    {"AMSYNC_MAGENTO_AUTH=admin",
     "AMSYNC_MAGENTO_AUTH=admin is not in this version: write bearer or oauth1"},
    {"AMSYNC_MAGENTO_STORE=2nd",
     "AMSYNC_MAGENTO_STORE is \"2nd\": write a store view code: a letter, then letters, digits "
     "and _, at most 32"},
    {"AMSYNC_WEBHOOK_HEADER=X Secret",
     "AMSYNC_WEBHOOK_HEADER is \"X Secret\": write the name of an HTTP header, such as "
     "X-Amsync-Secret"},
    {"AMSYNC_LISTEN=8080",
     "AMSYNC_LISTEN is \"8080\": write ADDRESS:PORT, such as 0.0.0.0:8080 or [::]:8080"},
    {"AMSYNC_MAGENTO_URL=http://shop.example",
     "AMSYNC_MAGENTO_URL is \"http://shop.example\": write https://, since the token would "
     "cross the network unprotected, or set AMSYNC_MAGENTO_ALLOW_HTTP=on"},
    {"AMSYNC_MAGENTO_QUIET_MS=29999",
     "AMSYNC_MAGENTO_QUIET_MS is 29999: write at least the 30000 of "
     "AMSYNC_MAGENTO_TIMEOUT_MS"},
    {"AMSYNC_MAX_BUFFERED_BYTES=8388607",
     "AMSYNC_MAX_BUFFERED_BYTES is 8388607: write at least the 8388608 of "
     "AMSYNC_MAX_BODY_BYTES"},
    {"AMSYNC_QUERY_INVOICES=X,AMSync-Orders",
     "AMSYNC_QUERY_ORDERS and AMSYNC_QUERY_INVOICES both have \"AMSync-Orders\": keep it in "
     "one of them"},
    {"AMSYNC_MAGENTO_TOKEN",
     "AMSYNC_MAGENTO_TOKEN is missing: write the access token of Magento's integration (System > "
     "Extensions "
     "> Integrations), or name a file that holds it in AMSYNC_MAGENTO_TOKEN_FILE"},
    {"AMSYNC_MAGENTO_AUTH=oauth1",
     "AMSYNC_MAGENTO_CONSUMER_KEY is missing, which AMSYNC_MAGENTO_AUTH=oauth1 needs: write "
     "the consumer key of Magento's integration, or name a file that holds it in "
     "AMSYNC_MAGENTO_CONSUMER_KEY_FILE"},
    {"AMSYNC_MAGENTO_AUTH=oauth1\nAMSYNC_MAGENTO_CONSUMER_KEY=k",
     "AMSYNC_MAGENTO_CONSUMER_SECRET is missing, which AMSYNC_MAGENTO_AUTH=oauth1 needs: write "
     "the consumer secret of Magento's integration, or name a file that holds it in "
     "AMSYNC_MAGENTO_CONSUMER_SECRET_FILE"},
    {"AMSYNC_MAGENTO_AUTH=oauth1\nAMSYNC_MAGENTO_CONSUMER_KEY=k\n"
     "AMSYNC_MAGENTO_CONSUMER_SECRET=s",
     "AMSYNC_MAGENTO_TOKEN_SECRET is missing, which AMSYNC_MAGENTO_AUTH=oauth1 needs: write "
     "the access token secret of Magento's integration, or name a file that holds it in "
     "AMSYNC_MAGENTO_TOKEN_SECRET_FILE"},
    {"AMSYNC_ADMIN_TOKEN=x", "AMSYNC_ADMIN_TOKEN is not in this version: unset it"},
    {"AMSYNC_ADMIN_TOKEN_FILE=/x", "AMSYNC_ADMIN_TOKEN_FILE is not in this version: unset it"},
    {"AMSYNC_ACUMATICA_URL=https://x", "AMSYNC_ACUMATICA_URL is not in this version: unset it"},
    {"AMSYNC_MAGENTO_USER=x", "AMSYNC_MAGENTO_USER is not in this version: unset it"},
    {"AMSYNC_MAGENTO_PASSWORD=x", "AMSYNC_MAGENTO_PASSWORD is not in this version: unset it"},
    {"AMSYNC_WEBHOOK_SECRET= blank",
     "AMSYNC_WEBHOOK_SECRET has a control character or a blank at one of its ends: write the "
     "header value that Acumatica's notification destination sends"},
};

static void
each_mistake_has_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
        struct error err = {0};

        assert_int_equal(load(mistakes[i].changes, &settings, &err), RESULT_REJECTED);
        assert_string_equal(err.text, mistakes[i].line);
        assert_null(settings.database_url);
    }
}

static void
urls_are_taken_and_refused(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *expected; /* NULL: refused */
    } cases[] = {
        {"https://shop.example", "https://shop.example"},
        {"https://shop.example:8443/sub/dir/", "https://shop.example:8443/sub/dir"},
        {"HTTPS://shop.example", "HTTPS://shop.example"},
        {"http://localhost:8000", "http://localhost:8000"},
        {"http://127.0.0.1", "http://127.0.0.1"},
        {"http://127.9.8.7:1", "http://127.9.8.7:1"},
        {"http://[::1]:8000", "http://[::1]:8000"},
        {"HTTP://shop.example", NULL},
        {"http://128.0.0.1", NULL},
        {"http://localhost.example", NULL},
        {"http://127.0.0.1.example", NULL},
        {"shop.example", NULL},
        {"//shop.example", NULL},
        {"ftp://shop.example", NULL},
        {"file:///etc/passwd", NULL},
        {"https://", NULL},
        {"https:///path", NULL},
        {"https://shop.example/restaurant", "https://shop.example/restaurant"},
        {"https://rest", "https://rest"},
        {"https://shop.example/rest", NULL},
        {"https://shop.example/restaurant/rest/V1/", NULL},
        {"https://user@shop.example", NULL},
        {"https://user:pass@shop.example", NULL},
        {"https://shop.example/?a=b", NULL},
        {"https://shop.example/#x", NULL},
        {"https://shop.example/?", NULL},
        {"https://shop example", NULL},
        {"https://shop.example/a b", NULL},
        {"https://shop.example:99999", NULL},
        {" https://shop.example", NULL},
        {"https://shop.example\t", NULL},
        {"https://:secret@shop.example", NULL},
        {"https://shop.example/\x7F", NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
        struct error err = {0};
        char changes[256];

        (void)snprintf(changes, sizeof(changes), "AMSYNC_MAGENTO_URL=%s", cases[i].url);

        enum result result = load(changes, &settings, &err);

        if (cases[i].expected == NULL) {
            if (result != RESULT_REJECTED)
                fail_msg("%s was taken", cases[i].url);
            assert_non_null(strstr(err.text, "AMSYNC_MAGENTO_URL is \""));
        } else {
            if (result != RESULT_OK)
                fail_msg("%s: %s", cases[i].url, err.text);
            assert_string_equal(settings.magento_url, cases[i].expected);
        }
    }
}

static void
addresses_are_taken_and_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "localhost:80", "127.0.0.1",         "127.0.0.1:",
        ":80",          "127.0.0.1:65536",   "127.0.0.1:-1",
        "127.0.0.1:x",  "127.0.0.256:80",    "::1:80",
        "[::1]",        "[::1]80",           "[127.0.0.1]:80",
        "[]:80",        "[fe80::1%eth0]:80", "127.0.0.1:80 ",
        "[::1:80",      "::1]:80",           "1.2.3:80",
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
        struct error err = {0};
        char changes[256];

        (void)snprintf(changes, sizeof(changes), "AMSYNC_ADMIN_LISTEN=%s", bad[i]);
        if (load(changes, &settings, &err) != RESULT_REJECTED)
            fail_msg("%s was taken", bad[i]);
    }
}

static void
unknown_names_are_warnings(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    struct warnings warnings = {0};
    struct error err = {0};

    assert_int_equal(load_parts("AMSYNC_WORKER=4\nAMSYNC_MAGENTO_URL_FILE=/x\nAMSYNC_\n"
                                "AMSYNC_=1\nAMSYNC_WEBHOOK_SECRET_PREVIOUS_FILE=\n"
                                "AMSYNC_ADMIN_TOKEN=\nOTHER=1\namsync_workers=1",
                                SETTINGS_ALL, &warnings, &settings, &err),
                     RESULT_OK);
    assert_string_equal(
        warnings.text,
        "AMSYNC_WORKER is not a setting and has no effect; amsync config lists them\n"
        "AMSYNC_MAGENTO_URL_FILE is not a setting and has no effect; amsync config lists them\n"
        "AMSYNC_ is not a setting and has no effect; amsync config lists them\n");
}

static void
long_names_and_values_are_cut_in_messages(void **state)
{
    (void)state;
    char changes[5000];
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    struct warnings warnings = {0};
    struct error err = {0};

    memset(changes, 'A', sizeof(changes));
    memcpy(changes, "AMSYNC_", 7);
    memcpy(changes + sizeof(changes) - 3, "=1", 3);
    assert_int_equal(load_parts(changes, SETTINGS_ALL, &warnings, &settings, &err), RESULT_OK);
    assert_in_range(strlen(warnings.text), 100, 300);
    memcpy(changes, "AMSYNC_WORKERS=", 15);
    assert_int_equal(load(changes, &settings, &err), RESULT_REJECTED);
    assert_in_range(strlen(err.text), 100, 200);
    assert_non_null(strstr(err.text, "AAA\": write a number from 1 to 256"));
}

static void
a_command_needs_only_its_parts(void **state)
{
    (void)state;
    char *const database_only[] = {
        (char[]){"AMSYNC_DATABASE_URL=x"}, (char[]){"AMSYNC_LOG_LEVEL=error"},
        (char[]){"AMSYNC_WORKERS=nonsense"}, (char[]){"AMSYNC_MAGENTO_TOKEN_FILE=/nowhere"}, NULL};
    char *const nothing[] = {NULL};
    char *const bad_level[] = {(char[]){"AMSYNC_LOG_LEVEL=x"}, NULL};
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    AMSYNC_CLEANUP(settings_finish) struct settings listen = {0};
    struct error err = {0};

    assert_int_equal(settings_load(database_only, SETTINGS_DATABASE, NULL, NULL, &settings, &err),
                     RESULT_OK);
    assert_string_equal(settings.database_url, "x");
    assert_int_equal(settings.log_level, LOG_LEVEL_ERROR);
    assert_null(settings.listen.host);
    assert_int_equal(settings_load(nothing, SETTINGS_LISTEN, NULL, NULL, &listen, &err), RESULT_OK);
    assert_int_equal(listen.admin_listen.port, 9090);
    assert_int_equal(settings_load(bad_level, SETTINGS_PROCESS, NULL, NULL, &listen, &err),
                     RESULT_REJECTED);
    assert_int_equal(
        settings_load(nothing, SETTINGS_LISTEN | SETTINGS_DATABASE, NULL, NULL, &listen, &err),
        RESULT_REJECTED);
}

static void
companies_are_accepted_by_name_or_all(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(settings_finish) struct settings named = {0};
    AMSYNC_CLEANUP(settings_finish) struct settings any = {0};
    struct error err = {0};

    assert_int_equal(load("AMSYNC_COMPANIES=One,Two words", &named, &err), RESULT_OK);
    assert_true(settings_accept_company(&named, "One"));
    assert_true(settings_accept_company(&named, "Two words"));
    assert_false(settings_accept_company(&named, "one"));
    assert_false(settings_accept_company(&named, "Two"));
    assert_false(settings_accept_company(&named, ""));
    assert_false(settings_accept_company(&named, "*"));
    assert_int_equal(load("AMSYNC_COMPANIES=*", &any, &err), RESULT_OK);
    assert_true(settings_accept_company(&any, "anything"));
}

/* A file under /tmp with these bytes; unlinked and freed by the caller. */
static char *
write_file(const char *bytes, size_t length)
{
    char *path = strdup("/tmp/amsync-test-secret-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_true(write(fd, bytes, length) == (ssize_t)length);
    assert_int_equal(close(fd), 0);
    return path;
}

static enum result
load_secret_file(const char *path, struct settings *ret, struct error *err)
{
    char changes[256];

    (void)snprintf(changes, sizeof(changes), "AMSYNC_WEBHOOK_SECRET_FILE=%s\nAMSYNC_WEBHOOK_SECRET",
                   path);
    return load(changes, ret, err);
}

static void
secrets_come_from_files(void **state)
{
    (void)state;
    char large[16384 + 2];

    memset(large, 'x', sizeof(large));

    const struct {
        const char *bytes;
        size_t length;
        const char *secret; /* NULL: refused */
        const char *says;
    } cases[] = {
        {"s3cret", 6, "s3cret", NULL},
        {"s3cret\n", 7, "s3cret", NULL},
        {"s3cret\r\n\n", 9, "s3cret", NULL},
        {"two words\n", 10, "two words", NULL},
        {"", 0, NULL, ", which is empty: write the secret into it"},
        {"\n", 1, NULL, ", which is empty: write the secret into it"},
        {"two\nlines\n", 10, NULL, "AMSYNC_WEBHOOK_SECRET has a control character"},
        {" blank\n", 7, NULL, "AMSYNC_WEBHOOK_SECRET has a control character or a blank"},
        {"a\0b", 3, NULL, ", which has a NUL byte"},
        {large, 16385, NULL, ", which has more than 16384 bytes"},
        {large, 16386, NULL, ", which has more than 16384 bytes"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        AMSYNC_CLEANUP(cleanup_free) char *path = write_file(cases[i].bytes, cases[i].length);
        AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
        struct error err = {0};
        enum result result = load_secret_file(path, &settings, &err);

        assert_int_equal(unlink(path), 0);
        assert_int_equal(result, cases[i].secret != NULL ? RESULT_OK : RESULT_REJECTED);
        if (cases[i].secret != NULL) {
            assert_string_equal(settings.webhook_secret, cases[i].secret);
        } else if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("case %zu says \"%s\"", i, err.text);
        }
        assert_null(strstr(err.text, "lines"));
    }
}

static void
what_is_no_readable_file_is_refused(void **state)
{
    (void)state;
    struct settings settings = {0};
    struct error err = {0};
    AMSYNC_CLEANUP(cleanup_free) char *pipe_path = write_file("", 0);

    assert_int_equal(load_secret_file("/nowhere/secret", &settings, &err), RESULT_REJECTED);
    assert_string_equal(err.text, "AMSYNC_WEBHOOK_SECRET_FILE names /nowhere/secret, which cannot "
                                  "be read: No such file or directory");
    assert_int_equal(load_secret_file("the-secret-itself", &settings, &err), RESULT_REJECTED);
    assert_string_equal(err.text, "AMSYNC_WEBHOOK_SECRET_FILE names a file, not shown as it may be "
                                  "the secret, which cannot be read: No such file or directory");
    assert_int_equal(load_secret_file("/tmp", &settings, &err), RESULT_REJECTED);
    assert_string_equal(
        err.text, "AMSYNC_WEBHOOK_SECRET_FILE names /tmp, which cannot be read: Is a directory");

    /* Nobody will ever write to it. */
    assert_int_equal(unlink(pipe_path), 0);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(load_secret_file(pipe_path, &settings, &err), RESULT_REJECTED);
    assert_int_equal(unlink(pipe_path), 0);
    assert_non_null(strstr(err.text, ", which is empty"));

    assert_int_equal(load("AMSYNC_WEBHOOK_SECRET_FILE=/x", &settings, &err), RESULT_REJECTED);
    assert_string_equal(err.text, "both AMSYNC_WEBHOOK_SECRET and AMSYNC_WEBHOOK_SECRET_FILE are "
                                  "set: keep one of them");
}

static void
printing_hides_secrets_and_reads_back(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    AMSYNC_CLEANUP(settings_finish) struct settings again = {0};
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(100000);
    AMSYNC_CLEANUP(buffer_free) struct buffer second_text = BUFFER_INITIAL(100000);
    AMSYNC_CLEANUP(buffer_free) struct buffer json = BUFFER_INITIAL(100000);
    struct error err = {0};
    size_t count;
    const struct setting *table = settings_table(&count);

    assert_int_equal(load("AMSYNC_LISTEN=[::1]:7\nAMSYNC_QUERY_ORDERS=a , b", &settings, &err),
                     RESULT_OK);
    settings_print(&settings, SETTINGS_ALL, &text);
    assert_int_equal(settings_print_json(&settings, SETTINGS_ALL, &json), RESULT_OK);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(buffer_text(&text), table[i].name));
        assert_non_null(strstr(buffer_text(&json), table[i].name));
    }
    assert_null(strstr(buffer_text(&text), "hush"));
    assert_null(strstr(buffer_text(&text), "s3cret"));
    assert_null(strstr(buffer_text(&text), "t0ken"));
    assert_null(strstr(buffer_text(&json), "hush"));
    assert_null(strstr(buffer_text(&json), "s3cret"));
    assert_null(strstr(buffer_text(&json), "t0ken"));
    assert_non_null(strstr(buffer_text(&text), "AMSYNC_LISTEN=[::1]:7\n"));
    assert_non_null(strstr(buffer_text(&text), "AMSYNC_QUERY_ORDERS=a,b\n"));
    assert_non_null(strstr(buffer_text(&text), "AMSYNC_WEBHOOK_SECRET=(set, not shown)\n"));
    assert_non_null(strstr(buffer_text(&text), "AMSYNC_WEBHOOK_SECRET_PREVIOUS=\n"));
    assert_non_null(strstr(buffer_text(&json), "\"AMSYNC_QUERY_ORDERS\":[\"a\",\"b\"]"));
    assert_non_null(strstr(buffer_text(&json), "\"AMSYNC_WEBHOOK_SECRET\":true"));
    assert_non_null(strstr(buffer_text(&json), "\"AMSYNC_WEBHOOK_SECRET_PREVIOUS\":null"));
    assert_non_null(strstr(buffer_text(&json), "\"AMSYNC_WORKERS\":8"));
    assert_non_null(strstr(buffer_text(&json), "\"AMSYNC_MAGENTO_ALLOW_HTTP\":false"));
    assert_non_null(strstr(buffer_text(&json), "\"AMSYNC_ADMIN_LISTEN\":\"127.0.0.1:9090\""));

    /* What is printed can be set: the same comes out again. */
    assert_int_equal(load(buffer_text(&text), &again, &err), RESULT_OK);
    settings_print(&again, SETTINGS_ALL, &second_text);
    assert_string_equal(buffer_text(&text), buffer_text(&second_text));
}

static void
odd_values_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "AMSYNC_MAGENTO_TOKEN= t0ken",
        "AMSYNC_MAGENTO_TOKEN=t0ken ",
        "AMSYNC_MAGENTO_TOKEN=t0\x7Fken",
        "AMSYNC_WEBHOOK_HEADER=X-\xC3\xA4",
        "AMSYNC_WEBHOOK_HEADER=X:Y",
        "AMSYNC_MAGENTO_STORE=\xC3\xA4",
        "AMSYNC_MAGENTO_STORE=a-b",
        "AMSYNC_MAGENTO_STORE=1st",
        "AMSYNC_MAGENTO_STORE=a23456789012345678901234567890123456789012345678901234567890",
        "AMSYNC_COMPANIES=My\tStore",
        "AMSYNC_COMPANIES=,",
        "AMSYNC_LISTEN=[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222]:1",
        "AMSYNC_LISTEN=[::1:1",
        "AMSYNC_LISTEN=[]:1",
        "AMSYNC_MAGENTO_ALLOW_HTTP=yes",
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings settings = {0};
        struct error err = {0};
        size_t name_length = strcspn(cases[i], "=");

        assert_int_equal(load(cases[i], &settings, &err), RESULT_REJECTED);
        assert_int_equal(strncmp(err.text, cases[i], name_length), 0);
        assert_null(settings.database_url);
    }
}

static void
a_host_has_its_bound(void **state)
{
    (void)state;
    char host[SETTINGS_HOST_BYTES] = "as it was";
    char url[2 * SETTINGS_HOST_BYTES] = "https://";

    memset(url + 8, 'a', SETTINGS_HOST_BYTES);
    assert_false(settings_url_host(url, host));
    assert_string_equal(host, "as it was");
    url[8 + SETTINGS_HOST_BYTES - 1] = '\0';
    assert_true(settings_url_host(url, host));
    assert_int_equal(strlen(host), SETTINGS_HOST_BYTES - 1);
}

static void
a_part_is_shown_alone(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(settings_finish) struct settings settings = {0};
    AMSYNC_CLEANUP(buffer_free) struct buffer text = BUFFER_INITIAL(65536);
    AMSYNC_CLEANUP(buffer_free) struct buffer json = BUFFER_INITIAL(65536);
    AMSYNC_CLEANUP(cleanup_json) json_t *read = NULL;
    struct error err = {0};

    assert_int_equal(load("AMSYNC_MAGENTO_ALLOW_HTTP=on", &settings, &err), RESULT_OK);
    settings_print(&settings, SETTINGS_MAGENTO, &text);
    assert_non_null(strstr(buffer_text(&text), "AMSYNC_MAGENTO_ALLOW_HTTP=on\n"));
    assert_null(strstr(buffer_text(&text), "AMSYNC_DATABASE_URL"));
    assert_int_equal(settings_print_json(&settings, SETTINGS_MAGENTO, &json), RESULT_OK);
    read = json_loads(buffer_text(&json), 0, NULL);
    assert_true(json_is_true(json_object_get(read, "AMSYNC_MAGENTO_ALLOW_HTTP")));
    assert_null(json_object_get(read, "AMSYNC_DATABASE_URL"));
}

static void
the_table_is_sound(void **state)
{
    (void)state;
    AMSYNC_CLEANUP(buffer_free) struct buffer markdown = BUFFER_INITIAL(100000);
    size_t count;
    const struct setting *table = settings_table(&count);

    settings_print_markdown(&markdown);
    for (size_t i = 0; i < count; i++) {
        char row[128];

        assert_non_null(table[i].help);
        assert_non_null(table[i].write);
        assert_ptr_equal(settings_table_find(table[i].name), &table[i]);
        assert_false(table[i].required && table[i].fallback != NULL);
        (void)snprintf(row, sizeof(row), "\n| `%s`%s | ", table[i].name,
                       table[i].secret ? " (secret)" : "");
        assert_non_null(strstr(buffer_text(&markdown), row));
        assert_null(strchr(table[i].help, '|'));
    }
    assert_null(settings_table_find("AMSYNC_NOTHING"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_contract),
        cmocka_unit_test(every_setting_can_be_set),
        cmocka_unit_test(each_mistake_has_its_line),
        cmocka_unit_test(urls_are_taken_and_refused),
        cmocka_unit_test(addresses_are_taken_and_refused),
        cmocka_unit_test(unknown_names_are_warnings),
        cmocka_unit_test(long_names_and_values_are_cut_in_messages),
        cmocka_unit_test(a_command_needs_only_its_parts),
        cmocka_unit_test(companies_are_accepted_by_name_or_all),
        cmocka_unit_test(secrets_come_from_files),
        cmocka_unit_test(what_is_no_readable_file_is_refused),
        cmocka_unit_test(printing_hides_secrets_and_reads_back),
        cmocka_unit_test(odd_values_are_refused),
        cmocka_unit_test(a_host_has_its_bound),
        cmocka_unit_test(a_part_is_shown_alone),
        cmocka_unit_test(the_table_is_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
