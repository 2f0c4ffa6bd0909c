/*
 * A person settles what a document waits for. A settlement holds whatever Acumatica changes about the
 * document afterwards, until the person takes it back. The thread that owns `database`.
 */
#ifndef AMSYNC_STORE_SETTLE_H
#define AMSYNC_STORE_SETTLE_H

#include <stdint.h>

#include "base/error.h"
#include "store/document_kind.h"

struct database;

enum settlement {
    SETTLEMENT_DONE,    /* a person has seen to it in Magento */
    SETTLEMENT_IGNORED, /* it is left out */
    SETTLEMENT_NONE,    /* a settlement is taken back: it is decided anew */
};

/* "done", "ignored", "open". */
enum result settlement_from_name(const char *name, enum settlement *ret_settlement) AMSYNC_MUST_USE;

/* Texts are borrowed. */
struct settling {
    int64_t sales_order_id;
    enum document_kind kind;
    const char *number; /* of the shipment or the invoice; for the order itself its own */
    enum settlement settlement;
    const char *note; /* why, for the connector log */
};

/* Settles an order that waits, is retried or has failed, a shipment or an invoice that Magento does not
 * have, or what is settled already; writes a line into the connector log, and makes the order due at
 * once.
 * RESULT_NONE: there is nothing to settle; the text says what state it is in. RESULT_REJECTED: the
 * note cannot be stored. Else as database_query. */
enum result document_settle(struct database *database, const struct settling *settling,
                            struct error *err) AMSYNC_MUST_USE;

#endif
