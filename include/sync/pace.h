/*
 * How many orders have lately come to an end: as many more are claimed ahead of the workers as did
 * after calls to Magento, and as many outcomes as that lets expect are recorded together, so that a
 * claim is for many when Magento is quick, few wait when it is slow, and a commit is for many when
 * many end. Pure; the caller keeps threads apart.
 */
#ifndef AMSYNC_SYNC_PACE_H
#define AMSYNC_SYNC_PACE_H

#include <stddef.h>
#include <stdint.h>

/* Counted over at least so long, and given for as long. */
#define PACE_MS 200

struct pace {
    int64_t since_ms; /* of any clock that only goes forward */
    size_t ended;     /* since then */
    size_t orders;    /* in PACE_MS, as it was before */
};

void pace_init(struct pace *pace, int64_t now_ms);

/* `count` orders have come to an end. */
void pace_add(struct pace *pace, size_t count, int64_t now_ms);

/* Orders that come to an end in PACE_MS; rounded down. */
size_t pace_orders(struct pace *pace, int64_t now_ms);

#endif
