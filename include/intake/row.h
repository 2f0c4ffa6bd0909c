/*
 * A row of an inquiry: its columns as fields, and which document and order it belongs to.
 */
#ifndef AMSYNC_INTAKE_ROW_H
#define AMSYNC_INTAKE_ROW_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"
#include "intake/captions.h"
#include "intake/fields.h"
#include "store/document_kind.h"

/* More characters than any number or type of a document in Acumatica has. */
#define DOCUMENT_KEY_CHARACTERS 100
#define TRACKING_NBR_CHARACTERS 200

/* Room for "2147483647|" and a tracking number. */
#define ROW_KEY_BYTES (12 + 4 * TRACKING_NBR_CHARACTERS)

/* The columns of a row that are fields, as they came. Borrowed; NULL: no such column. */
struct row {
    json_t *values[FIELD_COUNT];
};

/* Finds the fields of the rows of one notification, each caption once. One thread. */
struct row_reader;

enum result row_reader_new(enum document_kind kind, const struct captions *captions,
                           struct row_reader **ret_reader, struct error *err) AMSYNC_MUST_USE;
void row_reader_free(struct row_reader **reader);

/* RESULT_FAILED: out of memory. */
enum result row_read(struct row_reader *reader, json_t *columns,
                     struct row *ret_row) AMSYNC_MUST_USE;

enum row_trouble {
    ROW_FINE,
    ROW_LACKS_COLUMN,  /* `field` is not a column of the inquiry */
    ROW_WITHOUT_ORDER, /* the order number is empty */
    ROW_NOT_FOR_SHOP,  /* a transfer or receipt */
    ROW_KEY_UNUSABLE,  /* `field` is empty, too long or no text */
    ROW_LINE_UNUSABLE, /* `field` is no line number, or too long */
};

/* Which document a row is of. All are strings in their kept form, owned; `type` and `number` as in
 * struct document_key, NULL for a shipment's type. */
struct row_identity {
    json_t *order_type;
    json_t *order_nbr;
    json_t *type;
    json_t *number;
    enum field field; /* what the trouble is with */
};

void row_identity_clear(struct row_identity *identity);

/* `ret_identity` is to be cleared by the caller, whatever the trouble. RESULT_FAILED: out of memory. */
enum result row_identify(const struct row *row, enum document_kind kind,
                         struct row_identity *ret_identity,
                         enum row_trouble *ret_trouble) AMSYNC_MUST_USE;

/* A row's line, and its key within a document. `line` is "" if it names none. */
struct row_line {
    char line[12];
    char key[ROW_KEY_BYTES];
    enum field field; /* what the trouble is with */
};

/* RESULT_FAILED: out of memory. */
enum result row_line_read(const struct row *row, enum document_kind kind, struct row_line *ret_line,
                          enum row_trouble *ret_trouble) AMSYNC_MUST_USE;

#endif
