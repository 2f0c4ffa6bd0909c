#include "http/group_commit.h"

#include "base/cleanup.h"
#include "base/failure_point.h"
#include "store/write_check.h"

#include <assert.h>
#include <string.h>

enum commit_state {
    COMMIT_DETACHED, /* no connection */
    COMMIT_IDLE,
    COMMIT_FLUSHING, /* rows [sent_from, sent_from + sent_count) of the batch are on their way */
    COMMIT_CHECKING, /* the small write is */
};

struct group_commit {
    struct group_commit_events events;
    unsigned deadline_ms;

    struct commit_item *first;
    struct commit_item *last;
    size_t queued;

    /* A batch is sent as a whole; if a row of it is at fault, in ever smaller parts. */
    struct commit_item *items[INBOX_BATCH_MAX];
    struct inbox_row rows[INBOX_BATCH_MAX];
    size_t batch_count;
    size_t sent_from;
    size_t sent_count;

    PGconn *connection;
    enum commit_state state;
    bool unsent;             /* libpq still has bytes to send */
    bool in_doubt;           /* whether there is room for rows: the last that were sent failed */
    int64_t answer_until_ms; /* of what is on its way */
    int64_t check_after_ms;
};

enum result
group_commit_new(const struct group_commit_events *events, unsigned deadline_ms,
                 struct group_commit **ret_commit)
{
    struct group_commit *commit = calloc(1, sizeof(*commit));

    if (commit == NULL)
        return RESULT_FAILED;
    commit->events = *events;
    commit->deadline_ms = deadline_ms;
    *ret_commit = commit;
    return RESULT_OK;
}

void
group_commit_free(struct group_commit **commit)
{
    if (*commit == NULL)
        return;
    assert(group_commit_count(*commit) == 0);
    PQfinish((*commit)->connection);
    free(*commit);
    *commit = NULL;
}

void
group_commit_attach(struct group_commit *commit, PGconn *connection)
{
    assert(commit->state == COMMIT_DETACHED);
    commit->connection = connection;
    commit->state = COMMIT_IDLE;
    commit->check_after_ms = 0; /* shows at once whether it takes writes */
}

bool
group_commit_is_attached(const struct group_commit *commit)
{
    return commit->state != COMMIT_DETACHED;
}

int
group_commit_socket(const struct group_commit *commit)
{
    return commit->connection == NULL ? -1 : PQsocket(commit->connection);
}

bool
group_commit_wants_write(const struct group_commit *commit)
{
    return commit->unsent;
}

size_t
group_commit_count(const struct group_commit *commit)
{
    return commit->queued + commit->batch_count - commit->sent_from;
}

void
group_commit_add(struct group_commit *commit, struct commit_item *item, int64_t now_ms)
{
    item->wait_until_ms = now_ms + commit->deadline_ms;
    item->next = NULL;
    if (commit->last == NULL)
        commit->first = item;
    else
        commit->last->next = item;
    commit->last = item;
    commit->queued++;
}

static struct commit_item *
take_first(struct group_commit *commit)
{
    struct commit_item *item = commit->first;

    commit->first = item->next;
    if (commit->first == NULL)
        commit->last = NULL;
    commit->queued--;
    return item;
}

static void
give_back(struct group_commit *commit, struct commit_item *item, enum commit_outcome outcome,
          const struct error *err)
{
    commit->events.done(commit->events.context, item, outcome, err);
}

static void
end_batch(struct group_commit *commit)
{
    commit->batch_count = 0;
    commit->sent_from = 0;
    commit->sent_count = 0;
}

/* The rows that are not decided yet may or may not be committed. */
static void
fail_batch(struct group_commit *commit, const struct error *err)
{
    size_t from = commit->sent_from;
    size_t count = commit->batch_count;

    end_batch(commit);
    for (size_t i = from; i < count; i++)
        give_back(commit, commit->items[i], COMMIT_UNAVAILABLE, err);
}

