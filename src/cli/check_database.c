#include "base/clock.h"
#include "base/json.h"
#include "cli/findings.h"
#include "store/database_facts.h"
#include "store/heartbeat.h"
#include "store/magento_identity.h"
#include "store/migrate.h"

/* Eight are made; a running service keeps them so. */
#define DAYS_AHEAD_MIN 3

#define CLOCK_DIFFERENCE_MAX_MS 5000

#define STARTING_MS 30000

/* What a question to the database came to that could not be answered. */
static void
not_answered(struct findings *findings, const char *check, const struct database *database,
             enum result result, const struct error *err)
{
    findings_not_answered(findings, check, "let amsync's user do that in PostgreSQL", database,
                          result, err);
}

static void
check_facts(struct findings *findings, struct database *database)
{
    struct database_facts facts;
    struct error err;
    enum result result = database_facts_read(database, &facts, &err);

    if (result != RESULT_OK) {
        not_answered(findings, "database", database, result, &err);
        return;
    }
    if (facts.read_only)
        findings_wrong(findings, "database", "let AMSYNC_DATABASE_URL name the primary server",
                       "PostgreSQL takes no writes here");
    else
        findings_ok(findings, "database", "PostgreSQL %d.%d takes writes",
                    facts.server_version / 10000, facts.server_version % 10000);
    if (!facts.fsync)
        findings_wrong(findings, "durability", "set fsync = on in postgresql.conf",
                       "fsync is off: what was acknowledged is lost when the machine fails");
    if (!facts.full_page_writes)
        findings_wrong(findings, "durability", "set full_page_writes = on in postgresql.conf",
                       "full_page_writes is off: a failing machine can leave the data damaged");
    if (facts.fsync && facts.full_page_writes)
        findings_ok(findings, "durability",
                    "fsync and full_page_writes are on; amsync turns synchronous_commit on itself");
}

/* Log lines and reports would contradict each other. */
static void
check_clock(struct findings *findings, struct database *database)
{
    struct error err;
    int64_t ahead_ms = 0;
    enum result result = database_clock_ahead(database, &ahead_ms, &err);

    if (result != RESULT_OK)
        not_answered(findings, "clock", database, result, &err);
    else if (ahead_ms > CLOCK_DIFFERENCE_MAX_MS || ahead_ms < -CLOCK_DIFFERENCE_MAX_MS)
        findings_wrong(findings, "clock", "set both clocks by NTP",
                       "PostgreSQL's clock is %lld s %s this machine's",
                       (long long)(ahead_ms < 0 ? -ahead_ms : ahead_ms) / 1000,
                       ahead_ms < 0 ? "behind" : "ahead of");
    else
        findings_ok(findings, "clock", "PostgreSQL's and this machine's agree");
}

static bool
schema_is_right(struct findings *findings, struct database *database)
{
    struct error err;
    enum result result = migrate_check(database, AMSYNC_VERSION, &err);

    if (result == RESULT_OK)
        findings_ok(findings, "schema", "it is that of amsync " AMSYNC_VERSION);
    else if (result == RESULT_REJECTED)
        findings_wrong(findings, "schema", "amsync migrate", "%s", err.text);
    else
        not_answered(findings, "schema", database, result, &err);
    return result == RESULT_OK;
}

static void
check_partitions(struct findings *findings, struct database *database)
{
    struct error err;
    int days = 0;
    enum result result = partitions_ahead(database, &days, &err);

    if (result != RESULT_OK)
        not_answered(findings, "partitions", database, result, &err);
    else if (days < DAYS_AHEAD_MIN)
        findings_wrong(findings, "partitions", "amsync migrate, and see why amsync serve did not",
                       "there are tables for %d days from today on, and nothing is accepted "
                       "without",
                       days);
    else
        findings_ok(findings, "partitions", "there are tables for %d days from today on", days);
}

static void
check_identity(struct findings *findings, struct database *database,
               const struct settings *settings)
{
    struct error err;
    enum result result =
        magento_identity_check(database, settings->magento_url, settings->magento_store, &err);

    if (result == RESULT_REJECTED)
        findings_wrong(
            findings, "shop",
            "correct AMSYNC_MAGENTO_URL and AMSYNC_MAGENTO_STORE, or see amsync magento --help",
            "%s", err.text);
    else if (result == RESULT_NONE)
        findings_ok(findings, "shop", "no numbers belong to a Magento yet");
    else if (result == RESULT_OK)
        findings_ok(findings, "shop", "the numbers belong to store %s of %s",
                    settings->magento_store, settings->magento_url);
    else
        not_answered(findings, "shop", database, result, &err);
}

/* It accepts as soon as it has written to the database once. */
static bool
is_starting(const json_t *program)
{
    int64_t started_unix_ms;

    return timestamp_parse_rfc3339(json_object_text(program, "started_at"), &started_unix_ms) ==
               RESULT_OK &&
           clock_unix_ms() - started_unix_ms < STARTING_MS;
}

static void
say_program(struct findings *findings, const json_t *program)
{
    const char *host = json_object_text(program, "host");
    const char *version = json_object_text(program, "program");

    findings->service_runs = true;
    if (json_is_true(json_object_get(program, "accepting")))
        findings_ok(findings, "service", "amsync serve is running: %s on %s", version, host);
    else if (is_starting(program))
        findings_ok(findings, "service", "amsync serve is starting: %s on %s", version, host);
    else
        findings_wrong(findings, "service", "ask amsync healthcheck there, and see its process log",
                       "amsync serve %s on %s is running, but does not accept notifications",
                       version, host);
}

/* Before the first start nobody misses it. */
static void
say_not_running(struct findings *findings, struct database *database)
{
    struct error err;
    bool was_started = false;
    enum result result = service_was_started(database, &was_started, &err);

    if (result != RESULT_OK)
        not_answered(findings, "service", database, result, &err);
    else if (was_started)
        findings_wrong(findings, "service", "start amsync serve", "amsync serve is not running");
    else
        findings_ok(findings, "service", "amsync serve has not been started yet");
}

static void
check_service(struct findings *findings, struct database *database)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *programs = NULL;
    struct error err;
    enum result result = programs_running(database, &programs, &err);
    const json_t *program;
    size_t index;

    if (result != RESULT_OK)
        not_answered(findings, "service", database, result, &err);
    else if (json_array_size(programs) == 0)
        say_not_running(findings, database);
    json_array_foreach(programs, index, program) say_program(findings, program);
}

/* What is under way: each looks at its part, whatever keeps another from its own. */
static void
check_traffic(struct findings *findings, struct database *database, const struct settings *settings)
{
    static const struct {
        const char *check;
        enum result (*look)(struct findings *findings, struct database *database,
                            const struct settings *settings, struct error *err);
    } PARTS[] = {
        {"arrivals", check_arrivals},
        {"arrivals", check_suspects},
        {"tenants", check_tenants},
        {"orders", check_orders},
    };

    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        struct error err;
        enum result result = PARTS[i].look(findings, database, settings, &err);

        if (result != RESULT_OK)
            not_answered(findings, PARTS[i].check, database, result, &err);
    }
}

void
check_database(struct findings *findings, struct database *database,
               const struct settings *settings)
{
    check_facts(findings, database);
    check_clock(findings, database);
    if (!schema_is_right(findings, database))
        return;
    check_partitions(findings, database);
    check_service(findings, database);
    check_identity(findings, database, settings);
    check_rules(findings, database, settings);
    check_traffic(findings, database, settings);
}
