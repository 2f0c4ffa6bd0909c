#include "base/json.h"
#include "cli/findings.h"
#include "store/rules_list.h"
#include "store/standing.h"
#include "sync/words.h"

static void
say_state(struct findings *findings, const json_t *state, const char *what, const char *next)
{
    json_int_t documents = json_integer_value(json_object_get(state, "documents"));
    const char *at_least = documents == STANDING_DOCUMENTS_MAX ? "at least " : "";
    const json_t *reasons = json_object_get(state, "reasons");
    const json_t *entry;
    size_t index;

    if (!json_is_object(state))
        return;
    if (next != NULL)
        findings_wrong(findings, "orders", next,
                       "%s%" JSON_INTEGER_FORMAT " orders, shipments and invoices %s", at_least,
                       documents, what);
    else
        findings_ok(findings, "orders",
                    "%s%" JSON_INTEGER_FORMAT " orders, shipments and invoices %s", at_least,
                    documents, what);
    json_array_foreach(reasons, index, entry) findings_ok(
        findings, "orders", "  %" JSON_INTEGER_FORMAT " %s, such as %s: %s",
        json_integer_value(json_object_get(entry, "documents")), what,
        words_value(json_object_text(entry, "order_nbr")).text, json_object_text(entry, "reason"));
}

enum result
check_orders(struct findings *findings, struct database *database, const struct settings *settings,
             struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *standing = NULL;
    enum result result = documents_standing(database, settings->max_attempts, &standing, err);

    if (result != RESULT_OK)
        return result;
    if (json_object_size(standing) == 0)
        findings_ok(findings, "orders", "none waits for a person, failed, or is stuck");
    say_state(findings, json_object_get(standing, "waiting"), "wait", NULL);
    say_state(findings, json_object_get(standing, "failed"), "failed",
              "do what amsync log --status failed says, then amsync retry --failed");
    say_state(findings, json_object_get(standing, "retrying"), "are stuck",
              "see amsync log --status retrying");
    return RESULT_OK;
}

enum result
check_tenants(struct findings *findings, struct database *database, const struct settings *settings,
              struct error *err)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *companies = NULL;
    const json_t *company;
    size_t index;
    enum result result = companies_list(database, &companies, err);

    json_array_foreach(companies, index, company)
    {
        if (!settings_accept_company(settings, json_string_value(company)))
            findings_ok(findings, "tenants",
                        "orders of %s are known, but AMSYNC_COMPANIES accepts no more of them",
                        words_value(json_string_value(company)).text);
    }
    return result;
}
