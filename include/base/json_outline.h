/*
 * The outline of a JSON text: its outermost members, and of all that is below only whether it is JSON.
 */
#ifndef AMSYNC_BASE_JSON_OUTLINE_H
#define AMSYNC_BASE_JSON_OUTLINE_H

#include "base/json.h"

/*
 * Accepts and refuses what json_decode does, with the same words, and may do the same. For an object
 * as programs write them it is many times faster, as it builds little: objects among its members, and
 * in the arrays among its members, are empty then. The same result codes and ownership.
 * Pure; any thread.
 */
AMSYNC_MUST_USE enum result json_decode_outline(const char *bytes, size_t length,
                                                unsigned max_depth, unsigned flags,
                                                json_t **ret_value, struct error *err);

#endif
