/*
 * The three kinds of documents that amsync carries, and the states they can be in.
 */
#ifndef AMSYNC_STORE_DOCUMENT_KIND_H
#define AMSYNC_STORE_DOCUMENT_KIND_H

#include "base/error.h"

enum document_kind { DOCUMENT_ORDER, DOCUMENT_SHIPMENT, DOCUMENT_INVOICE };

enum document_state {
    STATE_PENDING,   /* queued */
    STATE_PUBLISHED, /* Magento has it */
    STATE_SKIPPED,   /* not to be synced as things stand */
    STATE_WAITING,   /* for a person, or for another document; the reason says which */
    STATE_RETRYING,  /* a passing fault */
    STATE_FAILED,    /* refused by Magento, or parked */
};

/* "order", "shipment", "invoice": as in the database and in `log --json`. */
const char *document_kind_name(enum document_kind kind);
enum result document_kind_from_name(const char *name, enum document_kind *ret_kind) AMSYNC_MUST_USE;

/* "pending" ... "failed": as in the database and in `log --json`. */
const char *document_state_name(enum document_state state);
enum result document_state_from_name(const char *name,
                                     enum document_state *ret_state) AMSYNC_MUST_USE;

/* As people read it: "queued", "published", "not synced yet", "waiting for you", "will retry",
 * "failed". */
const char *document_state_words(enum document_state state);

#endif
