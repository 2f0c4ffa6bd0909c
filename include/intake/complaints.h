/*
 * What is wrong with rows of a notification: counted by reason, said once for each. Pure; any
 * thread.
 */
#ifndef AMSYNC_INTAKE_COMPLAINTS_H
#define AMSYNC_INTAKE_COMPLAINTS_H

#include <stddef.h>

#include "base/error.h"
#include "intake/fields.h"
#include "intake/row.h"
#include "store/document_kind.h"

/* Each trouble with each field that it can be with. */
#define COMPLAINT_COUNT 24
#define COMPLAINT_EXAMPLE_CHARACTERS 40
#define COMPLAINT_EXAMPLE_BYTES (4 * COMPLAINT_EXAMPLE_CHARACTERS + 1)

/* Rows with the same trouble. */
struct complaint {
    enum row_trouble trouble;
    enum field field;
    size_t rows;
    char example[COMPLAINT_EXAMPLE_BYTES];   /* the field's value in the first of them */
    char order_nbr[COMPLAINT_EXAMPLE_BYTES]; /* the order of the first of them, "" if unknown */
};

/* `{0}` is none. */
struct complaints {
    struct complaint items[COMPLAINT_COUNT];
    size_t count;
};

/* Counts a row. `trouble` is not ROW_FINE. */
void complaints_add(struct complaints *complaints, enum row_trouble trouble, enum field field,
                    const struct row *row);

/* STATE_FAILED: the inquiry is to be mended; STATE_SKIPPED: the rows are not for the shop. */
enum document_state complaint_state(const struct complaint *complaint);

/* In a merchant's words; `query` is the inquiry's name. */
void complaint_message(const struct complaint *complaint, const char *query,
                       struct error *ret_message);

#endif
