/*
 * The connection that a thread keeps as long as it lives: made when it is needed for the first time,
 * made anew when it broke. Plans that live as long are made for more than the moment: it avoids scans
 * (database_avoid_scans).
 */
#ifndef AMSYNC_STORE_DATABASE_KEEP_H
#define AMSYNC_STORE_DATABASE_KEEP_H

#include "base/counter.h"
#include "base/error.h"
#include "store/database.h"

/* What outlives the connection. */
struct database_keep {
    const char *url;              /* as for database_open */
    const char *application_name; /* as for database_open */
    unsigned timeout_ms;          /* of each statement */
    struct counter *reconnects;   /* how often it was made anew */
};

/* RESULT_OK: `*database`, which is NULL before the first call and closed by the caller, is connected.
 * Fails as database_open and database_reconnect; how long to wait until the next call is the caller's
 * matter. The thread that owns the connection. */
enum result database_keep(const struct database_keep *keep, struct database **database,
                          struct error *err) AMSYNC_MUST_USE;

#endif
