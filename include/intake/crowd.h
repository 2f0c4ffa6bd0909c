/*
 * When notifications come faster than they can be kept, taking them in gives way to accepting: what
 * is accepted is safe, and can be taken in later. Pure; all times are boot time.
 */
#ifndef AMSYNC_INTAKE_CROWD_H
#define AMSYNC_INTAKE_CROWD_H

#include <stddef.h>
#include <stdint.h>

/* No rest is longer. */
#define INTAKE_REST_MAX_MS 2000

/* All zero: there is none. */
struct intake_crowd {
    int64_t began_ms;
    int64_t last_ms; /* when one commit has last stored very many */
};

/* One commit has stored so many notifications: a crowd begins or lasts longer, if they are many. */
void intake_crowd_note(struct intake_crowd *crowd, size_t count, int64_t now_ms);

/* Until when it is given way to, as is known so far. */
int64_t intake_crowd_ends_ms(const struct intake_crowd *crowd);

/* Until when to rest after work from `began_ms` to `ended_ms`; an end before `ended_ms` is no rest. */
int64_t intake_crowd_rest_until_ms(const struct intake_crowd *crowd, int64_t began_ms,
                                   int64_t ended_ms);

#endif
