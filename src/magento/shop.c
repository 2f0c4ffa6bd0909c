#include "magento/shop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

struct magento_shop {
    const char *store_code;
    pthread_mutex_t mutex;
    struct magento_store store;
    int64_t store_until_ms; /* what is known holds until then */
    struct magento_countries *countries;
    int64_t countries_until_ms;
};

enum result
magento_shop_new(const char *store_code, struct magento_shop **ret_shop)
{
    struct magento_shop *shop = calloc(1, sizeof(*shop));

    if (shop == NULL || pthread_mutex_init(&shop->mutex, NULL) != 0) {
        free(shop);
        return RESULT_FAILED;
    }
    shop->store_code = store_code;
    shop->store_until_ms = INT64_MIN;
    shop->countries_until_ms = INT64_MIN;
    *ret_shop = shop;
    return RESULT_OK;
}

void
magento_shop_free(struct magento_shop **shop)
{
    if (*shop == NULL)
        return;
    (void)pthread_mutex_destroy(&(*shop)->mutex);
    magento_countries_unref(&(*shop)->countries);
    free(*shop);
    *shop = NULL;
}

static enum magento_outcome
no_such_store(const char *store_code, struct magento_answer *answer)
{
    AMSYNC_CLEANUP(buffer_free) struct buffer codes = BUFFER_INITIAL(MAGENTO_MESSAGE_BYTES / 2);
    const json_t *config;
    size_t index;

    json_array_foreach(answer->json, index, config)
    {
        const char *code = json_object_text(config, "code");

        if (code != NULL)
            buffer_append_format(&codes, " %s", code);
    }
    answer->outcome = MAGENTO_REFUSED;
    magento_answer_say(answer, "Magento has no store view %s; AMSYNC_MAGENTO_STORE can be:%s",
                       store_code, buffer_text(&codes));
    return MAGENTO_REFUSED;
}

/* Finds the store view of that code in the list of them. */
static enum magento_outcome
pick_store(const char *store_code, struct magento_store *ret_store, struct magento_answer *answer)
{
    const json_t *config;
    size_t index;

    if (!json_is_array(answer->json))
        return magento_answer_lacks(answer, false, "a list of store views");
    json_array_foreach(answer->json, index, config)
    {
        const char *code = json_object_text(config, "code");
        const char *currency = json_object_text(config, "base_currency_code");
        int64_t id = 0;

        if (code == NULL || strcmp(code, store_code) != 0)
            continue;
        if (json_object_int64(config, "id", &id) != RESULT_OK || id < 0 || id > INT32_MAX ||
            currency == NULL || strlen(currency) != 3)
            return magento_answer_lacks(answer, false, "the store view's id and base currency");
        ret_store->id = (int)id;
        memcpy(ret_store->base_currency_code, currency, 4);
        return MAGENTO_DONE;
    }
    return no_such_store(store_code, answer);
}

enum magento_outcome
magento_shop_store(struct magento_shop *shop, struct magento_client *client, int64_t now_ms,
                   struct magento_store *ret_store, struct magento_answer *answer)
{
    struct magento_store store;

    (void)pthread_mutex_lock(&shop->mutex);

    bool known = now_ms < shop->store_until_ms;

    store = shop->store;
    (void)pthread_mutex_unlock(&shop->mutex);
    if (!known) {
        enum magento_outcome outcome =
            magento_get(client, CALL_READ_STORE, "store/storeConfigs", NULL, 0, answer);

        if (outcome == MAGENTO_REFUSED && answer->http_status == 400)
            magento_answer_say(answer, "Magento has no store view %s (AMSYNC_MAGENTO_STORE)",
                               shop->store_code);
        if (outcome == MAGENTO_DONE)
            outcome = pick_store(shop->store_code, &store, answer);
        if (outcome != MAGENTO_DONE)
            return outcome;
        (void)pthread_mutex_lock(&shop->mutex);
        shop->store = store;
        shop->store_until_ms = now_ms + SHOP_KNOWN_MS;
        (void)pthread_mutex_unlock(&shop->mutex);
    }
    *ret_store = store;
    return MAGENTO_DONE;
}

