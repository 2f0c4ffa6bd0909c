#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/findings.h"
#include "store/rules.h"
#include "store/rules_list.h"
#include "sync/words.h"

/* More are counted only. */
#define SHOWN_MAX 10

/* Names what orders have and no row translates. */
static void
say_missing(struct findings *findings, enum mapping mapping, const char *what, const char *to,
            const json_t *missing)
{
    const json_t *entry;
    size_t index;

    json_array_foreach(missing, index, entry)
    {
        AMSYNC_CLEANUP(cleanup_free) char *next = NULL;
        const char *from = json_object_text(entry, "from");
        json_int_t orders = json_integer_value(json_object_get(entry, "orders"));

        if (index == SHOWN_MAX)
            break;
        if (asprintf(&next, "amsync map %s set %s %s", mapping_name(mapping),
                     words_argument(from).text, to) < 0)
            next = NULL;
        findings_wrong(findings, "mappings", next != NULL ? next : "amsync map",
                       "%s %s has no %s mapping, and %lld order%s it", what, words_value(from).text,
                       mapping_name(mapping), (long long)orders,
                       orders == 1 ? " that is new or waits has" : "s that are new or wait have");
    }
}

static void
check_mapping(struct findings *findings, struct database *database, enum mapping mapping,
              const char *what, const char *to)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *missing = NULL;
    struct error err;
    enum result result = mappings_missing(database, mapping, &missing, &err);

    if (result != RESULT_OK) {
        findings_not_answered(findings, "mappings", "amsync migrate", database, result, &err);
        return;
    }
    if (json_array_size(missing) == 0)
        findings_ok(findings, "mappings", "every %s of orders that are new or wait is mapped",
                    what);
    say_missing(findings, mapping, what, to, missing);
    if (json_array_size(missing) > SHOWN_MAX)
        findings_wrong(findings, "mappings", "amsync map list shows them",
                       "%zu more %s no %s mapping", json_array_size(missing) - SHOWN_MAX,
                       json_array_size(missing) == SHOWN_MAX + 1 ? "has" : "have",
                       mapping_name(mapping));
}

/* The tenants that are accepted by name or were seen: ["MyStore"]. Without the database's answer
 * about those that were seen, the others are still looked at. */
static enum result
list_companies(struct findings *findings, struct database *database,
               const struct settings *settings, json_t **ret_companies, struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *companies = NULL;
    enum result result = companies_list(database, &companies, err);
    const json_t *seen;
    size_t index;

    if (result != RESULT_OK) {
        findings_not_answered(findings, "tenants", "amsync migrate", database, result, err);
        companies = json_array();
    }
    for (size_t i = 0; i < settings->companies.count; i++) {
        const char *company = settings->companies.items[i];
        bool known = strcmp(company, "*") == 0;

        json_array_foreach(companies, index, seen) known =
            known || strcmp(json_string_value(seen), company) == 0;
        if (!known && json_array_append_new(companies, json_string(company)) != 0)
            return error_result(err, RESULT_FAILED, "out of memory");
    }
    *ret_companies = TAKE_PTR(companies);
    return RESULT_OK;
}

/* Orders of two tenants may have the same number, and then Magento refuses the second one's. */
static void
compare_prefixes(struct findings *findings, const struct rules *rules, const json_t *companies)
{
    size_t count = json_array_size(companies);
    bool equal = false;

    for (size_t i = 0; i < count; i++) {
        const char *left = json_string_value(json_array_get(companies, i));
        const struct preferences *ours = rules_preferences(rules, left);

        for (size_t j = i + 1; j < count; j++) {
            AMSYNC_CLEANUP(cleanup_free) char *next = NULL;
            const char *right = json_string_value(json_array_get(companies, j));
            const struct preferences *theirs = rules_preferences(rules, right);

            if (ours->numbering != NUMBERING_ACUMATICA ||
                theirs->numbering != NUMBERING_ACUMATICA ||
                strcmp(ours->increment_prefix, theirs->increment_prefix) != 0)
                continue;
            equal = true;
            if (asprintf(&next, "amsync prefs set --company %s increment_prefix=PREFIX",
                         words_argument(right).text) < 0)
                next = NULL;
            findings_wrong(findings, "numbers", next != NULL ? next : "amsync prefs",
                           "the tenants %s and %s have the same increment_prefix %s",
                           words_value(left).text, words_value(right).text, ours->increment_prefix);
        }
    }
    if (!equal)
        findings_ok(findings, "numbers", "no two tenants' orders can get the same Magento number");
}

static void
check_publishing(struct findings *findings, const struct rules *rules, const json_t *companies)
{
    const json_t *company;
    size_t index;

    json_array_foreach(companies, index, company)
    {
        const char *name = json_string_value(company);
        enum publishing publishing = rules_preferences(rules, name)->publishing;

        if (publishing == PUBLISHING_ON)
            findings_ok(findings, "publishing", "orders of %s go to Magento",
                        words_value(name).text);
        else if (publishing == PUBLISHING_OBSERVE) {
            findings->then = "once amsync log reads as you expect, amsync prefs set publishing=on";
            findings_ok(findings, "publishing",
                        "orders of %s are decided and logged only, until amsync prefs set "
                        "publishing=on",
                        words_value(name).text);
        } else
            findings_wrong(findings, "publishing", "amsync prefs set publishing=on",
                           "publishing is paused, so that orders of %s are kept only",
                           words_value(name).text);
    }
}

void
check_rules(struct findings *findings, struct database *database, const struct settings *settings)
{
    AMSYNC_CLEANUP(rules_unref) struct rules *rules = NULL;
    AMSYNC_CLEANUP(cleanup_json) json_t *companies = NULL;
    struct error err;
    enum result result = rules_load(database, &rules, &err);

    if (result == RESULT_OK)
        result = list_companies(findings, database, settings, &companies, &err);
    if (result != RESULT_OK) {
        findings_not_answered(findings, "preferences", "amsync migrate", database, result, &err);
        return;
    }
    compare_prefixes(findings, rules, companies);
    check_publishing(findings, rules, companies);
    check_mapping(findings, database, MAPPING_SHIPPING, "ship via", "METHOD");
    check_mapping(findings, database, MAPPING_PAYMENT, "payment method", "CODE");
}
