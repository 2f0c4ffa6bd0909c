/*
 * The schema: SQL files of migrations/, built into the program, applied in the order of their
 * numbers, never backwards.
 *
 * A migration says in a line "-- min_program: 1.2.0" from which version on a program can live with
 * it. A program takes newer migrations for granted as long as they do not ask for a newer program.
 */
#ifndef AMSYNC_STORE_MIGRATE_H
#define AMSYNC_STORE_MIGRATE_H

#include <stddef.h>

#include "base/error.h"

struct database;

/* One file; made at build time. */
struct migration {
    int number;
    const char *name;
    const char *sha256; /* 64 hexadecimal digits */
    const char *min_program;
    const char *sql;
};

/* In the order of their numbers. */
extern const struct migration MIGRATIONS[];
extern const size_t MIGRATION_COUNT;

/* Applies what is missing, each migration in a transaction of its own, under an advisory lock: a
 * second one waits and then finds nothing to do. Then makes the partitions of the next days.
 * `ret_applied` counts the migrations applied now. Statements may take long: the connection's
 * time-out is raised, so give it one of its own. But a lock is waited for only briefly, since all who
 * write wait behind it.
 * RESULT_NONE: another holds a lock, who, says `err`: call again later. `ret_applied` counts then, too.
 * RESULT_REJECTED: an applied migration differs from the program's, the schema needs a newer program
 * than `program_version` ("0.1.0"), or the server is too old. Else as database_query. */
enum result migrate_run(struct database *database, const char *program_version, size_t *ret_applied,
                        struct error *err) AMSYNC_MUST_USE;

/* Whether the schema is right for this program, for serve and for readiness; changes nothing.
 * RESULT_REJECTED: a migration is missing (run amsync migrate), differs, or needs a newer program.
 * Else as database_query. */
enum result migrate_check(struct database *database, const char *program_version,
                          struct error *err) AMSYNC_MUST_USE;

#endif