/* {"TX": {"id": 57, "name": "Texas"}}; NULL without memory. */
static json_t *
regions_of(const json_t *country)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *regions = json_object();
    const json_t *region;
    size_t index;

    json_array_foreach(json_object_array(country, "available_regions"), index, region)
    {
        const char *code = json_object_text(region, "code");
        const char *name = json_object_text(region, "name");
        const json_t *id_value = json_object_get(region, "id");
        int64_t id = json_integer_value(id_value);

        /* Magento tells a region's id as a text. */
        if (code == NULL || name == NULL ||
            (!json_is_integer(id_value) &&
             parse_int64(json_string_value(id_value), 1, INT32_MAX, &id) != RESULT_OK))
            continue;
        if (json_object_set_new(regions, code,
                                json_pack("{s:I, s:s}", "id", (json_int_t)id, "name", name)) != 0)
            return NULL;
    }
    return TAKE_PTR(regions);
}

json_t *
magento_countries_from_json(const json_t *answer)
{
    AMSYNC_CLEANUP(cleanup_json) json_t *countries = json_object();
    const json_t *country;
    size_t index;

    if (!json_is_array(answer))
        return NULL;
    json_array_foreach(answer, index, country)
    {
        const char *code = json_object_text(country, "two_letter_abbreviation");

        if (code == NULL)
            code = json_object_text(country, "id");
        if (code != NULL && json_object_set_new(countries, code, regions_of(country)) != 0)
            return NULL;
    }
    return TAKE_PTR(countries);
}

void
magento_countries_unref(struct magento_countries **countries)
{
    struct magento_countries *gone = TAKE_PTR(*countries);

    if (gone == NULL || atomic_fetch_sub(&gone->references, 1) > 1)
        return;
    json_decref(gone->json);
    free(gone);
}

static struct magento_countries *
countries_ref(struct magento_countries *countries)
{
    (void)atomic_fetch_add(&countries->references, 1);
    return countries;
}

static struct magento_countries *
known_countries(struct magento_shop *shop, int64_t now_ms)
{
    struct magento_countries *countries = NULL;

    (void)pthread_mutex_lock(&shop->mutex);
    if (now_ms < shop->countries_until_ms)
        countries = countries_ref(shop->countries);
    (void)pthread_mutex_unlock(&shop->mutex);
    return countries;
}

/* Takes `json` over, which may be NULL. NULL without memory. */
static struct magento_countries *
countries_new(json_t *json)
{
    struct magento_countries *countries = calloc(1, sizeof(*countries));

    if (countries == NULL || json == NULL) {
        json_decref(json);
        free(countries);
        return NULL;
    }
    atomic_init(&countries->references, 1);
    countries->json = json;
    return countries;
}

enum magento_outcome
magento_shop_countries(struct magento_shop *shop, struct magento_client *client, int64_t now_ms,
                       struct magento_countries **ret_countries, struct magento_answer *answer)
{
    struct magento_countries *countries = known_countries(shop, now_ms);
    struct magento_countries *former;

    if (countries == NULL) {
        enum magento_outcome outcome =
            magento_get(client, CALL_READ_COUNTRIES, "directory/countries", NULL, 0, answer);

        if (outcome != MAGENTO_DONE)
            return outcome;
        countries = countries_new(magento_countries_from_json(answer->json));
        if (countries == NULL)
            return magento_answer_lacks(answer, false, "a list of countries");
        (void)pthread_mutex_lock(&shop->mutex);
        former = shop->countries;
        shop->countries = countries_ref(countries);
        shop->countries_until_ms = now_ms + SHOP_KNOWN_MS;
        (void)pthread_mutex_unlock(&shop->mutex);
        magento_countries_unref(&former);
    }
    *ret_countries = countries;
    return MAGENTO_DONE;
}
