/*
 * Notifications that may be what a program crashed over, or what PostgreSQL could not cope with. A
 * suspect is taken in alone, SUSPECT_TRIES_MAX times with growing delays, and then set aside: it never
 * keeps the others from being taken in. All functions: the thread that owns `database`. They fail as
 * database_query.
 */
#ifndef AMSYNC_STORE_SUSPECTS_H
#define AMSYNC_STORE_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct database;

#define SUSPECT_TRIES_MAX 3

/* Puts the `max` notifications that are the first in the queue under suspicion, due at once. For a new
 * connection: what the one before had taken and not finished stands there again, with no mark, because
 * a mark would cost every batch a commit. */
enum result suspects_note(struct database *database, size_t max, struct error *err) AMSYNC_MUST_USE;

/* Counts another try of the suspect that is due, and commits that before it is made.
 * `ret_exhausted`: it has had all of its tries; it is to be set aside. RESULT_NONE: none is due. */
enum result suspect_begin(struct database *database, int64_t *ret_id, bool *ret_exhausted,
                          struct error *err) AMSYNC_MUST_USE;

/* A try with it alone failed, because of `why`: it is a suspect, if it was not one, and is tried again
 * later. Says so in the connector log. */
enum result suspect_put_off(struct database *database, int64_t id, const char *why,
                            struct error *err) AMSYNC_MUST_USE;

/* The try that suspect_begin counted failed by no fault of its own, and does not count; the next is in
 * 30 s. */
enum result suspect_give_back(struct database *database, int64_t id,
                              struct error *err) AMSYNC_MUST_USE;

/* Takes it out of the queue for good, with `why` as a `failed` line in the connector log; its body is
 * kept. Nothing happens if it is not queued any more. */
enum result suspect_set_aside(struct database *database, int64_t id, const char *why,
                              struct error *err) AMSYNC_MUST_USE;

#endif
