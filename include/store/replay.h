/*
 * Queueing stored notifications again, to be merged once more, which changes nothing that is known
 * already. The thread that owns `database`. They fail as database_query.
 */
#ifndef AMSYNC_STORE_REPLAY_H
#define AMSYNC_STORE_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

#define REPLAY_BATCH 1000

/* A walk over the notifications received since then, those received during it left out. */
struct replay_walk {
    int64_t since_unix_ms;
    int64_t after_id; /* set by replay_start, moved by each replay_some */
    int64_t last_id;
    size_t queued;
};

/* RESULT_NONE: nothing that was received since then is kept. */
enum result replay_start(struct database *database, int64_t since_unix_ms,
                         struct replay_walk *ret_walk, struct error *err) AMSYNC_MUST_USE;

/* Queues the next REPLAY_BATCH at most, in a transaction of its own; those that wait to be taken in
 * anyhow are not counted. RESULT_NONE: there are no more. */
enum result replay_some(struct database *database, struct replay_walk *walk,
                        struct error *err) AMSYNC_MUST_USE;

/* Queues the notification with this id of amsync (a number), or up to REPLAY_BATCH with this Id of
 * Acumatica. RESULT_NONE: none is kept. */
enum result replay_notification(struct database *database, const char *id, size_t *ret_queued,
                                struct error *err) AMSYNC_MUST_USE;

#endif
