/*
 * What `amsync check` has found, one line a thing. The main thread.
 */
#ifndef AMSYNC_CLI_FINDINGS_H
#define AMSYNC_CLI_FINDINGS_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/cli.h"
#include "magento/client.h"
#include "store/database.h"

/* All zero at first; ended with findings_finish. */
struct findings {
    json_t *list; /* [{"check": , "ok": , "message": , "next": }], "next" only where not ok */
    bool wrong;
    bool unreachable;
    bool out_of_memory;
    bool service_runs; /* amsync serve, as its heartbeat tells */
    const char *then;  /* a literal: what to do where nothing is wrong; NULL: nothing */
};

void findings_finish(struct findings *findings);

/* `check` is what was looked at, in a word or two. */
void findings_ok(struct findings *findings, const char *check, const char *format, ...)
    AMSYNC_PRINTF(3, 4);

/* `next` is what to do about it. */
void findings_wrong(struct findings *findings, const char *check, const char *next,
                    const char *format, ...) AMSYNC_PRINTF(4, 5);

/* The same for what could not be reached, so that more could not be looked at. */
void findings_unreachable(struct findings *findings, const char *check, const char *next,
                          const char *format, ...) AMSYNC_PRINTF(4, 5);

/* The same for a question to the database that could not be answered, for the result with which its
 * last statement failed. One that took too long is wrong, not unreachable: others may be answered.
 * `next` is what to do where it is neither. */
void findings_not_answered(struct findings *findings, const char *check, const char *next,
                           const struct database *database, enum result result,
                           const struct error *err);

/* What to do first: about the most important of what is wrong, of equals the first found. NULL:
 * nothing is wrong. */
const char *findings_next(const struct findings *findings);

/* Each looks at one part. */
void check_database(struct findings *findings, struct database *database,
                    const struct settings *settings);
void check_rules(struct findings *findings, struct database *database,
                 const struct settings *settings);
void check_secrets(struct findings *findings, const struct settings *settings);
void check_magento(struct findings *findings, const struct settings *settings);

/* Parts of check_database, which says what keeps them from being looked at. */
enum result check_arrivals(struct findings *findings, struct database *database,
                           const struct settings *settings, struct error *err) AMSYNC_MUST_USE;
enum result check_suspects(struct findings *findings, struct database *database,
                           const struct settings *settings, struct error *err) AMSYNC_MUST_USE;
enum result check_tenants(struct findings *findings, struct database *database,
                          const struct settings *settings, struct error *err) AMSYNC_MUST_USE;
enum result check_orders(struct findings *findings, struct database *database,
                         const struct settings *settings, struct error *err) AMSYNC_MUST_USE;

#endif
