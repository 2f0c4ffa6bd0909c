/*
 * Which field a column of an inquiry is, by its caption: a merchant's own field mappings first, then
 * the captions that amsync understands by itself.
 *
 * Captions are compared without regard to case, spaces and punctuation. The whole caption is looked
 * up first; if that is unknown, the part after its last underscore ("SOOrder_unpaidBalance").
 */
#ifndef AMSYNC_INTAKE_CAPTIONS_H
#define AMSYNC_INTAKE_CAPTIONS_H

#include <jansson.h>

#include "base/error.h"
#include "intake/fields.h"
#include "store/document_kind.h"

/* Longer captions are unknown. */
#define CAPTION_BYTES 256

struct captions;

/* What a column is. Where two columns of a row are the same field, the lower rank counts. */
struct caption_match {
    enum field field;
    enum field_place place;
    unsigned rank;
};

/*
 * `mappings` is the merchant's own, {"order": {"CAPTION": "FIELD"}, "shipment": {}, "invoice": {}},
 * or NULL; it is not needed afterwards. The caller frees the captions. RESULT_FAILED: out of memory.
 */
enum result captions_new(const json_t *mappings, struct captions **ret_captions,
                         struct error *err) AMSYNC_MUST_USE;
void captions_free(struct captions **captions);

/* A field mapping that means nothing, since its kind of document has no such field, in one sentence
 * for a person; NULL if there is none. Borrowed. */
const char *captions_complaint(const struct captions *captions);

/* RESULT_NONE: the caption is unknown, the column is to be ignored. Any thread. */
enum result captions_match(const struct captions *captions, enum document_kind kind,
                           const char *caption, struct caption_match *ret_match) AMSYNC_MUST_USE;

#endif