static void
detach(struct group_commit *commit, const struct error *err)
{
    PQfinish(commit->connection);
    commit->connection = NULL;
    commit->in_doubt = commit->in_doubt || commit->state == COMMIT_FLUSHING;
    commit->state = COMMIT_DETACHED;
    commit->unsent = false;
    fail_batch(commit, err);
    commit->events.lost(commit->events.context, err);
}

void
group_commit_fail(struct group_commit *commit, bool sent, const struct error *err)
{
    if (sent && commit->state != COMMIT_DETACHED)
        detach(commit, err);
    for (size_t left = commit->queued; left > 0; left--)
        give_back(commit, take_first(commit), COMMIT_UNAVAILABLE, err);
}

/* libpq sends as much as the socket takes. */
static enum result
push_bytes(struct group_commit *commit, struct error *err)
{
    int left = PQflush(commit->connection);

    if (left < 0)
        return error_result(err, RESULT_RETRY, "sending to the database failed");
    commit->unsent = left == 1;
    return RESULT_OK;
}

static void
begin_statement(struct group_commit *commit, enum commit_state state, enum result sent,
                int64_t now_ms, struct error *err)
{
    if (sent == RESULT_OK)
        sent = push_bytes(commit, err);
    if (sent != RESULT_OK) {
        detach(commit, err);
        return;
    }
    commit->state = state;
    commit->answer_until_ms = now_ms + commit->deadline_ms;
}

static void
send_rows(struct group_commit *commit, int64_t now_ms)
{
    struct error err;

    failure_point_reach(FAILURE_POINT_INBOX_BEFORE_COMMIT, NULL);

    enum result sent =
        inbox_send(commit->connection, &commit->rows[commit->sent_from], commit->sent_count, &err);

    begin_statement(commit, COMMIT_FLUSHING, sent, now_ms, &err);
}

static void
send_check(struct group_commit *commit, int64_t now_ms)
{
    struct error err;
    enum result sent = commit->in_doubt ? write_check_send_room(commit->connection, &err)
                                        : write_check_send(commit->connection, &err);

    begin_statement(commit, COMMIT_CHECKING, sent, now_ms, &err);
}

static void
send_queued(struct group_commit *commit, int64_t now_ms)
{
    size_t bytes = 0;

    end_batch(commit);
    while (commit->first != NULL && commit->batch_count < INBOX_BATCH_MAX) {
        bytes += commit->first->row.body_bytes;
        if (bytes > GROUP_COMMIT_MAX_BYTES && commit->batch_count > 0)
            break;
        struct commit_item *item = take_first(commit);
        commit->items[commit->batch_count] = item;
        commit->rows[commit->batch_count] = item->row;
        commit->batch_count++;
    }
    commit->sent_count = commit->batch_count;
    send_rows(commit, now_ms);
}

/* Goes on with the next part of the batch, of `count` rows at most. */
static void
send_rest(struct group_commit *commit, size_t count, int64_t now_ms)
{
    size_t left = commit->batch_count - commit->sent_from;

    if (left == 0) {
        end_batch(commit);
        commit->state = COMMIT_IDLE;
        return;
    }
    commit->sent_count = count < left ? count : left;
    send_rows(commit, now_ms);
}

static void
rows_are_written(struct group_commit *commit, int64_t now_ms)
{
    size_t from = commit->sent_from;
    size_t count = commit->sent_count;
    size_t accepted = 0;

    failure_point_reach(FAILURE_POINT_INBOX_AFTER_COMMIT, NULL);
    commit->sent_from += count;
    commit->in_doubt = false;
    commit->check_after_ms = now_ms + GROUP_COMMIT_CHECK_MS;
    for (size_t i = from; i < from + count; i++) {
        bool is_new = commit->rows[i].verdict == INBOX_ACCEPTED;
        accepted += is_new;
        give_back(commit, commit->items[i], is_new ? COMMIT_ACCEPTED : COMMIT_DUPLICATE, NULL);
    }
    commit->events.written(commit->events.context, count, accepted);
    send_rest(commit, 2 * count, now_ms);
}

