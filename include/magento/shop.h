/*
 * What a shop's settings say, asked of Magento once in a while and remembered for all threads: the
 * store view that orders go to, and the regions of countries.
 */
#ifndef AMSYNC_MAGENTO_SHOP_H
#define AMSYNC_MAGENTO_SHOP_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

#include "magento/client.h"

/* Asked anew after this. */
#define SHOP_KNOWN_MS 3600000

struct magento_store {
    int id;
    char base_currency_code[4];
};

/* Any thread. */
struct magento_shop;

/* `store_code` is borrowed and outlives it. */
AMSYNC_MUST_USE enum result magento_shop_new(const char *store_code,
                                             struct magento_shop **ret_shop);
void magento_shop_free(struct magento_shop **shop);

/*
 * The store view; `now_ms` is clock_boottime_ms, the client the calling thread's.
 * MAGENTO_REFUSED: Magento has no store view of that code; the message names those it has.
 */
enum magento_outcome magento_shop_store(struct magento_shop *shop, struct magento_client *client,
                                        int64_t now_ms, struct magento_store *ret_store,
                                        struct magento_answer *answer);

/* Shared by threads, which only read `json` and neither take nor drop references within it. */
struct magento_countries {
    atomic_uint references;
    json_t *json; /* {"US": {"TX": {"id": 57, "name": "Texas"}}, "IE": {}, ...} */
};

/* `ret_countries` is a reference of the caller's, dropped with magento_countries_unref. */
enum magento_outcome magento_shop_countries(struct magento_shop *shop,
                                            struct magento_client *client, int64_t now_ms,
                                            struct magento_countries **ret_countries,
                                            struct magento_answer *answer);
void magento_countries_unref(struct magento_countries **countries);

/* The regions from an answer of GET /V1/directory/countries; NULL when it is not one. */
json_t *magento_countries_from_json(const json_t *answer);

#endif
