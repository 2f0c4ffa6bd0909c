/*
 * The table of preferences: what each key takes, and how its text becomes a typed value. Pure; any
 * thread.
 */
#ifndef AMSYNC_STORE_PREFERENCES_H
#define AMSYNC_STORE_PREFERENCES_H

#include "base/error.h"
#include "store/rules.h"

/* Sets one preference from its text. RESULT_REJECTED: no such key, or not a value it takes; `err`
 * says what to write. RESULT_FAILED: out of memory. The value before is freed. */
enum result preferences_assign(struct preferences *preferences, const char *key, const char *value,
                               struct error *err) AMSYNC_MUST_USE;

/* Every preference at its default, on zeroed memory. To be ended with preferences_finish, also after
 * a failure (RESULT_FAILED: out of memory). */
enum result preferences_init(struct preferences *preferences, struct error *err) AMSYNC_MUST_USE;
void preferences_finish(struct preferences *preferences);

#endif
