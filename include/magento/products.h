/*
 * Which product a SKU is: asked of Magento for many at once, and remembered for all threads.
 */
#ifndef AMSYNC_MAGENTO_PRODUCTS_H
#define AMSYNC_MAGENTO_PRODUCTS_H

#include <stddef.h>
#include <stdint.h>

#include "magento/client.h"
#include "magento/entities.h"

/* A product is remembered for an hour; that there is none for a moment, so that many orders with the
 * same SKU ask once, and a person who adds the product and has the order looked at finds it. */
#define PRODUCT_KNOWN_MS 3600000
#define PRODUCT_UNKNOWN_MS 5000
/* With more SKUs everything is forgotten and asked anew. */
#define PRODUCT_CACHE_MAX 100000

/* Any thread. */
struct product_cache;

AMSYNC_MUST_USE enum result product_cache_new(struct product_cache **ret_cache);
void product_cache_free(struct product_cache **cache);

/*
 * Looks the SKUs up, in the cache first (`now_ms` is clock_boottime_ms), then in Magento. The client
 * is the calling thread's. With MAGENTO_DONE `ret_products` has those that Magento knows, each once
 * and without regard to case, to be freed with magento_products_free.
 */
enum magento_outcome product_cache_look_up(struct product_cache *cache,
                                           struct magento_client *client, const char *const *skus,
                                           size_t sku_count, int64_t now_ms,
                                           struct magento_product **ret_products, size_t *ret_count,
                                           struct magento_answer *answer);

#endif
