/*
 * Room for connections among the files that this process may open. Before there are threads that
 * open many.
 */
#ifndef AMSYNC_HTTP_OPEN_FILES_H
#define AMSYNC_HTTP_OPEN_FILES_H

#include "base/error.h"

/* Files that are needed beside connections of the webhook listener: the admin listener's, those to
 * PostgreSQL, logs; and for each worker its connection to Magento, what libcurl wakes itself by, and
 * what it looks Magento's name up with. */
#define OPEN_FILES_RESERVE 192
#define OPEN_FILES_PER_WORKER 6

/* How many of `wanted` connections fit beside so many workers. Raises the soft limit if that helps.
 * RESULT_REJECTED: none; `err` says which limit to raise. */
AMSYNC_MUST_USE enum result open_files_allow(unsigned wanted, unsigned workers,
                                             unsigned *ret_allowed, struct error *err);

#endif
