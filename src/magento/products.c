#include "magento/products.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "magento/search.h"

#define BUCKET_COUNT 4096
/* One search asks for at most this many, within what servers take as a URL (8 kB). */
#define SEARCH_MAX_SKUS 50
#define SEARCH_MAX_BYTES 1500

struct entry {
    struct entry *next;
    int64_t expires_ms;
    int64_t id; /* 0: Magento has no such product */
    char *sku;
    char *type_id;
};

struct product_cache {
    pthread_mutex_t mutex;
    struct entry *buckets[BUCKET_COUNT];
    size_t count;
};

enum result
product_cache_new(struct product_cache **ret_cache)
{
    struct product_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL || pthread_mutex_init(&cache->mutex, NULL) != 0) {
        free(cache);
        return RESULT_FAILED;
    }
    *ret_cache = cache;
    return RESULT_OK;
}

static void
entry_free(struct entry *entry)
{
    free(entry->sku);
    free(entry->type_id);
    free(entry);
}

static void
forget_all(struct product_cache *cache)
{
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        while (cache->buckets[i] != NULL) {
            struct entry *entry = cache->buckets[i];

            cache->buckets[i] = entry->next;
            entry_free(entry);
        }
    }
    cache->count = 0;
}

void
product_cache_free(struct product_cache **cache)
{
    if (*cache == NULL)
        return;
    forget_all(*cache);
    (void)pthread_mutex_destroy(&(*cache)->mutex);
    free(*cache);
    *cache = NULL;
}

/* FNV-1a over the lower-case letters. */
static struct entry **
bucket_of(struct product_cache *cache, const char *sku)
{
    uint32_t hash = 2166136261U;

    for (; *sku != '\0'; sku++)
        hash = (hash ^ (uint32_t)tolower((unsigned char)*sku)) * 16777619U;
    return &cache->buckets[hash % BUCKET_COUNT];
}

static struct entry *
find(struct product_cache *cache, const char *sku)
{
    struct entry *entry = *bucket_of(cache, sku);

    while (entry != NULL && !text_equals_ignore_case(entry->sku, sku))
        entry = entry->next;
    return entry;
}

/* Remembers the SKU, replacing what was known of it. A cache without memory knows less. */
static void
remember(struct product_cache *cache, const char *sku, int64_t id, const char *type_id,
         int64_t expires_ms)
{
    struct entry *entry = find(cache, sku);
    AMSYNC_CLEANUP(cleanup_free) char *type = strdup(type_id);

    if (entry == NULL && cache->count >= PRODUCT_CACHE_MAX)
        forget_all(cache);
    if (entry == NULL && (entry = calloc(1, sizeof(*entry))) != NULL) {
        struct entry **bucket = bucket_of(cache, sku);

        entry->sku = strdup(sku);
        if (entry->sku == NULL) {
            free(entry);
            return;
        }
        entry->next = *bucket;
        *bucket = entry;
        cache->count++;
    }
    if (entry == NULL)
        return;
    free(entry->type_id);
    entry->type_id = TAKE_PTR(type);
    entry->id = id;
    entry->expires_ms = entry->type_id != NULL ? expires_ms : INT64_MIN;
}

static int
compare_skus(const void *left, const void *right)
{
    return strcasecmp(*(const char *const *)left, *(const char *const *)right);
}

/* The SKUs sorted, each once without regard to case; borrowed texts in an array for the caller to
 * free, NULL without memory. */
static const char **
distinct_skus(const char *const *skus, size_t sku_count, size_t *ret_count)
{
    const char **distinct = calloc(sku_count + 1, sizeof(*distinct));
    size_t count = 0;

    if (distinct == NULL)
        return NULL;
    for (size_t i = 0; i < sku_count; i++)
        distinct[i] = skus[i];
    qsort(distinct, sku_count, sizeof(*distinct), compare_skus);
    for (size_t i = 0; i < sku_count; i++)
        if (count == 0 || strcasecmp(distinct[count - 1], distinct[i]) != 0)
            distinct[count++] = distinct[i];
    *ret_count = count;
    return distinct;
}

/* Adds a copy to the list, which has room. */
static enum result
list_add(struct magento_product *products, size_t *count, const char *sku, int64_t id,
         const char *type_id)
{
    struct magento_product *product = &products[*count];

    product->id = id;
    product->sku = strdup(sku);
    product->type_id = strdup(type_id);
    *count += 1;
    return product->sku != NULL && product->type_id != NULL ? RESULT_OK : RESULT_FAILED;
}

/* Takes what the cache knows; the others' SKUs stand in `unknown` afterwards. */
static enum result
take_known(struct product_cache *cache, const char *const *skus, size_t sku_count, int64_t now_ms,
           struct magento_product *products, size_t *product_count, const char **unknown,
           size_t *unknown_count)
{
    enum result result = RESULT_OK;

    (void)pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < sku_count && result == RESULT_OK; i++) {
        const struct entry *entry = find(cache, skus[i]);

        if (entry == NULL || entry->expires_ms <= now_ms)
            unknown[(*unknown_count)++] = skus[i];
        else if (entry->id != 0)
            result = list_add(products, product_count, entry->sku, entry->id, entry->type_id);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    return result;
}

