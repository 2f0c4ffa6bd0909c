#include "app/refused_lines.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

struct refused_lines {
    pthread_mutex_t mutex;
    struct refused_batch waiting;
    struct refused_counts counted;
};

enum result
refused_lines_new(struct refused_lines **ret_lines, struct error *err)
{
    struct refused_lines *lines = calloc(1, sizeof(*lines));

    if (lines == NULL)
        return error_result(err, RESULT_FAILED, "out of memory");
    if (pthread_mutex_init(&lines->mutex, NULL) != 0) {
        free(lines);
        return error_result(err, RESULT_FAILED, "no mutex is left");
    }
    *ret_lines = lines;
    return RESULT_OK;
}

void
refused_lines_free(struct refused_lines **lines)
{
    if (*lines == NULL)
        return;
    refused_batch_finish(&(*lines)->waiting);
    (void)pthread_mutex_destroy(&(*lines)->mutex);
    free(*lines);
    *lines = NULL;
}

static void
free_texts(struct log_line *line)
{
    /* Owned here, although the log only borrows them. */
    free((void *)(uintptr_t)line->company);
    free((void *)(uintptr_t)line->message);
}

static bool
copy_refusal(const struct refusal *refusal, struct log_line *ret_line)
{
    char *message = NULL;
    char *company = refusal->company != NULL ? strdup(refusal->company) : NULL;

    if (refusal->company != NULL && company == NULL)
        return false;
    if (asprintf(&message, "Refused with %u: %s", refusal->status, refusal->detail) < 0) {
        free(company);
        return false;
    }
    *ret_line = (struct log_line){
        .company = company,
        .entity = refusal->entity, /* a constant of the refuser */
        .action = "receive",
        .status = "refused",
        .message = message,
        .http_status = (int)refusal->status,
    };
    return true;
}

void
refused_lines_add(void *context, const struct refusal *refusal)
{
    struct refused_lines *lines = context;
    struct log_line line;

    if (!copy_refusal(refusal, &line))
        return;
    (void)pthread_mutex_lock(&lines->mutex);

    bool room = lines->waiting.count < REFUSED_LINES_MAX;

    if (room)
        lines->waiting.lines[lines->waiting.count++] = line;
    (void)pthread_mutex_unlock(&lines->mutex);
    if (!room)
        free_texts(&line);
}

void
refused_lines_take(struct refused_lines *lines, struct refused_batch *ret_batch)
{
    (void)pthread_mutex_lock(&lines->mutex);
    *ret_batch = lines->waiting;
    lines->waiting.count = 0;
    (void)pthread_mutex_unlock(&lines->mutex);
}

void
refused_batch_finish(struct refused_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        free_texts(&batch->lines[i]);
    batch->count = 0;
}

void
refused_lines_return(struct refused_lines *lines, struct refused_batch *batch)
{
    struct refused_batch since;

    (void)pthread_mutex_lock(&lines->mutex);
    since = lines->waiting;
    lines->waiting = *batch;
    for (size_t i = 0; i < since.count; i++) {
        if (lines->waiting.count < REFUSED_LINES_MAX)
            lines->waiting.lines[lines->waiting.count++] = since.lines[i];
        else
            free_texts(&since.lines[i]);
    }
    (void)pthread_mutex_unlock(&lines->mutex);
    batch->count = 0;
}

/* The place of these requests' number; NULL: there are too many kinds of refusal. */
static struct refusal_count *
find_count(struct refused_counts *counts, const char *entity, int http_status)
{
    for (size_t i = 0; i < counts->count; i++) {
        if (counts->counts[i].http_status == http_status &&
            strcmp(counts->counts[i].entity, entity) == 0)
            return &counts->counts[i];
    }
    if (counts->count == REFUSED_COUNTS_MAX)
        return NULL;

    struct refusal_count *added = &counts->counts[counts->count];

    *added = (struct refusal_count){
        .entity = entity, /* a constant of the refuser */
        .http_status = http_status,
    };
    error_set(&counts->messages[counts->count], "%s", "");
    counts->count++;
    return added;
}

/* A reason that is not known yet is taken over; of two, `newer` says whether this one is the last. */
static void
add_count(struct refused_counts *counts, const struct refusal_count *more, bool newer)
{
    struct refusal_count *sum = find_count(counts, more->entity, more->http_status);

    if (sum == NULL)
        return;
    if (newer || sum->requests == 0)
        error_set(&counts->messages[sum - counts->counts], "%s", more->last_message);
    sum->requests += more->requests;
}

void
refused_lines_count(void *context, const struct refusal *refusal)
{
    struct refused_lines *lines = context;
    const struct refusal_count one = {
        .entity = refusal->entity,
        .http_status = (int)refusal->status,
        .requests = refusal->count,
        .last_message = refusal->detail,
    };

    (void)pthread_mutex_lock(&lines->mutex);
    add_count(&lines->counted, &one, true);
    (void)pthread_mutex_unlock(&lines->mutex);
}

void
refused_lines_take_counts(struct refused_lines *lines, struct refused_counts *ret_counts)
{
    (void)pthread_mutex_lock(&lines->mutex);
    *ret_counts = lines->counted;
    lines->counted.count = 0;
    (void)pthread_mutex_unlock(&lines->mutex);
    for (size_t i = 0; i < ret_counts->count; i++)
        ret_counts->counts[i].last_message = ret_counts->messages[i].text;
}

void
refused_lines_return_counts(struct refused_lines *lines, const struct refused_counts *counts)
{
    (void)pthread_mutex_lock(&lines->mutex);
    for (size_t i = 0; i < counts->count; i++)
        add_count(&lines->counted, &counts->counts[i], false);
    (void)pthread_mutex_unlock(&lines->mutex);
}
