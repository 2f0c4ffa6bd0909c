/*
 * One connection of the load generator: sends numbered requests, one at a time, and reads answers.
 *
 * A round is all of its messages, one after the other, with the same number.
 */
#ifndef AMSYNC_BENCH_CLIENT_H
#define AMSYNC_BENCH_CLIENT_H

#include "answer.h"
#include "message.h"

#include <netinet/in.h>

struct client {
    int fd;
    int epoll_fd;
    const struct sockaddr_in *address;
    struct message *messages; /* own copies */
    size_t message_count;
    size_t current; /* which message is under way */
    size_t sent;    /* how many bytes of it */
    bool busy;
    bool wants_out; /* epoll tells when it can be written to */
    uint64_t started_us;
    unsigned status; /* of the round: the first that is not 2xx, else the last */
    struct answer answer;
};

enum client_progress {
    CLIENT_WAITS,
    CLIENT_DONE,   /* the round is over; `status` says how */
    CLIENT_BROKEN, /* no whole answer came; client_connect before the next round */
};

/* Makes its copies and connects. False: errno says why; client_close all the same. */
bool client_init(struct client *client, int epoll_fd, const struct sockaddr_in *address,
                 const struct message *messages, size_t count);

/* Closes it, also one that was zeroed or not initialized whole. */
void client_close(struct client *client);

/* Opens the connection again. */
bool client_connect(struct client *client);

enum client_progress client_start(struct client *client, uint64_t number, uint64_t now_us);

/* epoll says that something can be read or written. */
enum client_progress client_proceed(struct client *client);

#endif
