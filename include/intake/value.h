/*
 * Values of an inquiry's columns as merged documents keep them: trimmed text, true, false or null.
 * Pure; any thread.
 */
#ifndef AMSYNC_INTAKE_VALUE_H
#define AMSYNC_INTAKE_VALUE_H

#include <jansson.h>

/*
 * A value in its kept form: texts without blanks at their ends; whole numbers as their digits; other
 * numbers as the exact decimal with at most six decimals that they were written as ("127.5"). What
 * cannot be kept exactly becomes a text that is no number but still shows what it was: "~1e+300",
 * "[...]", "{...}". The caller owns the result; NULL only without memory.
 */
json_t *value_normalise(json_t *raw) __attribute__((warn_unused_result));

/* Below, equal to or above zero: which of two kept values stands if both were written at the same
 * TimeStamp. Any value is above null. */
int value_compare(const json_t *left, const json_t *right);

#endif
