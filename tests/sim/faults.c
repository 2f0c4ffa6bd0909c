#include "sim/faults.h"

#include "sim/row.h"

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX 64

struct rule {
    json_t *json;
    regex_t regex;
    bool has_regex;
    uint64_t matched;
    uint64_t hits;
    uint64_t random; /* state of the generator */
};

struct faults {
    struct rule rules[RULES_MAX];
    size_t count;
};

/* A call that a rule has met. */
struct meeting {
    const json_t *rule;
    const struct server_request *request;
    const char *resource; /* the right that the call needs */
};

/* What each action does with the connection, and with the answer. */
struct action {
    const char *name;
    enum server_ending ending;
    void (*answer)(const struct meeting *meeting, struct answer *answer);
};

static void
answer_too_many(const struct meeting *meeting, struct answer *answer)
{
    answer_error(answer, 429, "Too Many Requests", NULL);
    if (row_has(meeting->rule, "retry_after"))
        (void)snprintf(answer->retry_after, sizeof(answer->retry_after), "%lld",
                       (long long)row_integer(meeting->rule, "retry_after"));
}

static void
answer_internal(const struct meeting *meeting, struct answer *answer)
{
    (void)meeting;
    answer_internal_error(answer);
}

static void
answer_plain_text(const struct meeting *meeting, struct answer *answer)
{
    (void)meeting;
    answer_application_error(answer);
}

static void
answer_gateway(const struct meeting *meeting, struct answer *answer)
{
    (void)meeting;
    answer_bad_gateway(answer);
}

static void
answer_page(const struct meeting *meeting, struct answer *answer)
{
    (void)meeting;
    answer_maintenance(answer);
}

static void
answer_no_right(const struct meeting *meeting, struct answer *answer)
{
    answer_unauthorized(answer, row_has(meeting->rule, "resource")
                                    ? row_text(meeting->rule, "resource")
                                    : meeting->resource);
}

static void
answer_nothing(const struct meeting *meeting, struct answer *answer)
{
    (void)meeting;
    answer_json(answer, 200, json_object());
}

static void
answer_redirect(const struct meeting *meeting, struct answer *answer)
{
    answer_text(answer, 302, ANSWER_HTML, "");
    if (row_has(meeting->rule, "location"))
        (void)snprintf(answer->location, sizeof(answer->location), "%s",
                       row_text(meeting->rule, "location"));
    else
        (void)snprintf(answer->location, sizeof(answer->location), "http://%.60s/elsewhere%.160s",
                       meeting->request->host, meeting->request->target);
}

static void
answer_status(const struct meeting *meeting, struct answer *answer)
{
    unsigned status = (unsigned)row_integer(meeting->rule, "status");
    json_t *body = json_object_get(meeting->rule, "body");
    if (json_is_string(body))
        answer_text(answer, status, ANSWER_HTML, json_string_value(body));
    else if (body)
        answer_json(answer, status, json_incref(body));
    else
        answer_error(answer, status, row_text(meeting->rule, "message"), NULL);
}

static const struct action actions[] = {
    {"delay", SERVER_ANSWERS, NULL},
    {"drop", SERVER_DROPS, NULL},
    {"reset", SERVER_RESETS, NULL},
    {"truncate", SERVER_TRUNCATES, NULL},
    {"endless", SERVER_NEVER_ENDS, NULL},
    {"too_many", SERVER_ANSWERS, answer_too_many},
    {"internal_error", SERVER_ANSWERS, answer_internal},
    {"text_error", SERVER_ANSWERS, answer_plain_text},
    {"bad_gateway", SERVER_ANSWERS, answer_gateway},
    {"maintenance", SERVER_ANSWERS, answer_page},
    {"unauthorized", SERVER_ANSWERS, answer_no_right},
    {"without_id", SERVER_ANSWERS, answer_nothing},
    {"redirect", SERVER_ANSWERS, answer_redirect},
    {"status", SERVER_ANSWERS, answer_status},
};

static const struct action *
action_of(const json_t *rule)
{
    const char *name = row_text(rule, "action");
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

struct faults *
faults_new(void)
{
    return calloc(1, sizeof(struct faults));
}

static void
drop_rules_from(struct faults *faults, size_t first)
{
    for (size_t i = first; i < faults->count; i++) {
        json_decref(faults->rules[i].json);
        if (faults->rules[i].has_regex)
            regfree(&faults->rules[i].regex);
        faults->rules[i] = (struct rule){0};
    }
    faults->count = first;
}

void
faults_clear(struct faults *faults)
{
    drop_rules_from(faults, 0);
}

void
faults_free(struct faults *faults)
{
    if (!faults)
        return;
    faults_clear(faults);
    free(faults);
}

static enum result
check_rule(json_t *given, struct error *err)
{
    static const char *const known[] = {"method",   "path",        "regex",  "reused",  "nth",
                                        "count",    "probability", "seed",   "action",  "committed",
                                        "delay_ms", "retry_after", "status", "message", "resource",
                                        "location", "body"};
    const char *name;
    json_t *value;
    json_object_foreach(given, name, value)
    {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !found; i++)
            found = strcmp(known[i], name) == 0;
        if (!found)
            return error_result(err, RESULT_REJECTED, "a fault has no \"%s\"", name);
    }
    const struct action *action = action_of(given);
    if (!action)
        return error_result(err, RESULT_REJECTED, "no such action: \"%s\"",
                            row_text(given, "action"));
    int64_t status = row_integer(given, "status");
    if (action->answer == answer_status && (status < 200 || status > 599))
        return error_result(err, RESULT_REJECTED, "a status from 200 to 599 is needed");
    return RESULT_OK;
}

