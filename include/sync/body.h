/*
 * Writing the JSON bodies for Magento. Each call may set *failed (no memory, or a number that 15
 * digits cannot hold), which is looked at once, when the body is done. Pure; any thread.
 *
 * Magento stores characters beyond the Basic Multilingual Plane (emoji) as "????": texts leave them
 * out, turn control characters into blanks, and are cut where Magento's column ends.
 */
#ifndef AMSYNC_SYNC_BODY_H
#define AMSYNC_SYNC_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/decimal.h"

/* Takes the value over. */
void body_put(json_t *object, const char *key, json_t *value, bool *failed);
void body_append(json_t *array, json_t *value, bool *failed);

/* What Magento will store of a text: trimmed, at most `max_characters`. NULL without memory. */
char *body_text_copy(const char *text, size_t max_characters);
/* As a JSON string; NULL without memory. */
json_t *body_text(const char *text, size_t max_characters);

void body_put_text(json_t *object, const char *key, const char *text, size_t max_characters,
                   bool *failed);
void body_put_decimal(json_t *object, const char *key, struct decimal value, bool *failed);

/* "key" in the order's currency and "base_key" in the store's. */
void body_put_amounts(json_t *object, const char *key, struct decimal amount, struct decimal base,
                      bool *failed);

/* {"comment": TEXT, "is_visible_on_front": 0} */
json_t *body_comment(const char *text, bool *failed);

#endif
