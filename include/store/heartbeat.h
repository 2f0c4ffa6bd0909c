/*
 * Which programs run and accept notifications, and when none did. Whoever looks at the database can
 * tell from it: a program that accepts says so every few seconds. All functions: the thread that owns
 * `database`, outside a transaction. They fail as database_query.
 */
#ifndef AMSYNC_STORE_HEARTBEAT_H
#define AMSYNC_STORE_HEARTBEAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct database;

/* A program beats this often while it runs. */
#define HEARTBEAT_MS 5000

/* A shorter time in which nobody accepted is nothing to tell: Acumatica tries five times. How long
 * that takes is not documented, so this is not much more than a restart. */
#define ACCEPTING_GAP_MS 30000

/* What Acumatica could not send it keeps this long for somebody to send it again. */
#define ACUMATICA_KEEPS_MS (INT64_C(2) * 24 * 60 * 60 * 1000)

/* A program; `instance` is drawn at its start. Texts are borrowed. */
struct heartbeat {
    struct uuid_text instance;
    const char *host;
    const char *program; /* version */
};

/* Says that it runs and, with `accepting`, that it accepts. If nobody did for longer than
 * ACCEPTING_GAP_MS before, that is kept and told in the connector log, once, whichever of several
 * programs is the first to accept again. */
enum result heartbeat_beat(struct database *database, const struct heartbeat *heartbeat,
                           bool accepting, struct error *err) AMSYNC_MUST_USE;

/* Says that it has stopped in good order. */
enum result heartbeat_stop(struct database *database, const struct heartbeat *heartbeat,
                           struct error *err) AMSYNC_MUST_USE;

/* Removes programs that ended a week ago, but never the last one that accepted, and what is kept of
 * gaps more than `retention_days` back. */
enum result heartbeat_drop_old(struct database *database, unsigned retention_days,
                               struct error *err) AMSYNC_MUST_USE;

/* The programs that run: [{"host": , "program": , "started_at": , "accepting": }], oldest first. */
enum result programs_running(struct database *database, json_t **ret_programs,
                             struct error *err) AMSYNC_MUST_USE;

/* Whether a program has ever been started on this database; one that accepted nothing is forgotten
 * after a week. */
enum result service_was_started(struct database *database, bool *ret_started,
                                struct error *err) AMSYNC_MUST_USE;

/* The newest times in which nobody accepted, from `since_unix_ms` on, at most ACCEPTING_GAPS_MAX,
 * oldest first: [{"from": , "to": }], RFC 3339; "to" is null while nobody accepts. */
#define ACCEPTING_GAPS_MAX 5
enum result accepting_gaps(struct database *database, int64_t since_unix_ms, json_t **ret_gaps,
                           struct error *err) AMSYNC_MUST_USE;

#endif
