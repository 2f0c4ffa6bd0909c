/*
 * The outline of a JSON text: its outermost members, and of all that is below only whether it is JSON.
 */
#ifndef AMSYNC_BASE_JSON_OUTLINE_H
#define AMSYNC_BASE_JSON_OUTLINE_H

#include "base/json.h"

/*
 * Accepts and refuses what json_decode does, in the same words, with the same result codes and
 * ownership. Of an object as programs write them it builds little, and is many times faster: objects
 * among its members, and in arrays among its members, are empty then. Any other text is decoded whole.
 * Pure; any thread.
 */
AMSYNC_MUST_USE enum result json_decode_outline(const char *bytes, size_t length,
                                                unsigned max_depth, unsigned flags,
                                                json_t **ret_value, struct error *err);

#endif
