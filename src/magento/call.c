#include "magento/call.h"

static const char *const NAMES[MAGENTO_CALL_COUNT] = {
    [CALL_READ_ORDERS] = "read_orders",
    [CALL_READ_SHIPMENTS] = "read_shipments",
    [CALL_READ_INVOICES] = "read_invoices",
    [CALL_READ_PRODUCTS] = "read_products",
    [CALL_READ_COUNTRIES] = "read_countries",
    [CALL_READ_STORE] = "read_store",
    [CALL_CREATE] = "create",
    [CALL_HOLD] = "hold",
    [CALL_UNHOLD] = "unhold",
    [CALL_CANCEL] = "cancel",
    [CALL_COMMENT] = "comment",
    [CALL_SHIP] = "ship",
    [CALL_TRACK] = "track",
    [CALL_INVOICE] = "invoice",
};

const char *
magento_call_name(enum magento_call call)
{
    return NAMES[call];
}
