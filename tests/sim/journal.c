#include "sim/journal.h"

#include "sim/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEPT 1024

struct entry {
    char *method;
    char *target;
    char *body;
    char *fault;
    unsigned status;
    unsigned in_flight;
    uint64_t answered;
    int64_t at_ms;
};

struct journal {
    json_t *counts; /* "POST /V1/orders 200" -> how many */
    json_t *violations;
    uint64_t total;
    uint64_t violation_count;
    struct entry entries[KEPT]; /* the newest of number n at n % KEPT */
};

struct journal *
journal_new(void)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    if (journal)
        journal_reset(journal);
    return journal;
}

static void
entry_clear(struct entry *entry)
{
    free(entry->method);
    free(entry->target);
    free(entry->body);
    free(entry->fault);
    *entry = (struct entry){0};
}

static void
clear(struct journal *journal)
{
    for (size_t i = 0; i < KEPT; i++)
        entry_clear(&journal->entries[i]);
    json_decref(journal->counts);
    json_decref(journal->violations);
}

void
journal_free(struct journal *journal)
{
    if (!journal)
        return;
    clear(journal);
    free(journal);
}

void
journal_reset(struct journal *journal)
{
    clear(journal);
    journal->counts = json_object();
    journal->violations = json_array();
    journal->total = 0;
    journal->violation_count = 0;
}

void
journal_note(struct journal *journal, const struct server_request *request, const char *route,
             unsigned status, const char *fault, unsigned in_flight, uint64_t answered)
{
    char key[160];
    (void)snprintf(key, sizeof(key), "%s %s %u", request->method, route, status);
    row_set_integer(journal->counts, key, row_integer(journal->counts, key) + 1);
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct entry *entry = &journal->entries[journal->total++ % KEPT];
    entry_clear(entry);
    *entry = (struct entry){
        .method = strdup(request->method),
        .target = strdup(request->target),
        .body = strndup(request->body, request->body_length),
        .fault = fault ? strdup(fault) : NULL,
        .status = status,
        .in_flight = in_flight,
        .answered = answered,
        .at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
    };
}

uint64_t
journal_total(const struct journal *journal)
{
    return journal->total;
}

void
journal_note_violation(struct journal *journal, const char *route, const char *problem)
{
    journal->violation_count++;
    if (json_array_size(journal->violations) < KEPT)
        json_array_append_new(journal->violations, json_sprintf("%s: %s", route, problem));
}

/* Leaves a text out that is absent or not UTF-8, as a hostile body may be. */
static void
set_text(json_t *json, const char *name, const char *text)
{
    json_t *string = text ? json_string(text) : NULL;
    if (string)
        json_object_set_new(json, name, string);
}

static json_t *
entry_json(const struct entry *entry)
{
    json_t *json = json_object();
    set_text(json, "method", entry->method);
    set_text(json, "target", entry->target);
    set_text(json, "body", entry->body);
    set_text(json, "fault", entry->fault);
    row_set_integer(json, "status", entry->status);
    row_set_integer(json, "in_flight", entry->in_flight);
    row_set_integer(json, "answered", (int64_t)entry->answered);
    row_set_integer(json, "at", entry->at_ms);
    return json;
}

json_t *
journal_json(const struct journal *journal, size_t last)
{
    if (last > KEPT)
        last = KEPT;
    if (last > journal->total)
        last = (size_t)journal->total;
    json_t *requests = json_array();
    for (uint64_t n = journal->total - last; n < journal->total; n++)
        json_array_append_new(requests, entry_json(&journal->entries[n % KEPT]));
    return json_pack("{s:I,s:O,s:I,s:O,s:o}", "total", (json_int_t)journal->total, "counts",
                     journal->counts, "schema_violations", (json_int_t)journal->violation_count,
                     "violations", journal->violations, "last", requests);
}
