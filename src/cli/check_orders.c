#include <string.h>

#include "base/json.h"
#include "cli/findings.h"
#include "store/document_kind.h"
#include "store/rules_list.h"
#include "store/standing.h"
#include "sync/words.h"

/* As it is said of one and of several. */
struct standing_words {
    const char *state;
    const char *one;
    const char *several;
    const char *next; /* what to do; NULL: nothing is wrong */
    const char *then; /* and where nothing else is wrong either */
};

/* "SO000020", or "shipment 000070 of SO000020". */
static void
say_reason(struct findings *findings, const json_t *entry, const struct standing_words *words)
{
    json_int_t documents = json_integer_value(json_object_get(entry, "documents"));
    const char *kind = json_object_text(entry, "kind");
    bool is_order = strcmp(kind, document_kind_name(DOCUMENT_ORDER)) == 0;

    findings_ok(
        findings, "orders", "  %" JSON_INTEGER_FORMAT " %s, such as %s%s%s%s%s: %s", documents,
        documents == 1 ? words->one : words->several, is_order ? "" : kind, is_order ? "" : " ",
        is_order ? "" : words_value(json_object_text(entry, "number")).text, is_order ? "" : " of ",
        words_value(json_object_text(entry, "order_nbr")).text, json_object_text(entry, "reason"));
}

static void
say_state(struct findings *findings, const json_t *state, const struct standing_words *words)
{
    json_int_t documents = json_integer_value(json_object_get(state, "documents"));
    const char *at_least = documents == STANDING_DOCUMENTS_MAX ? "at least " : "";
    const char *what =
        documents == 1 ? "order, shipment or invoice" : "orders, shipments and invoices";
    const char *stand = documents == 1 ? words->one : words->several;
    const json_t *entry;
    size_t index;

    if (!json_is_object(state))
        return;
    if (words->next != NULL)
        findings_wrong(findings, "orders", words->next, "%s%" JSON_INTEGER_FORMAT " %s %s",
                       at_least, documents, what, stand);
    else
        findings_ok(findings, "orders", "%s%" JSON_INTEGER_FORMAT " %s %s", at_least, documents,
                    what, stand);
    if (words->then != NULL && findings->then == NULL)
        findings->then = words->then;
    json_array_foreach(json_object_get(state, "reasons"), index, entry)
        say_reason(findings, entry, words);
}

enum result
check_orders(struct findings *findings, struct database *database, const struct settings *settings,
             struct error *err)
{
    static const struct standing_words WORDS[] = {
        {"waiting", "waits", "wait", NULL, "amsync log --status waiting says what they wait for"},
        {"failed", "failed", "failed",
         "do what amsync log --status failed says, then amsync retry --failed", NULL},
        {"retrying", "is stuck", "are stuck", "see amsync log --status retrying", NULL},
    };
    AMSYNC_CLEANUP(cleanup_json) json_t *standing = NULL;
    enum result result = documents_standing(database, settings->max_attempts, &standing, err);

    if (result != RESULT_OK)
        return result;
    if (json_object_size(standing) == 0)
        findings_ok(findings, "orders", "none waits for a person, failed, or is stuck");
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
        say_state(findings, json_object_get(standing, WORDS[i].state), &WORDS[i]);
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
