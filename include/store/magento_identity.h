/*
 * Which Magento the numbers in the database belong to. The thread that owns `database`.
 */
#ifndef AMSYNC_STORE_MAGENTO_IDENTITY_H
#define AMSYNC_STORE_MAGENTO_IDENTITY_H

#include "base/error.h"

struct database;

/* Compares the settings with what is remembered; before anything is asked of Magento.
 * RESULT_NONE: nothing is remembered yet. RESULT_REJECTED: another URL or store; the text names
 * both. Else as database_query. */
enum result magento_identity_check(struct database *database, const char *base_url,
                                   const char *store_code, struct error *err) AMSYNC_MUST_USE;

/* Remembers them, with the store's id, unless something is remembered already; then as
 * magento_identity_check. To be called before the first number is fixed. Also RESULT_REJECTED: the
 * store has another id than it had. */
enum result magento_identity_remember(struct database *database, const char *base_url,
                                      const char *store_code, int store_id,
                                      struct error *err) AMSYNC_MUST_USE;

/* The same shop has another URL or store code: remembers them. The store's id is to stay the same.
 * RESULT_NONE: nothing is remembered yet. Else as database_query. */
enum result magento_identity_move(struct database *database, const char *base_url,
                                  const char *store_code, struct error *err) AMSYNC_MUST_USE;

#endif
