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
 * Reads `value` against a definition and replaces what has to be converted in place. Where a scalar
 * stands for an object it becomes an empty object, as in PHP. False: the answer is filled.
 */
bool input_object(const struct schema *schema, const json_t *definition, json_t **value,
                  struct answer *ret_answer);

/*
 * Reads a whole body against the schema of a call: properties that the call does not have are
 * ignored at this level. False: the answer is filled.
 */
bool input_body(const struct schema *schema, const json_t *body_schema, json_t *body,
                struct answer *ret_answer);

#endif