/* One of the rows is at fault: halves, until it stands alone. */
static void
rows_are_refused(struct group_commit *commit, int64_t now_ms, const struct error *err)
{
    if (commit->sent_count == 1) {
        struct commit_item *guilty = commit->items[commit->sent_from];
        commit->sent_from++;
        give_back(commit, guilty, COMMIT_REFUSED, err);
        send_rest(commit, 1, now_ms);
        return;
    }
    send_rest(commit, commit->sent_count / 2, now_ms);
}

static void
finish_flush(struct group_commit *commit, int64_t now_ms)
{
    struct error err;

    switch (inbox_finish(commit->connection, &commit->rows[commit->sent_from], commit->sent_count,
                         &err)) {
    case RESULT_OK:
        rows_are_written(commit, now_ms);
        break;
    case RESULT_REJECTED:
        rows_are_refused(commit, now_ms, &err);
        break;
    case RESULT_NONE:
    case RESULT_RETRY:
    case RESULT_FAILED:
        detach(commit, &err);
        break;
    }
}

static void
finish_check(struct group_commit *commit, int64_t now_ms)
{
    struct error err;

    if (write_check_finish(commit->connection, &err) != RESULT_OK) {
        detach(commit, &err);
        return;
    }
    commit->state = COMMIT_IDLE;
    commit->in_doubt = false;
    commit->check_after_ms = now_ms + GROUP_COMMIT_CHECK_MS;
    commit->events.written(commit->events.context, 0, 0);
}

/* Moves bytes; then what is on its way may have been answered. Also notices a lost connection. */
static void
exchange_bytes(struct group_commit *commit, int64_t now_ms)
{
    struct error err;

    if (PQconsumeInput(commit->connection) == 0) {
        const char *reason = PQerrorMessage(commit->connection);
        error_set(&err, "the connection to the database is lost: %.*s", (int)strcspn(reason, "\n"),
                  reason);
        detach(commit, &err);
        return;
    }
    if (commit->unsent && push_bytes(commit, &err) != RESULT_OK) {
        detach(commit, &err);
        return;
    }
    if (commit->state == COMMIT_IDLE || PQisBusy(commit->connection))
        return;
    if (commit->state == COMMIT_FLUSHING)
        finish_flush(commit, now_ms);
    else
        finish_check(commit, now_ms);
}

static void
expire(struct group_commit *commit, int64_t now_ms)
{
    struct error err;

    error_set(&err, "the database has not answered within %u ms", commit->deadline_ms);
    if (commit->state > COMMIT_IDLE && commit->answer_until_ms <= now_ms)
        detach(commit, &err);
    while (commit->first != NULL && commit->first->wait_until_ms <= now_ms)
        give_back(commit, take_first(commit), COMMIT_UNAVAILABLE, &err);
}

void
group_commit_run(struct group_commit *commit, bool socket_ready, int64_t now_ms)
{
    if (commit->state != COMMIT_DETACHED && socket_ready)
        exchange_bytes(commit, now_ms);
    expire(commit, now_ms);
    if (commit->state == COMMIT_IDLE && commit->first != NULL)
        send_queued(commit, now_ms);
    else if (commit->state == COMMIT_IDLE && commit->check_after_ms <= now_ms)
        send_check(commit, now_ms);
}

int64_t
group_commit_next_ms(const struct group_commit *commit)
{
    int64_t next_ms = INT64_MAX;

    if (commit->state == COMMIT_IDLE)
        next_ms = commit->check_after_ms;
    else if (commit->state != COMMIT_DETACHED)
        next_ms = commit->answer_until_ms;
    if (commit->first != NULL && commit->first->wait_until_ms < next_ms)
        next_ms = commit->first->wait_until_ms;
    return next_ms;
}
