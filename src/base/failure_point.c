#include "base/failure_point.h"

#ifdef AMSYNC_FAILURE_POINTS

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "AMSYNC_FAILURE_POINT"
#define FREEZE "!freeze"

/* What AMSYNC_FAILURE_POINT says. */
struct choice {
    bool made;
    bool freeze;
    enum failure_point point;
    char subject[128]; /* "": any */
};

/* A build for tests only, so it may have what no other has: state of the whole program. */
static struct choice choice;
static atomic_int left; /* times the point is still passed before it strikes */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *
point_name(enum failure_point point)
{
#define FAILURE_POINT_NAME(name) #name,
    static const char *const names[] = {FAILURE_POINTS(FAILURE_POINT_NAME)};
#undef FAILURE_POINT_NAME

    return names[point];
}

/* A choice that is not understood would never strike, and the test would show nothing. */
static void
refuse(const char *text)
{
    (void)fprintf(stderr, VARIABLE "=%s: write NAME[@COUNT][:SUBJECT][" FREEZE "]\n", text);
    abort();
}

static bool
take_point(const char *name, size_t length)
{
    for (int point = 0; point < FAILURE_POINT_COUNT; point++) {
        const char *each = point_name((enum failure_point)point);

        if (strlen(each) == length && strncmp(each, name, length) == 0) {
            choice.point = (enum failure_point)point;
            return true;
        }
    }
    return false;
}

/* One digit is enough. */
static bool
take_count(const char **rest)
{
    const char *at = *rest;

    atomic_store(&left, 0);
    if (*at != '@')
        return true;
    if (at[1] < '1' || at[1] > '9')
        return false;
    atomic_store(&left, at[1] - '1');
    *rest = at + 2;
    return true;
}

static bool
take_subject(const char **rest)
{
    const char *at = *rest;

    if (*at != ':')
        return true;

    size_t length = strcspn(++at, "!");

    if (length == 0 || length >= sizeof(choice.subject))
        return false;
    memcpy(choice.subject, at, length);
    *rest = at + length;
    return true;
}

static void
choose(void)
{
    const char *text = getenv(VARIABLE);

    if (text == NULL)
        return;

    size_t length = strcspn(text, "@:!");
    const char *rest = text + length;

    if (!take_point(text, length) || !take_count(&rest) || !take_subject(&rest))
        refuse(text);
    choice.freeze = strcmp(rest, FREEZE) == 0;
    if (!choice.freeze && *rest != '\0')
        refuse(text);
    choice.made = true;
}

void
failure_point_reach(enum failure_point point, const char *subject)
{
    char line[256];

    (void)pthread_once(&once, choose);
    if (!choice.made || point != choice.point ||
        (choice.subject[0] != '\0' && (subject == NULL || strcmp(subject, choice.subject) != 0)) ||
        atomic_fetch_sub(&left, 1) != 0)
        return;

    int length = snprintf(line, sizeof(line), "{\"event\":\"failure_point\",\"point\":\"%s\"}\n",
                          point_name(point));

    if (write(STDERR_FILENO, line, (size_t)length) != length)
        abort();
    (void)kill(getpid(), choice.freeze ? SIGSTOP : SIGKILL);
}

#endif
