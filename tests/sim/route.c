#include "sim/route.h"

#include "sim/invoice.h"
#include "sim/order_save.h"
#include "sim/order_state.h"
#include "sim/read.h"
#include "sim/shipment.h"

#include <string.h>

static const struct route routes[] = {
    {"GET", "/V1/orders", "Magento_Sales::actions_view", NULL, read_orders},
    {"POST", "/V1/orders", "Magento_Sales::create", "/V1/orders", order_save},
    {"PUT", "/V1/orders/create", "Magento_Sales::create", "/V1/orders/create", order_save},
    {"GET", "/V1/orders/items", "Magento_Sales::actions_view", NULL, read_order_items},
    {"GET", "/V1/orders/:id", "Magento_Sales::actions_view", NULL, read_order},
    {"GET", "/V1/orders/:id/statuses", "Magento_Sales::actions_view", NULL, read_order_status},
    {"GET", "/V1/orders/:id/comments", "Magento_Sales::actions_view", NULL, read_order_comments},
    {"POST", "/V1/orders/:id/comments", "Magento_Sales::comment", "/V1/orders/{id}/comments",
     order_state_comment},
    {"POST", "/V1/orders/:id/hold", "Magento_Sales::hold", NULL, order_state_hold},
    {"POST", "/V1/orders/:id/unhold", "Magento_Sales::unhold", NULL, order_state_unhold},
    {"POST", "/V1/orders/:id/cancel", "Magento_Sales::cancel", NULL, order_state_cancel},
    {"POST", "/V1/order/:id/ship", "Magento_Sales::ship", "/V1/order/{orderId}/ship",
     shipment_create},
    {"POST", "/V1/order/:id/invoice", "Magento_Sales::invoice", "/V1/order/{orderId}/invoice",
     invoice_create},
    {"POST", "/V1/shipment/track", "Magento_Sales::shipment", "/V1/shipment/track",
     shipment_add_track},
    {"GET", "/V1/shipment/:id", "Magento_Sales::shipment", NULL, read_shipment},
    {"GET", "/V1/shipments", "Magento_Sales::shipment", NULL, read_shipments},
    {"GET", "/V1/invoices", "Magento_Sales::sales_invoice", NULL, read_invoices},
    {"GET", "/V1/products", "Magento_Catalog::products", NULL, read_products},
    {"GET", "/V1/products/:sku", "Magento_Catalog::products", NULL, read_product},
    {"GET", "/V1/store/storeViews", "Magento_Backend::store", NULL, read_store_views},
    {"GET", "/V1/store/storeConfigs", "Magento_Backend::store", NULL, read_store_configs},
    {"GET", "/V1/directory/countries", "", NULL, read_countries},
    {"GET", "/V1/directory/countries/:country", "", NULL, read_country},
};

/* Does the pattern fit the target's segments? */
static bool
fits(const char *pattern, const struct target *target, const char **ret_argument)
{
    *ret_argument = "";
    for (size_t i = 0; i < target->segment_count; i++) {
        if (*pattern != '/')
            return false;
        pattern++;
        size_t length = strcspn(pattern, "/");
        const char *segment = target->segments[i];
        if (*pattern == ':')
            *ret_argument = segment;
        else if (strlen(segment) != length || strncmp(pattern, segment, length) != 0)
            return false;
        pattern += length;
    }
    return !*pattern;
}

const struct route *
route_find(const char *method, const struct target *target, const char **ret_argument)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].method, method) == 0 && fits(routes[i].pattern, target, ret_argument))
            return &routes[i];
    }
    return NULL;
}
