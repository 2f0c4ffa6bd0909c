/*
 * The merged contents of a document: the format of document_body.body, and how to read it.
 * Merging (intake/merge) writes it; sync/model reads it. Pure; any thread.
 *
 *   {"header": ELEMENT, "rows": {ROW_KEY: ELEMENT, ...}}
 *   ELEMENT = {"ts": TIMESTAMP, "f": {FIELD: VALUE, ...}, "older": {FIELD: TIMESTAMP, ...},
 *              "removed": TIMESTAMP}
 *
 * FIELD is a field's own name (UnpaidBalance), whatever caption it came under. VALUE is a string
 * (trimmed), true, false or null; numbers are strings in decimal notation, so that they are exact
 * and an unusable one can still be shown. TIMESTAMP is Acumatica's (int64, above 2^53).
 *
 * A field was last written at older[FIELD], or at ts if it is not in "older" (left out when empty).
 * "removed" is when the row last left the inquiry; it is left out once a field was written at or
 * after it, since at the same TimeStamp inserting wins. So a row is live if it has a field written
 * at or after "removed"; one without any field is a tombstone of a row that was never seen. The
 * header has no "removed".
 *
 * ROW_KEY is the line number in decimal ("1"); in shipments "LINE|TRACKING NUMBER", "1|" without
 * one, since such an inquiry has a row for each tracking number of each line. A line of a shipment
 * is live if any of its rows is; its fields are, each, those of the live row written last.
 */
#ifndef AMSYNC_STORE_DOCUMENT_BODY_H
#define AMSYNC_STORE_DOCUMENT_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* An empty document: {"header":{"ts":0,"f":{}},"rows":{}}. NULL only without memory. The caller
 * owns it. */
json_t *document_body_new(void) AMSYNC_MUST_USE;

/* When an element's field was last written; INT64_MIN if it never was. */
int64_t document_body_field_timestamp(const json_t *element, const char *field);

/* Whether a row still stands in Acumatica. */
bool document_body_row_is_live(const json_t *row);

/* The line number of a row key, and where its tracking number starts (NULL if the key has none; may
 * be the empty string). RESULT_REJECTED for a key that is not of the form. */
enum result document_body_row_key_parse(const char *key, int32_t *ret_line_nbr,
                                        const char **ret_tracking_nbr) AMSYNC_MUST_USE;

#endif
