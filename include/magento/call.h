/*
 * The kinds of calls that amsync makes of Magento. Pure; any thread.
 */
#ifndef AMSYNC_MAGENTO_CALL_H
#define AMSYNC_MAGENTO_CALL_H

/* What only reads comes first. */
enum magento_call {
    CALL_READ_ORDERS,
    CALL_READ_SHIPMENTS,
    CALL_READ_INVOICES,
    CALL_READ_PRODUCTS,
    CALL_READ_COUNTRIES,
    CALL_READ_STORE,
    CALL_CREATE,
    CALL_HOLD,
    CALL_UNHOLD,
    CALL_CANCEL,
    CALL_COMMENT,
    CALL_SHIP,
    CALL_TRACK,
    CALL_INVOICE,
};
#define MAGENTO_CALL_COUNT (CALL_INVOICE + 1)

/* "read_orders", "create", ...: as metrics have it. */
const char *magento_call_name(enum magento_call call);

#endif
