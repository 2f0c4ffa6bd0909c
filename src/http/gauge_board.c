#include "http/gauge_board.h"

void
gauge_board_init(struct gauge_board *board)
{
    *board = (struct gauge_board){0};
    /* A mutex of default attributes cannot fail on Linux. */
    (void)pthread_mutex_init(&board->mutex, NULL);
}

void
gauge_board_finish(struct gauge_board *board)
{
    (void)pthread_mutex_destroy(&board->mutex);
}

void
gauge_board_put(struct gauge_board *board, const struct gauges *gauges, int64_t boottime_ms,
                int64_t unix_ms)
{
    (void)pthread_mutex_lock(&board->mutex);
    board->gauges = *gauges;
    board->read_boottime_ms = boottime_ms;
    board->read_unix_ms = unix_ms;
    (void)pthread_mutex_unlock(&board->mutex);
}

struct gauge_view
gauge_board_look(struct gauge_board *board, int64_t now_boottime_ms)
{
    (void)pthread_mutex_lock(&board->mutex);

    struct gauge_view view = {
        .valid = board->read_unix_ms != 0 &&
                 now_boottime_ms - board->read_boottime_ms <= GAUGE_BOARD_VALID_MS,
        .gauges = board->gauges,
        .read_unix_ms = board->read_unix_ms,
    };

    (void)pthread_mutex_unlock(&board->mutex);
    return view;
}
