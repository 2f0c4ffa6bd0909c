/*
 * The thread that takes notifications in. It owns one connection, works whenever it is woken, looks
 * by itself every second in case that nobody wakes it, and connects anew when the connection breaks.
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

/* Says that one commit has stored so many notifications. Returns at once; any thread. */
void intake_wake(struct intake_thread *thread, size_t count);

/* Until when the thread rests after it has worked from `began_ms` to `ended_ms`, while notifications
 * come faster than they can be kept: what is accepted is safe, and can be taken in later. `crowd_ms`:
 * when one commit has last stored very many. All in boot time; an end before `ended_ms` is no rest. Any
 * thread. */
int64_t intake_rest_until_ms(int64_t began_ms, int64_t ended_ms, int64_t crowd_ms);

/* Waits for the running batch to end, then frees everything. NULL is fine. */
void intake_thread_stop(struct intake_thread **thread);

#endif
