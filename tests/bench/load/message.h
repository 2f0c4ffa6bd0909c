/*
 * A request as it goes over the wire, made unique before each sending.
 *
 * It is read from a file that has the whole of it, header and body. Each run of eight or more '@' in
 * it is a slot, in which the number of the request is written, with leading zeros.
 */
#ifndef AMSYNC_BENCH_MESSAGE_H
#define AMSYNC_BENCH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
    char *bytes;
    size_t length;
    struct slot {
        size_t offset;
        size_t width;
    } * slots;
    size_t slot_count;
};

/* False: the file cannot be read, or there is no memory. */
bool message_read(const char *path, struct message *ret_message);

/* A copy with bytes of its own; the slots stay the original's. False: out of memory. */
bool message_copy(const struct message *message, struct message *ret_copy);

/* Of a copy: its bytes alone. */
void message_copy_free(struct message *copy);

void message_free(struct message *message);

void message_number(struct message *message, uint64_t number);

#endif
