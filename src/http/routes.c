#include "http/routes.h"

#include <stddef.h>
#include <string.h>

#define ON_BOTH (ROUTE_ON_WEBHOOK | ROUTE_ON_ADMIN)

static const struct route routes[] = {
    {
        .path = "/webhooks/acumatica/orders",
        .allow = "POST",
        .listeners = ROUTE_ON_WEBHOOK,
        .target = ROUTE_NOTIFICATION,
        .kind = DOCUMENT_ORDER,
    },
    {
        .path = "/webhooks/acumatica/shipments",
        .allow = "POST",
        .listeners = ROUTE_ON_WEBHOOK,
        .target = ROUTE_NOTIFICATION,
        .kind = DOCUMENT_SHIPMENT,
    },
    {
        .path = "/webhooks/acumatica/invoices",
        .allow = "POST",
        .listeners = ROUTE_ON_WEBHOOK,
        .target = ROUTE_NOTIFICATION,
        .kind = DOCUMENT_INVOICE,
    },
    {
        .path = "/webhooks/acumatica",
        .allow = "POST",
        .listeners = ROUTE_ON_WEBHOOK,
        .target = ROUTE_NOTIFICATION,
        .kind_from_query = true,
    },
    {.path = "/livez", .allow = "GET, HEAD", .listeners = ON_BOTH, .target = ROUTE_LIVEZ},
    {.path = "/readyz", .allow = "GET, HEAD", .listeners = ON_BOTH, .target = ROUTE_READYZ},
    {.path = "/metrics",
     .allow = "GET, HEAD",
     .listeners = ROUTE_ON_ADMIN,
     .target = ROUTE_METRICS},
    {.path = "/healthz", .allow = "GET, HEAD", .listeners = ON_BOTH, .target = ROUTE_READYZ},
};

const struct route *
route_find(enum route_listener listener, const char *path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if ((routes[i].listeners & (unsigned)listener) != 0 && strcmp(routes[i].path, path) == 0)
            return &routes[i];
    }
    return NULL;
}

bool
route_accepts(const struct route *route, const char *method)
{
    size_t length = strlen(method);
    const char *item = route->allow;

    while (item != NULL) {
        size_t item_length = strcspn(item, ",");
        if (item_length == length && memcmp(item, method, length) == 0)
            return true;
        item = item[item_length] == ',' ? item + item_length + strlen(", ") : NULL;
    }
    return false;
}
