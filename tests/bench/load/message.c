#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_WIDTH_MIN 8

static bool
add_slot(struct message *message, size_t offset, size_t width)
{
    size_t count = message->slot_count + 1;
    struct slot *slots = reallocarray(message->slots, count, sizeof(*slots));
    if (!slots)
        return false;
    slots[count - 1] = (struct slot){.offset = offset, .width = width};
    message->slots = slots;
    message->slot_count = count;
    return true;
}

static bool
find_slots(struct message *message)
{
    for (size_t i = 0; i < message->length;) {
        size_t width = 0;
        while (i + width < message->length && message->bytes[i + width] == '@')
            width++;
        if (width >= SLOT_WIDTH_MIN && !add_slot(message, i, width))
            return false;
        i += width ? width : 1;
    }
    return true;
}

static bool
read_file(const char *path, struct message *message)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    bool read = false;
    if (length > 0 && fseek(file, 0, SEEK_SET) == 0) {
        message->bytes = malloc((size_t)length);
        message->length = (size_t)length;
        read = message->bytes && fread(message->bytes, 1, message->length, file) == message->length;
    }
    (void)fclose(file);
    return read;
}

bool
message_read(const char *path, struct message *ret_message)
{
    struct message message = {0};
    if (!read_file(path, &message) || !find_slots(&message)) {
        message_free(&message);
        return false;
    }
    *ret_message = message;
    return true;
}

bool
message_copy(const struct message *message, struct message *ret_copy)
{
    struct message copy = *message;
    copy.bytes = malloc(message->length);
    if (!copy.bytes)
        return false;
    memcpy(copy.bytes, message->bytes, message->length);
    *ret_copy = copy;
    return true;
}

void
message_copy_free(struct message *copy)
{
    free(copy->bytes);
    *copy = (struct message){0};
}

void
message_free(struct message *message)
{
    free(message->bytes);
    free(message->slots);
    *message = (struct message){0};
}

void
message_number(struct message *message, uint64_t number)
{
    for (size_t i = 0; i < message->slot_count; i++) {
        char *slot = message->bytes + message->slots[i].offset;
        uint64_t rest = number;
        for (size_t position = message->slots[i].width; position > 0; position--, rest /= 10)
            slot[position - 1] = (char)('0' + rest % 10);
    }
}
