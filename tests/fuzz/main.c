/*
 * Usage: fuzz_TARGET CORPUS_FOLDER [ROUNDS]
 *
 * Gives the target each file of the folder, and then ROUNDS mutations of them, the same in every
 * run. When the target stops the process, the input is written to stderr as hexadecimal digits.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fuzz.h"

#define MAX_FILES 256
#define MAX_INPUT_BYTES 4096

struct input {
    uint8_t bytes[MAX_INPUT_BYTES];
    size_t length;
};

/* What the target has before it; a signal handler has no other way to it. */
static struct input current;

static void
show_input(int signal_number)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * MAX_INPUT_BYTES + 1];

    for (size_t i = 0; i < current.length; i++) {
        hex[2 * i] = digits[current.bytes[i] >> 4];
        hex[2 * i + 1] = digits[current.bytes[i] & 0xF];
    }
    hex[2 * current.length] = '\n';

    ssize_t written = write(STDERR_FILENO, hex, 2 * current.length + 1);

    (void)written;
    (void)raise(signal_number);
}

static void
show_input_on_crashes(void)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct sigaction action = {.sa_handler = show_input, .sa_flags = (int)SA_RESETHAND};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaction(signals[i], &action, NULL);
}

static bool
read_input(int folder, const char *name, struct input *input)
{
    AMSYNC_CLEANUP(cleanup_close) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return false;

    ssize_t got = read(fd, input->bytes, sizeof(input->bytes));

    input->length = got > 0 ? (size_t)got : 0;
    return got >= 0;
}

static int
by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

/* In the order of their names, so that the mutations are the same everywhere. */
static size_t
read_corpus(const char *path, struct input *inputs)
{
    AMSYNC_CLEANUP(cleanup_close) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent **entries = NULL;
    int entry_count = folder < 0 ? -1 : scandirat(folder, ".", &entries, NULL, by_name);
    size_t count = 0;

    for (int i = 0; i < entry_count; i++) {
        if (count < MAX_FILES && read_input(folder, entries[i]->d_name, &inputs[count]))
            count++;
        free(entries[i]);
    }
    free(entries);
    return count;
}

static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static size_t
random_below(uint64_t *seed, size_t end)
{
    return end == 0 ? 0 : (size_t)(next_random(seed) % end);
}

/* Puts bytes of another input, or some that parsers stumble over, at any place. */
static void
insert_bytes(struct input *input, const struct input *other, uint64_t *seed)
{
    static const char *const awkward[] = {
        "\"",
        "\\",
        "{",
        "[",
        "}",
        "]",
        ",",
        "=",
        "\n",
        "-",
        ".",
        "e999999999999",
        "0",
        "9",
        "\xFF",
        "\xC3",
        "\xED\xA0\x80",
        "\xF0\x9F\x9A\x80",
        "\xEF\xBB\xBF",
        " ",
        ":",
        "null",
        "*",
    };
    const char *word = awkward[random_below(seed, sizeof(awkward) / sizeof(awkward[0]))];
    bool from_other = next_random(seed) % 4 == 0 && other->length > 0;
    size_t start = from_other ? random_below(seed, other->length) : 0;
    const uint8_t *bytes = from_other ? other->bytes + start : (const uint8_t *)word;
    size_t length = from_other ? 1 + random_below(seed, other->length - start) : strlen(word);
    size_t at = random_below(seed, input->length + 1);

    if (length > sizeof(input->bytes) - input->length)
        return;
    memmove(input->bytes + at + length, input->bytes + at, input->length - at);
    memcpy(input->bytes + at, bytes, length);
    input->length += length;
}

static void
remove_bytes(struct input *input, uint64_t *seed)
{
    size_t at = random_below(seed, input->length);
    size_t length = random_below(seed, input->length - at + 1);

    memmove(input->bytes + at, input->bytes + at + length, input->length - at - length);
    input->length -= length;
}

static void
mutate(struct input *input, const struct input *other, uint64_t *seed)
{
    for (size_t i = 1 + random_below(seed, 6); i > 0; i--) {
        size_t at = random_below(seed, input->length);

        switch (next_random(seed) % 4) {
        case 0:
            if (input->length > 0)
                input->bytes[at] = (uint8_t)(input->bytes[at] ^ 1U << next_random(seed) % 8);
            break;
        case 1:
            if (input->length > 0)
                input->bytes[at] = (uint8_t)next_random(seed);
            break;
        case 2:
            remove_bytes(input, seed);
            break;
        default:
            insert_bytes(input, other, seed);
            break;
        }
    }
}

/* A copy of the input's size exactly, so that the sanitizer sees a read beyond it. */
static void
run_target(const struct input *input)
{
    AMSYNC_CLEANUP(cleanup_free) uint8_t *bytes = malloc(input->length > 0 ? input->length : 1);

    fuzz_require(bytes != NULL, "there is memory for the input");
    memcpy(bytes, input->bytes, input->length);
    (void)LLVMFuzzerTestOneInput(bytes, input->length);
}

int
main(int argc, char **argv)
{
    static struct input inputs[MAX_FILES];
    int64_t rounds = 0;
    uint64_t seed = 0x414D53594E43;

    if (argc < 2 || argc > 3 ||
        (argc == 3 && parse_int64(argv[2], 0, INT32_MAX, &rounds) != RESULT_OK)) {
        (void)fprintf(stderr, "usage: %s CORPUS_FOLDER [ROUNDS]\n", argv[0]);
        return 2;
    }

    size_t count = read_corpus(argv[1], inputs);

    if (count == 0) {
        (void)fprintf(stderr, "%s: no corpus in %s\n", argv[0], argv[1]);
        return 1;
    }
    show_input_on_crashes();
    for (size_t i = 0; i < count; i++) {
        current = inputs[i];
        run_target(&current);
    }
    for (int64_t round = 0; round < rounds; round++) {
        current = inputs[random_below(&seed, count)];
        mutate(&current, &inputs[random_below(&seed, count)], &seed);
        run_target(&current);
    }
    (void)printf("%zu files and %lld mutations\n", count, (long long)rounds);
    return 0;
}
