/*
 * Reading single fields of merged documents (store/document_body.h); for the readers of orders,
 * shipments and invoices. Pure; any thread.
 */
#ifndef AMSYNC_SYNC_MODEL_FIELDS_H
#define AMSYNC_SYNC_MODEL_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sync/model.h"

/* At most this many unusable values are named. */
#define MODEL_UNUSABLE_MAX 8

/* Large enough for "YYYY-MM-DD". */
struct model_date {
    char text[11];
};

/* What a reader has found unusable so far. `{0}` is empty. */
struct model_unusable {
    char **texts; /* NULL-terminated once there is one */
    size_t count;
    bool out_of_memory;
};

/* The text of a field of an element; "" if it is absent, null or no text. Borrowed. */
const char *model_text(const json_t *element, const char *field);

/* YES and NO also for the texts "true", "yes", "1" and "false", "no", "0", without regard to case. */
enum tristate model_flag(const json_t *element, const char *field);

/* The date that begins the text ("2025-03-20T09:22:25"); "" if it begins with none. */
struct model_date model_date(const json_t *element, const char *field);

/* An unusable value is unknown and listed, with `line_nbr` if that is not 0. An amount is usable
 * below 10^11, with at most 15 digits. */
struct amount model_amount(const json_t *element, const char *field, int32_t line_nbr,
                           struct model_unusable *unusable);

/* A whole number from 1 to INT32_MAX; 0 if it is unknown; listed if it is something else. */
int32_t model_line_nbr(const json_t *element, const char *field, int32_t line_nbr,
                       struct model_unusable *unusable);

/* Hands the list over: never NULL but without memory, NULL-terminated. */
char **model_unusable_take(struct model_unusable *unusable) AMSYNC_MUST_USE;
void model_texts_free(char **texts);

/* The live rows of a body. The caller frees the array; the rows are borrowed. RESULT_REJECTED: not
 * a document's body. RESULT_FAILED: out of memory. */
struct model_row {
    int32_t line_nbr;
    const char *tracking_nbr; /* NULL: none, or empty */
    const json_t *element;
};
enum result model_live_rows(const json_t *body, struct model_row **ret_rows, size_t *ret_count,
                            struct error *err) AMSYNC_MUST_USE;

#endif
