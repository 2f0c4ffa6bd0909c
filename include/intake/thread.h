/*
 * The thread that takes notifications in. It owns one connection, works whenever it is woken, looks
 * by itself every second in case that nobody wakes it, and connects anew when the connection breaks.
 * In a crowd of notifications it rests between batches (intake/crowd.h).
 */
#ifndef AMSYNC_INTAKE_THREAD_H
#define AMSYNC_INTAKE_THREAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/error.h"
#include "intake/run.h"

struct intake_thread;

/* Called on the intake thread after a batch was taken in: orders may be due. Must not wait. */
struct intake_callbacks {
    void *context;
    void (*taken_in)(void *context);
};

/* `database_url`, `options` and `callbacks` are copied; `reconnects`, which counts connections made
 * anew, outlives it. It starts also while the database cannot be reached.
 * RESULT_FAILED: no memory or no thread. Ended by intake_thread_stop. */
enum result intake_thread_start(const char *database_url, const struct intake_options *options,
                                const struct intake_callbacks *callbacks,
                                struct counter *reconnects, struct intake_thread **ret_thread,
                                struct error *err) AMSYNC_MUST_USE;

/* Says that one commit has stored so many notifications: very many are a crowd. Returns at once; any
 * thread. */
void intake_wake(struct intake_thread *thread, size_t count);

/* Waits for the running batch to end, then frees everything. NULL is fine. */
void intake_thread_stop(struct intake_thread **thread);

#endif
