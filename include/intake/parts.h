/*
 * The rows of a notification, sorted by the documents that they belong to. Pure; any thread.
 *
 * Each row names its document and the order it belongs to. A row that does not, or whose line number
 * is none, is left out and counted as a complaint; it never keeps the others from going on.
 */
#ifndef AMSYNC_INTAKE_PARTS_H
#define AMSYNC_INTAKE_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "intake/captions.h"
#include "intake/complaints.h"
#include "intake/envelope.h"
#include "store/document_kind.h"
#include "store/documents.h"

/* What a notification says of one document. Values are in their kept form (intake/value.h). */
struct document_part {
    struct document_key key; /* borrowed from the parts and their envelope */
    json_t *header;          /* {FIELD: VALUE} of the inserted rows */
    json_t *rows;            /* {ROW_KEY: {FIELD: VALUE}}: the inserted rows that name a line */
    json_t *removed; /* {ROW_KEY: HALF}: deleted rows that were not inserted as well; HALF is
                              * true if nothing was inserted for their line: another notification
                              * may bring it */
    json_t *lines;   /* {LINE_NBR: true}: the lines of the inserted rows */
    size_t bytes;    /* about how much text all this is in a document */
};

struct notification_parts;

/*
 * The caller frees the parts, before the envelope. Its Deleted rows are complained of only if it has
 * no Inserted ones, which have the same columns. RESULT_FAILED: out of memory.
 */
enum result notification_parts_new(const struct envelope *envelope, enum document_kind kind,
                                   const struct captions *captions,
                                   struct notification_parts **ret_parts,
                                   struct error *err) AMSYNC_MUST_USE;
void notification_parts_free(struct notification_parts **parts);

size_t notification_parts_count(const struct notification_parts *parts);
const struct document_part *notification_parts_at(const struct notification_parts *parts,
                                                  size_t index);
const struct complaints *notification_parts_complaints(const struct notification_parts *parts);

/* Whether there is nothing to merge: only rows without a line left the inquiry. */
bool document_part_is_empty(const struct document_part *part);

#endif
