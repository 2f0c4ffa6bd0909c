/*
 * The envelope of a push notification: whether a request body is one at all, and what it says of
 * itself. Its rows are looked at later (intake/merge): a value in a row never makes it unacceptable.
 *
 * Query, CompanyId and Id must be texts with 1 to ENVELOPE_TEXT_CHARACTERS characters once trimmed,
 * TimeStamp a whole number from 0 to 2^63 - 1, Inserted and Deleted arrays of objects, null or
 * missing. Everything else in it is ignored. Pure; any thread, as long as no two share an envelope.
 */
#ifndef AMSYNC_INTAKE_ENVELOPE_H
#define AMSYNC_INTAKE_ENVELOPE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "store/document_kind.h"

#define ENVELOPE_TEXT_CHARACTERS 256
#define ENVELOPE_MAX_DEPTH 64

struct envelope;

/*
 * Reads a body, in time linear in its size; the body is not needed afterwards. The caller frees the
 * envelope.
 * RESULT_REJECTED: `err` has the reason in one sentence without a full stop, such as "TimeStamp is
 * a text, it must be a whole number" (or what base/json's json_decode says): the answer 400.
 * RESULT_FAILED: out of memory.
 */
enum result envelope_parse(const char *body, size_t bytes, struct envelope **ret_envelope,
                           struct error *err) AMSYNC_MUST_USE;

/* The same for who asks only what the envelope says of itself: its rows may be empty, but are as many. */
enum result envelope_parse_outline(const char *body, size_t bytes, struct envelope **ret_envelope,
                                   struct error *err) AMSYNC_MUST_USE;

void envelope_free(struct envelope **envelope);

/* Trimmed; valid as long as the envelope. */
const char *envelope_query(const struct envelope *envelope);
const char *envelope_company(const struct envelope *envelope);
const char *envelope_id(const struct envelope *envelope);

/* Acumatica's TimeStamp: ticks of 100 ns, above 2^53. */
int64_t envelope_timestamp(const struct envelope *envelope);

/* The rows: an array of objects, or NULL for none. Borrowed. */
const json_t *envelope_inserted(const struct envelope *envelope);
const json_t *envelope_deleted(const struct envelope *envelope);
size_t envelope_inserted_count(const struct envelope *envelope);
size_t envelope_deleted_count(const struct envelope *envelope);

/* The names of the inquiries that bring each kind, as the settings have them. Borrowed. */
struct inquiry_names {
    const struct text_list *orders;
    const struct text_list *shipments;
    const struct text_list *invoices;
};

/* What the rows of an inquiry of this name are; letters' case does not count.
 * RESULT_NONE: none of the names is it. */
enum result envelope_kind_from_query(const char *query, const struct inquiry_names *names,
                                     enum document_kind *ret_kind) AMSYNC_MUST_USE;

#endif
