/*
 * What Magento says of an order, its shipments, its invoices and products, as far as amsync looks.
 * Pure: read from the JSON of its REST answers. Any thread.
 */
#ifndef AMSYNC_MAGENTO_ENTITIES_H
#define AMSYNC_MAGENTO_ENTITIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/error.h"

struct magento_order_item {
    int64_t item_id;
    int64_t parent_item_id; /* 0: none; children of configurable products and bundles have one */
    char *sku;
    char *ext_order_item_id; /* NULL: none */
    struct decimal qty_ordered;
    struct decimal qty_shipped;
    struct decimal qty_invoiced;
    struct decimal qty_canceled;
    struct decimal qty_refunded;
    bool is_qty_decimal; /* else Magento ships and invoices whole numbers of it only */
    bool is_virtual;     /* nothing to ship */
};

struct magento_order {
    int64_t entity_id;
    char *increment_id;
    char *ext_order_id; /* NULL: none */
    char *state;        /* "" if Magento has none */
    char *status;
    char *order_currency_code;
    struct decimal grand_total;
    struct magento_order_item *items;
    size_t item_count;
    char **comments;         /* of its status histories, oldest first; NULL-terminated */
    json_t *billing_address; /* as Magento has them; NULL: none, or not asked for */
    json_t *shipping_address;
};

/* An item of a shipment or an invoice. */
struct magento_document_item {
    int64_t order_item_id;
    struct decimal qty;
};

/* A shipment or an invoice. */
struct magento_document {
    int64_t entity_id;
    int64_t order_id; /* the order's entity id; 0: not told */
    char *increment_id;
    struct magento_document_item *items;
    size_t item_count;
    char **comments;            /* NULL-terminated */
    char **track_numbers;       /* NULL-terminated; shipments */
    struct decimal grand_total; /* invoices */
};

struct magento_product {
    char *sku;
    int64_t id;
    char *type_id;
};

/* The object of GET /V1/orders/{id}, of an item of GET /V1/orders, or of the answer to a create.
 * RESULT_REJECTED: not such an object (err says what is missing). */
enum result magento_order_from_json(const json_t *json, struct magento_order **ret_order,
                                    struct error *err) AMSYNC_MUST_USE;
void magento_order_free(struct magento_order **order);

/* "items" of GET /V1/shipments or /V1/invoices (null and [] are none). */
enum result magento_documents_from_json(const json_t *json, struct magento_document **ret_documents,
                                        size_t *ret_count, struct error *err) AMSYNC_MUST_USE;
void magento_documents_free(struct magento_document **documents, size_t count);

/* "items" of GET /V1/products. */
enum result magento_products_from_json(const json_t *json, struct magento_product **ret_products,
                                       size_t *ret_count, struct error *err) AMSYNC_MUST_USE;
void magento_products_free(struct magento_product **products, size_t count);

#endif
