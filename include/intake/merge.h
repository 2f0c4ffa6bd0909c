/*
 * Merging what a notification says of a document into what is known of it (the format is
 * store/document_body.h's). Pure; any thread, as long as no two share a document.
 *
 * Each field is as it was last written, by TimeStamp; of two values written at the same TimeStamp
 * value_compare's greater one stands. So the result depends neither on the order in which
 * notifications arrive nor on how often they do, nor on whether the Deleted and the Inserted rows of
 * one update come in one notification or in two.
 */
#ifndef AMSYNC_INTAKE_MERGE_H
#define AMSYNC_INTAKE_MERGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "intake/parts.h"

#define DOCUMENT_MAX_ROWS 20000
#define DOCUMENT_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* RESULT_REJECTED: the part alone is larger than a document may be, as document_merge would say. */
enum result document_part_check(const struct document_part *part,
                                struct error *err) AMSYNC_MUST_USE;

/* What a merge did. */
struct merge_effect {
    bool changed;    /* something that still stands in Acumatica is different now */
    bool restamped;  /* only TimeStamps or removed rows are: to be saved all the same */
    bool superseded; /* nothing is, and all of it was older than what is known */
    bool halved;     /* a row was removed whose other half may still come */
};

/*
 * Merges a part, as of its notification's TimeStamp, into `body`. `body_bytes` is about the
 * size of the body as text, 0 while unknown; the caller keeps it beside the body.
 * RESULT_REJECTED: the document would become larger than the bounds above, or `body` is not a
 * document's body: nothing was merged. RESULT_FAILED: out of memory, `body` is not to be used.
 */
enum result document_merge(json_t *body, const struct document_part *part, int64_t timestamp,
                           size_t *body_bytes, struct merge_effect *ret_effect,
                           struct error *err) AMSYNC_MUST_USE;

/* Whether a row that was removed at `timestamp` or later has not come back. */
bool document_has_removed_since(const json_t *body, int64_t timestamp);

/* The different WarehouseIDs of the rows that stand, sorted: an array of strings. The caller owns
 * it; NULL only without memory. */
json_t *document_warehouses(const json_t *body) AMSYNC_MUST_USE;

#endif
