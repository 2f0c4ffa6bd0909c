/*
 * The newest gauges of the database, on their way from the thread that reads them to the one that
 * shows them. Any thread.
 */
#ifndef AMSYNC_HTTP_GAUGE_BOARD_H
#define AMSYNC_HTTP_GAUGE_BOARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/gauges.h"

/* Older ones are not shown any more. */
#define GAUGE_BOARD_VALID_MS 30000

struct gauge_board {
    pthread_mutex_t mutex; /* for all below */
    struct gauges gauges;
    int64_t read_boottime_ms;
    int64_t read_unix_ms; /* 0: never */
};

void gauge_board_init(struct gauge_board *board);
void gauge_board_finish(struct gauge_board *board);

/* They were read at `boottime_ms`, which people call `unix_ms`. */
void gauge_board_put(struct gauge_board *board, const struct gauges *gauges, int64_t boottime_ms,
                     int64_t unix_ms);

struct gauge_view {
    bool valid; /* `gauges` are no older than GAUGE_BOARD_VALID_MS */
    struct gauges gauges;
    int64_t read_unix_ms; /* 0: never */
};
struct gauge_view gauge_board_look(struct gauge_board *board, int64_t now_boottime_ms);

#endif
