/*
 * How PostgreSQL is set up, as far as amsync's promises rest on it. The thread that owns `database`.
 */
#ifndef AMSYNC_STORE_DATABASE_FACTS_H
#define AMSYNC_STORE_DATABASE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct database;

struct database_facts {
    int server_version; /* as 150004 */
    bool read_only;     /* a standby, or set so */
    bool fsync;
    bool full_page_writes;
};

/* Fails as database_query. */
enum result database_facts_read(struct database *database, struct database_facts *ret_facts,
                                struct error *err) AMSYNC_MUST_USE;

/* How far the server's clock is ahead of this machine's, less what the question took. Fails as
 * database_query. */
enum result database_clock_ahead(struct database *database, int64_t *ret_ahead_ms,
                                 struct error *err) AMSYNC_MUST_USE;

/* How many days from today (UTC) on have partitions for notifications and for the connector log, one
 * after the other; 0: not even today. Fails as database_query. */
enum result partitions_ahead(struct database *database, int *ret_days,
                             struct error *err) AMSYNC_MUST_USE;

#endif
