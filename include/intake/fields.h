/*
 * The fields of orders, shipments and invoices that amsync keeps, under the names that merged
 * documents have them by. One table says, for each kind of document, which there are, whether they
 * belong to the document or to a line of it, and which captions stand for them. Pure; any thread.
 */
#ifndef AMSYNC_INTAKE_FIELDS_H
#define AMSYNC_INTAKE_FIELDS_H

#include <stddef.h>

#include "store/document_kind.h"

enum field {
    FIELD_AMOUNT,
    FIELD_BALANCE,
    FIELD_BILL_TO_ADDRESS_LINE1,
    FIELD_BILL_TO_ADDRESS_LINE2,
    FIELD_BILL_TO_ATTENTION,
    FIELD_BILL_TO_CITY,
    FIELD_BILL_TO_COUNTRY,
    FIELD_BILL_TO_EMAIL,
    FIELD_BILL_TO_NAME,
    FIELD_BILL_TO_PHONE,
    FIELD_BILL_TO_POSTAL_CODE,
    FIELD_BILL_TO_STATE,
    FIELD_CANCELLED,
    FIELD_CONFIRMED,
    FIELD_CURRENCY,
    FIELD_CURRENCY_RATE,
    FIELD_CUSTOMER_CLASS,
    FIELD_CUSTOMER_ENABLED,
    FIELD_CUSTOMER_ID,
    FIELD_CUSTOMER_NAME,
    FIELD_CUSTOMER_ORDER_NBR,
    FIELD_DATE,
    FIELD_DISCOUNT_AMOUNT,
    FIELD_DISCOUNT_TOTAL,
    FIELD_EMAIL,
    FIELD_EXT_PRICE,
    FIELD_EXTERNAL_REFERENCE,
    FIELD_FREIGHT,
    FIELD_HOLD,
    FIELD_INVENTORY_ID,
    FIELD_LINE_AMOUNT,
    FIELD_LINE_DESCRIPTION,
    FIELD_LINE_NBR,
    FIELD_LINE_TOTAL,
    FIELD_MAGENTO_ORDER_NBR,
    FIELD_ORDER_DATE,
    FIELD_ORDER_LINE_NBR,
    FIELD_ORDER_NBR,
    FIELD_ORDER_QTY,
    FIELD_ORDER_TOTAL,
    FIELD_ORDER_TYPE,
    FIELD_PAYMENT_METHOD,
    FIELD_QTY,
    FIELD_REFERENCE_NBR,
    FIELD_RELEASED,
    FIELD_SHIP_TO_ADDRESS_LINE1,
    FIELD_SHIP_TO_ADDRESS_LINE2,
    FIELD_SHIP_TO_ATTENTION,
    FIELD_SHIP_TO_CITY,
    FIELD_SHIP_TO_COUNTRY,
    FIELD_SHIP_TO_EMAIL,
    FIELD_SHIP_TO_NAME,
    FIELD_SHIP_TO_PHONE,
    FIELD_SHIP_TO_POSTAL_CODE,
    FIELD_SHIP_TO_STATE,
    FIELD_SHIP_VIA,
    FIELD_SHIPMENT_DATE,
    FIELD_SHIPMENT_NBR,
    FIELD_SHIPPED_QTY,
    FIELD_STATUS,
    FIELD_TAX_AMOUNT,
    FIELD_TAX_RATE,
    FIELD_TAX_TOTAL,
    FIELD_TERMS,
    FIELD_TRACKING_NBR,
    FIELD_TYPE,
    FIELD_UNIT_PRICE,
    FIELD_UNPAID_BALANCE,
    FIELD_UOM,
    FIELD_WAREHOUSE_ID,
    FIELD_COUNT
};

enum field_place {
    FIELD_OF_HEADER,
    FIELD_OF_LINE,
};

#define FIELD_ALTERNATIVES 3

/* A field of one kind of document. The field's name is a caption of it, too. */
struct field_use {
    enum field field;
    enum field_place place;
    const char *alternatives[FIELD_ALTERNATIVES]; /* other captions; NULL after the last */
};

/* The name in merged documents, such as "UnpaidBalance". */
const char *field_name(enum field field);

/* The fields of a kind. */
const struct field_use *field_uses(enum document_kind kind, size_t *ret_count);

#endif
