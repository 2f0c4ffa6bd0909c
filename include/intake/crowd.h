/*
 * When notifications come faster than they can be kept, taking them in gives way to accepting: what
 * is accepted is safe, and can be taken in later. Pure; all times are boot time.
 *
 * A rest may be longer than orders settle, and what it delays may belong to one. So it follows only a
 * pass over the queue whose orders were given as much longer, and none begins while those of a pass of
 * this program without a crowd settle. Where nothing is to settle, nothing is given longer.
 */
#ifndef AMSYNC_INTAKE_CROWD_H
#define AMSYNC_INTAKE_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No rest is longer. */
#define INTAKE_REST_MAX_MS 2000

/* All zero: there is none. */
struct intake_crowd {
    int64_t lasted_ms; /* at its last commit that stored very many */
    int64_t last_ms;   /* when that was */
};

/* One commit has stored so many notifications: if they are many, a crowd begins or lasts longer. */
void intake_crowd_note(struct intake_crowd *crowd, size_t count, int64_t now_ms);

/* Passes over the queue, one after the other. All zero before the first. */
struct intake_passes {
    bool crowded; /* there was a crowd when the last began */
    int64_t began_ms;
    int64_t ended_ms;
    int64_t settled_ms; /* by when the orders of those without a crowd will have settled */
};

/* Returns for how long the orders of the pass that begins settle: `settle_ms`, in a crowd longer,
 * but 0 if that is 0. */
unsigned intake_pass_begin(struct intake_passes *passes, const struct intake_crowd *crowd,
                           unsigned settle_ms, int64_t now_ms);

/* `settle_ms` as it was given when the pass began. */
void intake_pass_end(struct intake_passes *passes, unsigned settle_ms, int64_t now_ms);

/* Until when to rest after a pass, as the crowd is known so far; an end in the past is no rest. */
int64_t intake_rest_until_ms(const struct intake_passes *passes, const struct intake_crowd *crowd);

#endif
