/* JSON text of answers, written faster than jansson does, because benchmarks wait for it. */
#ifndef AMSYNC_SIM_TEXT_H
#define AMSYNC_SIM_TEXT_H

#include <jansson.h>
#include <stddef.h>

/*
 * The value as compact JSON with a NUL behind it, any value at the top. Owned by the caller (free);
 * NULL without memory.
 */
char *text_of_json(const json_t *value, size_t *ret_length);

#endif
