/* The REST routes: which call answers a method and path, and what right it needs. */
#ifndef AMSYNC_SIM_ROUTE_H
#define AMSYNC_SIM_ROUTE_H

#include "sim/shop.h"

struct route {
    const char *method;
    const char *pattern;     /* "/V1/orders/:id"; ":id" is a number, ":name" a text */
    const char *resource;    /* "" if anyone may call it */
    const char *schema_path; /* whose body the call takes, NULL for none */
    void (*handle)(struct call *call);
};

/*
 * NULL if there is none. `ret_argument` is the path's parameter (borrowed from the target), "" if
 * it has none.
 */
const struct route *route_find(const char *method, const struct target *target,
                               const char **ret_argument);

#endif
