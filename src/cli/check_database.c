#include "cli/findings.h"
#include "store/database_facts.h"
#include "store/magento_forget.h"
#include "store/magento_identity.h"
#include "store/migrate.h"

/* Eight are made; a running service keeps them so. */
#define DAYS_AHEAD_MIN 3

/* What a question to the database came to that could not be answered. */
static void
not_answered(struct findings *findings, const char *check, enum result result,
             const struct error *err)
{
    if (result == RESULT_RETRY)
        findings_unreachable(findings, check, "see that PostgreSQL runs, then amsync check again",
                             "%s", err->text);
    else
        findings_wrong(findings, check, "let amsync's user do that in PostgreSQL", "%s", err->text);
}

static void
check_facts(struct findings *findings, struct database *database)
{
    struct database_facts facts;
    struct error err;
    enum result result = database_facts_read(database, &facts, &err);

    if (result != RESULT_OK) {
        not_answered(findings, "database", result, &err);
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
        not_answered(findings, "schema", result, &err);
    return result == RESULT_OK;
}

static void
check_partitions(struct findings *findings, struct database *database)
{
    struct error err;
    int days = 0;
    enum result result = partitions_ahead(database, &days, &err);

    if (result != RESULT_OK)
        not_answered(findings, "partitions", result, &err);
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
        not_answered(findings, "shop", result, &err);
}

static void
check_service(struct findings *findings, struct database *database)
{
    struct error err;
    enum result result = service_is_running(database, &findings->service_runs, &err);

    if (result != RESULT_OK)
        not_answered(findings, "service", result, &err);
    else
        findings_ok(findings, "service", "amsync serve %s",
                    findings->service_runs ? "is running" : "is not running at present");
}

void
check_database(struct findings *findings, struct database *database,
               const struct settings *settings)
{
    check_facts(findings, database);
    if (!schema_is_right(findings, database))
        return;
    check_partitions(findings, database);
    check_service(findings, database);
    check_identity(findings, database, settings);
    check_rules(findings, database, settings);
}