/* How many of the SKUs go into one search, and the value that asks for them. A comma separates SKUs,
 * so one that has a comma is asked for alone. */
static size_t
next_chunk(const char *const *skus, size_t count, struct buffer *value, const char **ret_condition)
{
    size_t taken = 0;

    *ret_condition = "in";
    while (taken < count && taken < SEARCH_MAX_SKUS && value->length < SEARCH_MAX_BYTES) {
        if (strchr(skus[taken], ',') != NULL) {
            if (taken > 0)
                break;
            *ret_condition = "eq";
            buffer_append_text(value, skus[0]);
            return 1;
        }
        if (taken > 0)
            buffer_append_byte(value, ',');
        buffer_append_text(value, skus[taken++]);
    }
    return taken;
}

static enum magento_outcome
search_chunk(struct magento_client *client, const char *condition, const char *value,
             struct magento_product **ret_products, size_t *ret_count,
             struct magento_answer *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *items = NULL;
    struct error err = {0};
    struct magento_search search = {
        .call = CALL_READ_PRODUCTS,
        .path = "products",
        .field = "sku",
        .condition = condition,
        .value = value,
        .item_fields = "id,sku,type_id",
    };
    enum magento_outcome outcome = magento_search(client, &search, &items, answer);

    if (outcome == MAGENTO_DONE &&
        magento_products_from_json(items, ret_products, ret_count, &err) != RESULT_OK)
        return magento_answer_lacks(answer, false, err.text);
    return outcome;
}

/* Remembers what a search for `skus` found, and adds it to the list. */
static enum result
take_found(struct product_cache *cache, const char *const *skus, size_t sku_count, int64_t now_ms,
           const struct magento_product *found, size_t found_count,
           struct magento_product *products, size_t *product_count)
{
    enum result result = RESULT_OK;

    (void)pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < sku_count; i++) {
        const struct magento_product *product = NULL;

        for (size_t j = 0; j < found_count && product == NULL; j++)
            product = text_equals_ignore_case(found[j].sku, skus[i]) ? &found[j] : NULL;
        if (product == NULL) {
            remember(cache, skus[i], 0, "", now_ms + PRODUCT_UNKNOWN_MS);
            continue;
        }
        remember(cache, product->sku, product->id, product->type_id, now_ms + PRODUCT_KNOWN_MS);
        if (result == RESULT_OK)
            result = list_add(products, product_count, product->sku, product->id, product->type_id);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    return result;
}

static enum magento_outcome
ask(struct product_cache *cache, struct magento_client *client, const char *const *skus,
    size_t sku_count, int64_t now_ms, struct magento_product *products, size_t *product_count,
    struct magento_answer *answer)
{
    for (size_t asked = 0; asked < sku_count;) {
        AMSYNC_CLEANUP(buffer_free)
        struct buffer value = BUFFER_INITIAL((size_t)4 * SEARCH_MAX_BYTES);
        struct magento_product *found = NULL;
        size_t found_count = 0;
        const char *condition;
        size_t chunk = next_chunk(skus + asked, sku_count - asked, &value, &condition);

        if (buffer_result(&value) != RESULT_OK)
            return magento_answer_lacks(answer, false, "room for so long a SKU");

        enum magento_outcome outcome =
            search_chunk(client, condition, buffer_text(&value), &found, &found_count, answer);

        if (outcome != MAGENTO_DONE)
            return outcome;

        enum result result = take_found(cache, skus + asked, chunk, now_ms, found, found_count,
                                        products, product_count);

        magento_products_free(&found, found_count);
        if (result != RESULT_OK)
            return magento_answer_lacks(answer, false, "room for it");
        asked += chunk;
    }
    return MAGENTO_DONE;
}

enum magento_outcome
product_cache_look_up(struct product_cache *cache, struct magento_client *client,
                      const char *const *skus, size_t sku_count, int64_t now_ms,
                      struct magento_product **ret_products, size_t *ret_count,
                      struct magento_answer *answer)
{
    size_t distinct_count = 0;
    AMSYNC_CLEANUP(cleanup_free)
    const char **distinct = distinct_skus(skus, sku_count, &distinct_count);
    AMSYNC_CLEANUP(cleanup_free) const char **unknown = calloc(sku_count + 1, sizeof(*unknown));
    struct magento_product *products = calloc(sku_count + 1, sizeof(*products));
    size_t product_count = 0;
    size_t unknown_count = 0;
    enum magento_outcome outcome = MAGENTO_AGAIN;

    if (products == NULL || unknown == NULL || distinct == NULL ||
        take_known(cache, distinct, distinct_count, now_ms, products, &product_count, unknown,
                   &unknown_count) != RESULT_OK)
        outcome = magento_answer_lacks(answer, false, "room for it");
    else
        outcome =
            ask(cache, client, unknown, unknown_count, now_ms, products, &product_count, answer);
    if (outcome != MAGENTO_DONE) {
        magento_products_free(&products, product_count);
        return outcome;
    }
    *ret_products = products;
    *ret_count = product_count;
    return MAGENTO_DONE;
}
