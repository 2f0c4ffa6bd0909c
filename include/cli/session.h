/*
 * What the commands that talk to PostgreSQL share. The main thread.
 */
#ifndef AMSYNC_CLI_SESSION_H
#define AMSYNC_CLI_SESSION_H

#include "cli/cli.h"
#include "store/database.h"
#include "store/lookup.h"

/* Settings and a connection; end both with cli_session_finish. Safe on a zeroed one. */
struct cli_session {
    struct settings settings;
    struct database *database;
};

/* CLI_EXIT_DONE, or the code to return, with the line about it written. */
AMSYNC_MUST_USE int cli_session_start(struct cli_call *call, struct cli_session *ret_session);
/* With these parts of the settings, SETTINGS_DATABASE among them. */
AMSYNC_MUST_USE int cli_session_start_with(struct cli_call *call, unsigned parts,
                                           struct cli_session *ret_session);
void cli_session_finish(struct cli_session *session);

/* Reads "[TYPE] NBR" from the arguments. CLI_EXIT_DONE, or CLI_EXIT_USAGE with the line written. */
AMSYNC_MUST_USE int cli_order_arguments(struct cli_call *call, const char **ret_type,
                                        const char **ret_number);

/* As orders_find; where nothing has that type and number, as they are in upper case. */
AMSYNC_MUST_USE enum result cli_orders_find(struct cli_session *session, const char *company,
                                            const char *order_type, const char *number,
                                            struct found_order **ret_orders, size_t *ret_count,
                                            struct error *err);

/* Whether it is known that no `amsync serve` runs on this database. */
bool cli_nobody_serves(struct cli_session *session);

/* Finds the one order that a number belongs to, as cli_orders_find. CLI_EXIT_DONE: the caller frees
 * `ret_order` with found_orders_free(&order, 1). CLI_EXIT_NO, nothing written and *ret_unknown set:
 * there is none. Else the line is written: several orders match, or the database failed. */
AMSYNC_MUST_USE int cli_find_order(struct cli_call *call, struct cli_session *session,
                                   const char *company, const char *order_type, const char *number,
                                   struct found_order **ret_order, bool *ret_unknown);

#endif
