/* A request target taken apart: "/rest/default/V1/orders?fields=items" and its decoded query. */
#ifndef AMSYNC_SIM_TARGET_H
#define AMSYNC_SIM_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#define TARGET_PAIRS_MAX 64
#define TARGET_SEGMENTS_MAX 8

struct target_pair {
    const char *name;      /* percent-decoded */
    const char *value;     /* percent-decoded */
    const char *raw_name;  /* as sent */
    const char *raw_value; /* as sent */
    bool has_equals;
};

struct target {
    char *storage;                       /* owned: what the pointers below point into */
    const char *path;                    /* as sent, without the query */
    const char *store;                   /* "" if the path names none */
    const char *call;                    /* the path from "/V1" on as sent, "" if not a REST call */
    char *segments[TARGET_SEGMENTS_MAX]; /* of call, percent-decoded: "V1", "orders", "12" */
    size_t segment_count;
    struct target_pair pairs[TARGET_PAIRS_MAX];
    size_t pair_count;
};

/* False when it is longer than memory or the bounds above allow. Freed by target_clear. */
bool target_parse(const char *raw, struct target *ret_target);
void target_clear(struct target *target);

/* The first value of that name, or NULL. */
const char *target_value(const struct target *target, const char *name);

#endif