static enum result
add_rule(struct faults *faults, json_t *given, struct error *err)
{
    if (faults->count == RULES_MAX)
        return error_result(err, RESULT_REJECTED, "more than %d faults", RULES_MAX);
    enum result result = check_rule(given, err);
    if (result != RESULT_OK)
        return result;
    struct rule *rule = &faults->rules[faults->count];
    if (row_has(given, "regex")) {
        if (regcomp(&rule->regex, row_text(given, "regex"), REG_EXTENDED | REG_NOSUB) != 0)
            return error_result(err, RESULT_REJECTED, "not a regular expression: %s",
                                row_text(given, "regex"));
        rule->has_regex = true;
    }
    rule->json = json_deep_copy(given);
    rule->random = (uint64_t)(row_has(given, "seed") ? row_integer(given, "seed") : 1) *
                       0x9E3779B97F4A7C15ULL |
                   1U;
    faults->count++;
    return RESULT_OK;
}

enum result
faults_add(struct faults *faults, const json_t *rules, struct error *err)
{
    if (!json_is_array(rules))
        return error_result(err, RESULT_REJECTED, "a list of faults is needed");
    size_t before = faults->count;
    size_t i;
    json_t *given;
    json_array_foreach(rules, i, given)
    {
        enum result result = add_rule(faults, given, err);
        if (result != RESULT_OK) {
            drop_rules_from(faults, before);
            return result;
        }
    }
    return RESULT_OK;
}

json_t *
faults_json(const struct faults *faults)
{
    json_t *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        json_t *rule = json_deep_copy(faults->rules[i].json);
        row_set_integer(rule, "matched", (int64_t)faults->rules[i].matched);
        row_set_integer(rule, "hits", (int64_t)faults->rules[i].hits);
        json_array_append_new(list, rule);
    }
    return list;
}

/* xorshift64: a number from 0 to 1, the same sequence for the same seed. */
static double
draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / (double)(1ULL << 53);
}

static bool
fits(const struct rule *rule, const struct server_request *request, const char *call)
{
    const json_t *json = rule->json;
    const char *method = row_text(json, "method");
    const char *path = row_text(json, "path");
    if (*method && strcmp(method, request->method) != 0)
        return false;
    if (strncmp(path, call, strlen(path)) != 0)
        return false;
    if (json_is_true(json_object_get(json, "reused")) && !request->reused)
        return false;
    return !rule->has_regex || regexec(&rule->regex, request->target, 0, NULL, 0) == 0;
}

static bool
meets(struct rule *rule, const struct server_request *request, const char *call)
{
    const json_t *json = rule->json;
    if (!fits(rule, request, call))
        return false;
    rule->matched++;
    if (row_has(json, "nth") && rule->matched != (uint64_t)row_integer(json, "nth"))
        return false;
    if (row_has(json, "count") && rule->hits >= (uint64_t)row_integer(json, "count"))
        return false;
    const json_t *probability = json_object_get(json, "probability");
    if (probability && draw(&rule->random) >= json_number_value(probability))
        return false;
    rule->hits++;
    return true;
}

json_t *
faults_meet(struct faults *faults, const struct server_request *request, const char *call)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (meets(&faults->rules[i], request, call))
            return json_incref(faults->rules[i].json);
    }
    return NULL;
}

static bool
is_committed(const json_t *rule)
{
    return json_is_true(json_object_get(rule, "committed"));
}

void
faults_plan(const json_t *rule, struct server_plan *ret_plan)
{
    ret_plan->ending = action_of(rule)->ending;
    unsigned delay_ms = (unsigned)row_integer(rule, "delay_ms");
    if (is_committed(rule))
        ret_plan->wait_after_ms = delay_ms;
    else
        ret_plan->wait_before_ms += delay_ms;
}

bool
faults_carry_out(const json_t *rule)
{
    const struct action *action = action_of(rule);
    return is_committed(rule) || (action->ending == SERVER_ANSWERS && !action->answer);
}

void
faults_answer(const json_t *rule, const struct server_request *request, const char *resource,
              struct answer *answer)
{
    const struct action *action = action_of(rule);
    if (action->answer)
        action->answer(&(struct meeting){rule, request, resource}, answer);
    else if (answer->status == 0)
        answer_json(answer, 200, json_pack("{s:i,s:[]}", "entity_id", 0, "items"));
}
