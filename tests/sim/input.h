/*
 * Reading a call's body as Magento reads it: property names in snake_case or camelCase, values of
 * the expected types (a numeric string is a number, an object for a list is one element), and the
 * recorded messages for what does not fit.
 */
#ifndef AMSYNC_SIM_INPUT_H
#define AMSYNC_SIM_INPUT_H

#include "sim/answer.h"
#include "sim/schema.h"

#include <stdbool.h>

/*
 * Reads a whole body against the schema of a call and converts in place what has to be. Properties
 * that the call does not have are ignored at this level. False: the answer is filled.
 */
bool input_body(const struct schema *schema, const struct schema_node *node, json_t *body,
                struct answer *ret_answer);

#endif
