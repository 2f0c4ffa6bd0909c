/*
 * Group commit: all notifications that wait are kept by one statement, sent as soon as the one
 * before has returned, on a connection that the event loop drives. The event loop's thread.
 *
 * Every item that group_commit_add took is given back by exactly one call of `done`, never from
 * within group_commit_add.
 */
#ifndef AMSYNC_HTTP_GROUP_COMMIT_H
#define AMSYNC_HTTP_GROUP_COMMIT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/inbox.h"

/* Bodies that one statement carries, unless a single one is longer. */
#define GROUP_COMMIT_MAX_BYTES ((size_t)8 * 1024 * 1024)

/* After this long without a write that succeeded a small one is made, for the readiness. */
#define GROUP_COMMIT_CHECK_MS 5000

enum commit_outcome {
    COMMIT_ACCEPTED,    /* committed now */
    COMMIT_DUPLICATE,   /* was committed before */
    COMMIT_REFUSED,     /* can never be stored */
    COMMIT_UNAVAILABLE, /* not known to be committed; sending it again is safe */
};

/* The caller's; not touched by it between group_commit_add and `done`. */
struct commit_item {
    struct inbox_row row;
    int64_t wait_until_ms; /* not sent by then: COMMIT_UNAVAILABLE */
    struct commit_item *next;
};

struct group_commit_events {
    void *context;
    /* What became of an item. `err` says why it is refused or unavailable, else NULL. */
    void (*done)(void *context, struct commit_item *item, enum commit_outcome outcome,
                 const struct error *err);
    /* A transaction was committed with that many items, none for the small write; `accepted` of them
     * are new. */
    void (*written)(void *context, size_t items, size_t accepted);
    /* The connection was given up and finished. */
    void (*lost)(void *context, const struct error *err);
};

struct group_commit;

/* `deadline_ms`: how long an item may wait to be sent, and then a statement for its answer. Without
 * a connection. RESULT_FAILED: out of memory. */
AMSYNC_MUST_USE enum result group_commit_new(const struct group_commit_events *events,
                                             unsigned deadline_ms,
                                             struct group_commit **ret_commit);

/* Finishes the connection. There must be no items left (group_commit_fail). NULL is fine. */
void group_commit_free(struct group_commit **commit);

/* Takes a connection over, from connector_take, when there is none. */
void group_commit_attach(struct group_commit *commit, PGconn *connection);
bool group_commit_is_attached(const struct group_commit *commit);

/* What to wait for: the connection's socket (-1: nothing) and whether also for it to be writable. */
int group_commit_socket(const struct group_commit *commit);
bool group_commit_wants_write(const struct group_commit *commit);

/* Queues an item, sent by the next group_commit_run. */
void group_commit_add(struct group_commit *commit, struct commit_item *item, int64_t now_ms);

/* Items that are queued or on their way. */
size_t group_commit_count(const struct group_commit *commit);

/* Reads and writes if the socket is ready for what was asked for, sends the next statement, gives
 * back what waited too long. */
void group_commit_run(struct group_commit *commit, bool socket_ready, int64_t now_ms);

/* When group_commit_run is to be called at the latest, whatever the socket does; INT64_MAX: never. */
int64_t group_commit_next_ms(const struct group_commit *commit);

/* Gives the queued items back as COMMIT_UNAVAILABLE; with `sent`, those on their way, too, and gives
 * the connection up. */
void group_commit_fail(struct group_commit *commit, bool sent, const struct error *err);

#endif
